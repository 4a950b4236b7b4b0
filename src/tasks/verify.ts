// Task `verify`: did it help? Looks until what the action expected is seen, then says so on the plan's card, or what is still wrong.
import type { Expectation } from '../actions/action.ts'
import { expectationsOf, planOf, undoOf } from '../actions/compile.ts'
import { look, type Seen } from '../actions/expect.ts'
import { lookupOf, readOne } from '../actions/lookup.ts'
import { canonicalJson } from '../core/canonical.ts'
import { ConflictError, NotFoundError } from '../core/errors.ts'
import { FIRSTMATE, personKey } from '../core/people.ts'
import { refText } from '../core/ref.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { type Approval, shortName } from '../safety/approval.ts'
import { didNotHelp } from '../safety/budget.ts'
import { createCounters } from '../safety/counters.ts'
import { protectedNamespaces, protectionOf } from '../safety/protect.ts'
import type { ChangeContext } from './change/context.ts'
import { tellThread } from './change/outcome.ts'
import { aboutPlan } from './change/record.ts'
import { showPlan } from './change/show.ts'
import { stillWrong, troublesOf } from './change/troubles.ts'

const LOOK_EVERY_MS = 1500
// once the rollout is through, what the checks found is given this long to clear
const PATIENCE_S = 45
// a pod that nobody replaced tries again when its back-off of five minutes at most is over, and then has to prove itself
const RESTART_S = 420

export async function verify(task: TaskOf<'verify'>, context: ChangeContext, signal: AbortSignal): Promise<void> {
  const approval = await context.approvals.read(task.approval)
  if (!approval || approval.state !== 'done' || approval.verified) return
  const expected = expectationsOf(approval.plan)
  // without anything of its own to wait for, what the checks had found must be gone
  if (expected.length === 0 && approval.troubles.length === 0) return
  const seen = await lookAll(expected, approval, context, signal)
  const seconds = Math.max(1, Math.round((Date.now() - Date.parse(task.since)) / 1000))
  const waiting = seen.find((one) => one.state === 'waiting')
  const failed = seen.find((one) => one.state === 'failed')
  const patience = expected.length === 0 ? PATIENCE_S : Math.max(...expected.map((one) => one.seconds))
  if (!failed && waiting && seconds < patience) return again(task, context)
  const { still, fresh } = await troublesAfter(approval, expected, context, signal)
  // what the checks found is given the same patience: a new pod needs a moment to prove itself
  if (!failed && !waiting && still.length > 0 && seconds < patienceWith(still, approval, patience))
    return again(task, context)
  const helped = !failed && !waiting && still.length === 0
  const arrived = await arrivedSince(approval, context, signal)
  const words = wordsOf({
    arrived,
    seconds,
    seen,
    bad: failed ?? waiting,
    still,
    fresh,
    undo: undoOf(approval.plan) !== undefined,
    deletion: approval.troubles.length === 0 && expected.length > 0 && expected.every(({ kind }) => kind === 'gone'),
  })
  if (!helped) await didNotHelp(createCounters(context.store), approval.plan)
  await context.audit.append({
    kind: 'verify',
    who: personKey(FIRSTMATE),
    ...aboutPlan(approval),
    data: { helped, words },
  })
  await context.approvals.note(approval.id, { verified: { helped, words } })
  await showPlan(approval.id, context)
  await tellThread(approval, `was verified: ${words}`, context)
}

