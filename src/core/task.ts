// Everything that arrives becomes a Task. Its id is the identity of what arrived, so that a second delivery is the same task.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Action } from './action.ts'
import { Person } from './people.ts'
import { MessageRef, Thread } from './thread.ts'

const base = {
  /** unique for what arrived; letters, digits, `-` and `_` only (BullMQ job ids take no `:`) */
  id: z.string().regex(/^[A-Za-z][\w-]{0,199}$/),
  thread: Thread,
  asker: Person,
  /** when it arrived, RFC 3339 */
  at: z.string(),
}

export const AnswerTask = z.object({
  ...base,
  kind: z.literal('answer'),
  /** what the person wrote, without the mention of the bot */
  text: z.string(),
  /** the message to put 👀 and ✅ on */
  message: MessageRef.optional(),
  /** a scope already known (button, channel setting); the words of the question win */
  scope: z.object({ cluster: z.string().optional(), namespace: z.string().optional() }).optional(),
  /** by whoever authenticated the person; absent of what was not typed by one */
  seal: z.string().optional(),
})
export const InvestigateTask = z.object({ ...base, kind: z.literal('investigate'), incident: z.string() })
export const ProposeTask = z.object({
  ...base,
  kind: z.literal('propose'),
  cluster: z.string(),
  /** compiled in order into one plan */
  actions: z.array(Action).min(1).max(50),
  /** the approval that this plan takes back */
  undoes: z.string().optional(),
  /** the incident that this plan is to end: it is withdrawn when that is over */
  incident: z.string().optional(),
  /** who made the plan: a person's words, a finding's remedy, or the model */
  author: z.enum(['person', 'remedy', 'model']),
  /** the sealed words that prove it of a person */
  said: AnswerTask.optional(),
  reason: z.string().default(''),
})
export const PreviewTask = z.object({ ...base, kind: z.literal('preview'), approval: z.string() })
export const ExecuteTask = z.object({ ...base, kind: z.literal('execute'), approval: z.string() })
/** one look; it comes again until what was expected is seen or time is up */
export const VerifyTask = z.object({
  ...base,
  kind: z.literal('verify'),
  approval: z.string(),
  since: z.string(),
  look: z.int().default(1),
})
export const SettleTask = z.object({ ...base, kind: z.literal('settle'), approval: z.string() })
export const DecideTask = z.object({
  ...base,
  kind: z.literal('decide'),
  approval: z.string(),
  decision: z.enum(['approve', 'reject']),
  reason: z.string().optional(),
  typedName: z.string().optional(),
  /** the message that carried the button; must be one that we posted for this approval */
  on: MessageRef.optional(),
  /** by whoever authenticated the person: a task written into Redis by somebody else has none */
  seal: z.string().optional(),
})
export const ExpireTask = z.object({ ...base, kind: z.literal('expire'), approval: z.string() })
export const ReportTask = z.object({
  ...base,
  kind: z.literal('report'),
  /** what is reported or ordered: `reminder:<approval>`, `order:<verb> …` */
  subject: z.string(),
  /** the message of an order, to put ✅ on */
  message: MessageRef.optional(),
  /** an order carries one, as a decision does */
  seal: z.string().optional(),
})

export const Task = z.discriminatedUnion('kind', [
  AnswerTask,
  InvestigateTask,
  ProposeTask,
  PreviewTask,
  ExecuteTask,
  VerifyTask,
  SettleTask,
  DecideTask,
  ExpireTask,
  ReportTask,
])
export type Task = z.infer<typeof Task>
export type TaskKind = Task['kind']
export type TaskOf<K extends TaskKind> = Extract<Task, { kind: K }>

export const TaskState = z.enum([
  'submitted',
  'working',
  'input-required',
  'completed',
  'failed',
  'canceled',
  'rejected',
])
export type TaskState = z.infer<typeof TaskState>

/** The task id of something that arrived: the same parts give the same id. */
export function taskId(kind: TaskKind, ...parts: string[]): string {
  const readable = parts.map((part) => part.replace(/[^\w-]/g, '_')).join('-')
  const id = `${kind}-${readable}`
  // replaced characters may make two ids one, and ids have a length limit: the hash keeps them apart
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
  return `${id.slice(0, 150)}-${hash}`
}

/** The one function that adapters, gateway and incidents get: durable when it resolves, harmless when repeated. */
export type Enqueue = (task: Task) => Promise<{ accepted: boolean }>
