// Task `verify`: did it help? Looks until what the action expected is seen, then says so on the plan's card, or what is still wrong.
import type { Expectation } from '../actions/action.ts'
import { expectationsOf, undoOf } from '../actions/compile.ts'
import { look, type Seen } from '../actions/expect.ts'
import { personKey } from '../core/people.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { Approval } from '../safety/approval.ts'
import { didNotHelp } from '../safety/budget.ts'
import { createCounters } from '../safety/counters.ts'
import type { ChangeContext } from './change/context.ts'
import { showPlan } from './change/show.ts'
import { readOne } from '../actions/lookup.ts'

const LOOK_EVERY_MS = 1500

export async function verify(task: TaskOf<'verify'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  const approval = await context.approvals.read(task.approval)
  if (!approval || approval.state !== 'done' || approval.verified) return
  const expected = expectationsOf(approval.plan)
  if (expected.length === 0) return
  const seen = await lookAll(expected, approval, context, signal)
  const seconds = Math.max(1, Math.round((Date.now() - Date.parse(task.since)) / 1000))
  const waiting = seen.find((one) => one.state === 'waiting')
  const failed = seen.find((one) => one.state === 'failed')
  const patience = Math.max(...expected.map((one) => one.seconds))
  if (!failed && waiting && seconds < patience) return again(task, context)
  const bad = failed ?? waiting
  const words = bad ? `Not healthy after ${seconds} s: ${bad.words}.${undoOf(approval.plan) ? ' Undo takes it back.' : ''}` : `Healthy after ${seconds} s: ${seen.map((one) => one.words).slice(0, 3).join(', ')}.`
  if (bad) await didNotHelp(createCounters(context.store), approval.plan)
  await context.audit.append({
    kind: 'verify', who: personKey(approval.requester), cluster: approval.plan.cluster, thread: threadKey(approval.thread), subject: approval.id, digest: approval.plan.digest, data: { helped: !bad, words },
  })
  await context.approvals.note(approval.id, { verified: { helped: !bad, words } })
  await showPlan(approval.id, context)
}

async function lookAll(expected: Expectation[], approval: Approval, context: ChangeContext, signal: AbortSignal): Promise<Seen[]> {
  const cluster = context.clusters.get(approval.plan.cluster)
  return Promise.all(expected.map(async (one) => look(one, await readOne(cluster, one.object, signal))))
}

async function again(task: TaskOf<'verify'>, context: ChangeContext): Promise<void> {
  const next = task.look + 1
  await context.enqueue({ ...task, look: next, id: taskId('verify', task.approval, task.since, String(next)) }, { delayMs: LOOK_EVERY_MS })
}
