// Task `settle`: an executor vanished in the middle. What really happened is read from the cluster; nothing is ever sent again.
import { valueAt } from '../actions/requests.ts'
import { personKey } from '../core/people.ts'
import type { Step } from '../core/plan.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { KubeObject } from '../objects/object.ts'
import type { ChangeContext } from './change/context.ts'
import { showPlan } from './change/show.ts'
import { readOne } from '../actions/lookup.ts'

export async function settle(task: TaskOf<'settle'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  const approval = await context.approvals.read(task.approval)
  if (approval?.state !== 'unknown') return
  const cluster = context.clusters.get(approval.plan.cluster)
  const results = await Promise.all(approval.plan.steps.map(async (step) => applied(step, await readOne(cluster, step.object, signal))))
  const done = results.filter((one) => one === true).length
  const all = approval.plan.steps.length
  const outcome =
    done === all
      ? 'The executor vanished while this ran; the cluster shows that every step took effect.'
      : `The executor vanished while this ran; the cluster shows ${done} of ${all} steps in effect. Nothing is repeated: propose again what is missing.`
  await context.audit.append({
    kind: 'result', who: personKey(approval.requester), cluster: approval.plan.cluster, thread: threadKey(approval.thread), subject: approval.id, digest: approval.plan.digest, data: { settled: true, done, all },
  })
  const changed = await context.approvals.settle(approval.id, done === all ? 'done' : 'failed', outcome)
  if (changed.refused) return
  await showPlan(approval.id, context)
  if (done === all) {
    const at = new Date().toISOString()
    await context.enqueue({ kind: 'verify', id: taskId('verify', approval.id, 'settled'), thread: approval.thread, asker: approval.requester, at, approval: approval.id, since: at, look: 1 })
  }
}

/** Whether the object looks as the step leaves it. */
function applied(step: Step, live: KubeObject | undefined): boolean {
  const { method, body } = step.request
  if (method === 'DELETE' || step.rule === 'evict') return !live || live.metadata.uid !== uidOf(body) || live.metadata.deletionTimestamp !== undefined
  if (!live) return false
  if (method === 'POST') return true
  const operations = Array.isArray(body) ? (body as { op: string; path: string; value?: unknown }[]) : []
  return operations.filter((one) => one.op !== 'test').every(({ op, path, value }) => {
    const found = valueAt(live, pointer(path))
    return op === 'remove' ? found === undefined : JSON.stringify(found) === JSON.stringify(value)
  })
}

function pointer(path: string): string[] {
  return path.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function uidOf(body: unknown): string | undefined {
  const options = body as { preconditions?: { uid?: string }; deleteOptions?: { preconditions?: { uid?: string } } } | undefined
  return options?.preconditions?.uid ?? options?.deleteOptions?.preconditions?.uid
}
