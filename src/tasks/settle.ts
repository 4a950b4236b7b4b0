// Task `settle`: an executor vanished in the middle. What really happened is read from the cluster; nothing is ever sent again.

import { readOne } from '../actions/lookup.ts'
import { FIRSTMATE, personKey } from '../core/people.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import type { Approval } from '../safety/approval.ts'
import { applied, madeOtherwise } from './change/applied.ts'
import type { ChangeContext } from './change/context.ts'
import { tellThread } from './change/outcome.ts'
import { aboutPlan } from './change/record.ts'
import { endRivals } from './change/rivals.ts'
import { showPlan } from './change/show.ts'

// an API server gives up a request whose client is gone within seconds
const LATE_MS = 10_000
const SERVER_ERROR = 500

export async function settle(task: TaskOf<'settle'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  const approval = await context.approvals.read(task.approval)
  if (approval?.state !== 'unknown') return
  const cluster = context.clusters.get(approval.plan.cluster)
  const { steps } = approval.plan
  const found = await Promise.all(steps.map(async (step) => readOne(cluster, step.object, signal)))
  const done = steps.filter((step, at) => applied(step, found[at])).length
  const otherwise = steps.filter((step, at) => madeOtherwise(step, found[at])).length
  const all = steps.length
  // a request of the lost executor may still arrive: not there yet is no answer before the server has given it up
  const since = Date.now() - Date.parse(approval.claim?.until ?? approval.created)
  if (done < all && since < LATE_MS) return again(task, context)
  const outcome =
    done === all
      ? `${whyUnknown(approval)}; the cluster shows that every step took effect.`
      : `${whyUnknown(approval)}; the cluster shows ${done} of ${all} steps in effect${otherwise > 0 ? `, and ${otherwise} neither as before nor as asked` : ''}. Nothing is repeated: propose again what is missing.`
  await context.audit.append({
    kind: 'result',
    who: personKey(FIRSTMATE),
    ...aboutPlan(approval),
    data: { settled: true, done, otherwise, all },
  })
  const changed = await context.approvals.settle(approval.id, done === all ? 'done' : 'failed', outcome)
  if (changed.refused) return
  await showPlan(approval.id, context)
  await tellThread(approval, `ended: ${outcome}`, context)
  if (done + otherwise > 0) await endRivals(approval, context)
  if (done === all) {
    const at = new Date().toISOString()
    await context.enqueue({
      kind: 'verify',
      id: taskId('verify', approval.id, 'settled'),
      thread: approval.thread,
      asker: approval.requester,
      at,
      approval: approval.id,
      since: at,
      look: 1,
    })
  }
}

/** The server's last word is said where there was one. */
function whyUnknown({ progress }: Approval): string {
  const last = progress.at(-1)
  return last && last.status >= SERVER_ERROR
    ? `Step ${last.step + 1} was answered with ${last.status} (${last.note}), which says nothing of its effect`
    : 'The executor vanished while this ran'
}

async function again(task: TaskOf<'settle'>, context: ChangeContext): Promise<void> {
  const at = new Date().toISOString()
  await context.enqueue({ ...task, at, id: taskId('settle', task.approval, at) }, { delayMs: LATE_MS / 2 })
}
