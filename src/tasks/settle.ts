// Task `settle`: an executor vanished in the middle. What really happened is read from the cluster; nothing is ever sent again.

import { readOne } from '../actions/lookup.ts'
import { valueAt } from '../actions/requests.ts'
import { personKey } from '../core/people.ts'
import type { Step } from '../core/plan.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { KubeObject } from '../objects/object.ts'
import type { ChangeContext } from './change/context.ts'
import { tellThread } from './change/outcome.ts'
import { showPlan } from './change/show.ts'

// an API server gives up a request whose client is gone within seconds
const LATE_MS = 10_000

export async function settle(task: TaskOf<'settle'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  const approval = await context.approvals.read(task.approval)
  if (approval?.state !== 'unknown') return
  const cluster = context.clusters.get(approval.plan.cluster)
  const results = await Promise.all(
    approval.plan.steps.map(async (step) => applied(step, await readOne(cluster, step.object, signal))),
  )
  const done = results.filter((one) => one === true).length
  const all = approval.plan.steps.length
  // a request of the lost executor may still arrive: not there yet is no answer before the server has given it up
  const since = Date.now() - Date.parse(approval.claim?.until ?? approval.created)
  if (done < all && since < LATE_MS) return again(task, context)
  const outcome =
    done === all
      ? 'The executor vanished while this ran; the cluster shows that every step took effect.'
      : `The executor vanished while this ran; the cluster shows ${done} of ${all} steps in effect. Nothing is repeated: propose again what is missing.`
  await context.audit.append({
    kind: 'result',
    who: personKey(approval.requester),
    cluster: approval.plan.cluster,
    thread: threadKey(approval.thread),
    subject: approval.id,
    digest: approval.plan.digest,
    data: { settled: true, done, all },
  })
  const changed = await context.approvals.settle(approval.id, done === all ? 'done' : 'failed', outcome)
  if (changed.refused) return
  await showPlan(approval.id, context)
  await tellThread(approval, `ended: ${outcome}`, context)
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

async function again(task: TaskOf<'settle'>, context: ChangeContext): Promise<void> {
  const at = new Date().toISOString()
  await context.enqueue({ ...task, at, id: taskId('settle', task.approval, at) }, { delayMs: LATE_MS / 2 })
}

/** Whether the object looks as the step leaves it. */
function applied(step: Step, live: KubeObject | undefined): boolean {
  const { method, body } = step.request
  if (method === 'DELETE' || step.rule === 'evict')
    return !live || live.metadata.uid !== uidOf(body) || live.metadata.deletionTimestamp !== undefined
  if (!live) return false
  if (method === 'POST') return true
  if (!Array.isArray(body)) return holds(live, body)
  const operations = body as { op: string; path: string; value?: unknown }[]
  return operations
    .filter((one) => one.op !== 'test')
    .every(({ op, path, value }) => {
      const found = valueAt(live, pointer(path))
      return op === 'remove' ? found === undefined : JSON.stringify(found) === JSON.stringify(value)
    })
}

/** An apply has taken effect when everything it says is so; items of lists are found by their content. */
function holds(live: unknown, said: unknown): boolean {
  if (Array.isArray(said)) return Array.isArray(live) && said.every((item) => live.some((one) => holds(one, item)))
  if (typeof said !== 'object' || said === null) return JSON.stringify(live) === JSON.stringify(said)
  if (typeof live !== 'object' || live === null) return false
  return Object.entries(said).every(
    ([key, value]) => Object.hasOwn(live, key) && holds((live as Record<string, unknown>)[key], value),
  )
}

function pointer(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function uidOf(body: unknown): string | undefined {
  const options = body as
    | { preconditions?: { uid?: string }; deleteOptions?: { preconditions?: { uid?: string } } }
    | undefined
  return options?.preconditions?.uid ?? options?.deleteOptions?.preconditions?.uid
}
