// A captain's orders in chat: "stop: reason", "resume", "approvals", "autonomy L2", "incidents". Read by the bot before anything else, so that a stop waits behind no question.
import { asksForPlans } from '../chat/pending.ts'
import { Level } from '../core/plan.ts'
import { type Task, taskId } from '../core/task.ts'
import type { Signer } from '../safety/signature.ts'
import { sealed } from './change/seal.ts'
import { type IncidentOrder, incidentOrderOf } from './incident-order.ts'

export type Order =
  | { verb: 'stop'; reason: string }
  | { verb: 'resume' }
  | { verb: 'approvals' }
  | { verb: 'autonomy'; level?: Level }
  | IncidentOrder

const PREFIX = 'order:'
const REASON_LENGTH = 300

/** Only these forms and nothing around them: "stop web in shop" is a question about web. */
export function orderOf(text: string): Order | undefined {
  const said = text.trim().slice(0, 1000)
  const plain = said.toLowerCase().replace(/[.!?]+$/, '')
  const stop = /^(?:emergency stop|stop everything|stop)(?:\s*[:–—]\s*(.*)|[.!]*)$/is.exec(said)
  if (stop) return { verb: 'stop', reason: (stop[1] ?? '').trim().slice(0, REASON_LENGTH) || 'no reason was given' }
  if (plain === 'resume') return { verb: 'resume' }
  if (asksForPlans(plain)) return { verb: 'approvals' }
  const autonomy = /^(?:set )?autonomy(?: level)?(?: (?:get|set|to))*(?: (l[0-4]))?$/.exec(plain)
  if (!autonomy) return incidentOrderOf(plain)
  const level = Level.safeParse(autonomy[1]?.toUpperCase())
  return { verb: 'autonomy', ...(level.success ? { level: level.data } : {}) }
}

/** What an authenticated person has typed, sealed: an order is a task of the bot, anything else a question. */
export function heard(task: Task, signer: Signer): Task {
  if (task.kind !== 'answer') return task
  const order = orderOf(task.text)
  if (!order) return sealed(task, signer)
  const { thread, asker, message } = task
  const at = new Date().toISOString()
  return sealed(
    {
      kind: 'report',
      id: taskId('report', task.id),
      thread,
      asker,
      at,
      subject: `${PREFIX}${JSON.stringify(order)}`,
      ...(message ? { message } : {}),
    },
    signer,
  )
}

/** What an order's task says; the seal has been checked before. */
export function orderIn(subject: string): Order | undefined {
  return subject.startsWith(PREFIX) ? (JSON.parse(subject.slice(PREFIX.length)) as Order) : undefined
}