/** What came onto a node while it was emptied is no part of the plan that was approved: it is named, and gets a plan of its own. */
async function arrivedSince(approval: Approval, context: ChangeContext, signal: AbortSignal): Promise<number> {
  const { action, cluster, steps } = approval.plan
  if (action?.verb !== 'drain') return 0
  // an eviction carries its pod's uid: another pod of that name is another one
  const known = new Set(steps.map(({ request }) => canonicalJson(request)))
  const again = await planOf([action], cluster, lookupOf(context.clusters.get(cluster), signal), {
    leaveAlone: protectedNamespaces(protectionOf(context.config)),
  }).catch((error: unknown) => {
    // nothing is left that could be evicted
    if (error instanceof ConflictError || error instanceof NotFoundError) return undefined
    throw error
  })
  const fresh =
    again?.plan.steps.filter(({ rule, request }) => rule === 'evict' && !known.has(canonicalJson(request))) ?? []
  if (fresh.length === 0) return 0
  await context.enqueue({
    kind: 'propose',
    id: taskId('propose', 'arrived', approval.id),
    thread: approval.thread,
    asker: approval.requester,
    at: new Date().toISOString(),
    cluster,
    actions: [action],
    author: approval.author,
    reason: `pods that arrived during plan ${shortName(approval)}`,
  })
  return fresh.length
}

/** Runs again what found the trouble. A label or an annotation was never meant to cure anything. */
async function troublesAfter(
  { plan, troubles }: Approval,
  expected: Expectation[],
  { clusters }: ChangeContext,
  signal: AbortSignal,
): Promise<{ still: Troubles; fresh: Troubles }> {
  const remedied = troubles.filter((one) => one.remedied)
  const cures =
    expected.length === 0 || remedied.length > 0 || expected.some(({ kind }) => kind === 'rollout' || kind === 'gone')
  if (!cures) return { still: [], fresh: [] }
  const suffered = remedied.flatMap(({ about }) => about)
  return stillWrong(troubles, await troublesOf(plan, clusters.get(plan.cluster), signal, suffered))
}

/** Pods of a workload that the plan rolled out are new and need a moment; others restart by themselves, or not at all. */
function patienceWith(still: Troubles, { plan }: Approval, patience: number): number {
  const own = new Set(plan.steps.map(({ object }) => refText(object)))
  return still.every(({ object }) => own.has(object)) ? Math.min(patience, PATIENCE_S) : RESTART_S
}

type Troubles = Approval['troubles']

function wordsOf(look: {
  seconds: number
  seen: Seen[]
  bad: Seen | undefined
  still: Troubles
  fresh: Troubles
  undo: boolean
  /** all that was waited for is that objects go: nothing was ill, and what is gone is not healthy */
  deletion: boolean
  arrived: number
}): string {
  const { seconds, seen, bad, still, fresh, arrived } = look
  const list = (some: Troubles) =>
    some
      .slice(0, 3)
      .map(({ summary }) => summary)
      .join('; ')
  const beside = [
    ...(fresh.length > 0 ? [` New since: ${list(fresh)}.`] : []),
    ...(arrived > 0
      ? [
          ` ${arrived === 1 ? '1 pod has' : `${arrived} pods have`} arrived since it was planned: a further plan follows.`,
        ]
      : []),
  ].join('')
  if (!bad && still.length === 0)
    return `${look.deletion ? 'Done' : 'Healthy'} after ${seconds} s: ${
      seen
        .map((one) => one.words)
        .slice(0, 3)
        .join(', ') || 'what the checks had found is gone'
    }.${beside}`
  const wrong = [...(bad ? [bad.words] : []), ...(still.length > 0 ? [`still wrong: ${list(still)}`] : [])].join('; ')
  return `${look.deletion ? 'Not done' : 'Not healthy'} after ${seconds} s: ${wrong}.${beside}${look.undo ? ' Undo takes it back.' : ''}`
}

async function lookAll(
  expected: Expectation[],
  approval: Approval,
  context: ChangeContext,
  signal: AbortSignal,
): Promise<Seen[]> {
  const cluster = context.clusters.get(approval.plan.cluster)
  return Promise.all(expected.map(async (one) => look(one, await readOne(cluster, one.object, signal))))
}

async function again(task: TaskOf<'verify'>, context: ChangeContext): Promise<void> {
  const next = task.look + 1
  await context.enqueue(
    { ...task, look: next, id: taskId('verify', task.approval, task.since, String(next)) },
    { delayMs: LOOK_EVERY_MS },
  )
}
