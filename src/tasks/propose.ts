// Task `propose`: actions are compiled to exact requests, judged, and shown as a card; nothing is sent.
import { planOf, undoOf } from '../actions/compile.ts'
import { lookupOf } from '../actions/lookup.ts'
import { canonicalJson } from '../core/canonical.ts'
import { textCard } from '../core/card.ts'
import { ConflictError, NotFoundError, NotPermittedError, UsageError } from '../core/errors.ts'
import { personKey } from '../core/people.ts'
import { redactValue } from '../core/redact.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { Approval } from '../safety/approval.ts'
import type { PlanJudgement } from '../safety/gate.ts'
import { protectedNamespaces, protectionOf } from '../safety/protect.ts'
import type { ChangeContext } from './change/context.ts'
import { guardsOf } from './change/guards.ts'
import { judge } from './change/judge.ts'
import { nameBeside } from './change/names.ts'
import { ended } from './change/outcome.ts'
import { reachOf } from './change/reach.ts'
import { pendingForSameObjects } from './change/rivals.ts'
import { showPlan } from './change/show.ts'
import { troublesOf } from './change/troubles.ts'
import { readWorld } from './change/world.ts'
import { reminderOf } from './report.ts'

const AUDITED_STEPS = 50
const AUDITED_BODY = 4000

export async function propose(task: TaskOf<'propose'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  // the same task again (a crash after opening): the approval it opened is remembered under the task's id
  const opened =
    (await context.store.getJson<{ id: string }>(`proposed:${task.id}`)) ??
    (await context.approvals.list({ open: true })).find((one) => one.task === task.id)
  if (opened) return continueWith(opened.id, task, context)
  const cluster = context.clusters.get(task.cluster)
  let compiled: Awaited<ReturnType<typeof planOf>>
  try {
    compiled = await planOf(task.actions, cluster.name, lookupOf(cluster, signal), {
      leaveAlone: protectedNamespaces(protectionOf(context.config)),
    })
  } catch (error) {
    if (
      !(
        error instanceof UsageError ||
        error instanceof NotFoundError ||
        error instanceof ConflictError ||
        error instanceof NotPermittedError
      )
    )
      throw error
    return refuse(task, context, `I cannot plan this: ${error.message}`)
  }
  const { plan, notes } = compiled
  const judgement = await judge(
    {
      plan,
      world: await readWorld(cluster, plan, signal),
      asker: task.asker,
      thread: task.thread,
      author: task.author,
    },
    context,
  )
  await context.audit.append({
    kind: 'plan',
    who: personKey(task.asker),
    cluster: plan.cluster,
    thread: threadKey(task.thread),
    subject: task.id,
    digest: plan.digest,
    data: {
      verdict: judgement.verdict,
      tier: judgement.tier,
      author: task.author,
      steps: plan.steps.map((step) => step.words),
      requests: requestsOf(plan),
    },
  })
  if (judgement.verdict === 'deny') return refuse(task, context, `I will not do this: ${judgement.reasons.join('; ')}.`)
  const reach = await reachOf(plan, lookupOf(cluster, signal), judgement.warnings)
  const approval = await context.approvals.open({ ...draftOf(task, plan, notes, judgement, context), reach })
  await context.store.setJson(`proposed:${task.id}`, { id: approval.id }, { ttlMs: 24 * 3600_000 })
  await meetOthers(approval, context)
  await continueWith(approval.id, task, context)
  // after the card, because nobody needs to wait for it
  const troubles = await troublesOf(plan, cluster, signal).catch(() => [])
  if (troubles.length > 0) await context.approvals.note(approval.id, { troubles })
}

/** Shows the card and asks the executor for the dry run; both are harmless when repeated. */
async function continueWith(id: string, task: TaskOf<'propose'>, context: ChangeContext): Promise<void> {
  const approval = await showPlan(id, context)
  if (!approval) return
  const base = { thread: task.thread, asker: task.asker, at: new Date().toISOString(), approval: id }
  await context.enqueue({ ...base, kind: 'preview', id: taskId('preview', id) })
  const left = Date.parse(approval.deadline) - Date.now()
  await context.enqueue(
    {
      thread: task.thread,
      asker: task.asker,
      at: base.at,
      kind: 'report',
      id: taskId('report', 'reminder', id),
      subject: reminderOf(id),
    },
    { delayMs: Math.max(left, 0) / 2 },
  )
  await context.enqueue({ ...base, kind: 'expire', id: taskId('expire', id) }, { delayMs: Math.max(left, 0) + 250 })
}

function draftOf(
  task: TaskOf<'propose'>,
  plan: Approval['plan'],
  notes: string[],
  judgement: PlanJudgement,
  context: ChangeContext,
): Parameters<ChangeContext['approvals']['open']>[0] {
  const { config } = context
  return {
    plan,
    task: task.id,
    tier: judgement.tier,
    risk: judgement.risk,
    reasons: judgement.reasons,
    notes,
    requester: task.asker,
    author: task.author,
    reason: task.reason.slice(0, 500),
    thread: task.thread,
    undo: undoOf(plan) !== undefined,
    needed: Math.max(1, judgement.needed),
    approvers: [...config.APPROVERS, ...judgement.approvers],
    ...guardsOf(plan, judgement.tier, context),
    deadline: new Date(Date.now() + config.APPROVAL_TTL).toISOString(),
    ...(task.said ? { said: task.said } : {}),
    ...(task.undoes ? { undoes: task.undoes } : {}),
    ...(task.incident ? { incident: task.incident } : {}),
  }
}

/** An older open plan of this thread for the same object is replaced; one of another thread is named on both cards. */
async function meetOthers(approval: Approval, context: ChangeContext): Promise<void> {
  for (const other of await pendingForSameObjects(approval, context)) {
    if (threadKey(other.thread) === threadKey(approval.thread)) {
      const name = nameBeside(approval, other)
      const changed = await context.approvals.supersede(other.id, name)
      if (!changed.refused) await ended(changed.approval, `superseded by ${name}`, context)
      continue
    }
    await context.approvals.link(approval.id, other.id)
    await context.approvals.link(other.id, approval.id)
    await showPlan(other.id, context)
  }
}

/** What the digest names, in a form that can be read: long bodies are cut, and secrets redacted where it is written. */
function requestsOf({ steps }: Approval['plan']): { method: string; path: string; body?: string }[] {
  return steps.slice(0, AUDITED_STEPS).map(({ request: { method, path, body } }) => ({
    method,
    path,
    ...(body === undefined ? {} : { body: canonicalJson(redactValue(body)).slice(0, AUDITED_BODY) }),
  }))
}

async function refuse(task: TaskOf<'propose'>, context: ChangeContext, sentence: string): Promise<void> {
  await context.audit.append({
    kind: 'refused',
    who: personKey(task.asker),
    cluster: task.cluster,
    thread: threadKey(task.thread),
    subject: task.id,
    data: { sentence },
  })
  await context.outbox.put({
    kind: 'post',
    key: `refused-${task.id}`,
    thread: task.thread,
    card: textCard(sentence, { tone: 'stop', cluster: task.cluster }),
    attachments: [],
    root: false,
  })
}
