// How far a plan reaches: the pods it touches, the ready replicas it keeps, the disruption budgets in the way. From live state, never from words.

import type { Lookup } from '../../actions/action.ts'
import { valueAt } from '../../actions/requests.ts'
import type { Plan, Step } from '../../core/plan.ts'
import { refKey, refText } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import { matchesSelector } from '../../objects/selector.ts'

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])
const SHOWN_BUDGETS = 3

/** One sentence per object and way it is reached, or that it could not be read. Never rejects: a card says what is not known. */
export async function reachOf(plan: Plan, lookup: Lookup, warnings: readonly string[]): Promise<string[]> {
  const lines = new Set<string>()
  const objects = Map.groupBy(
    plan.steps.filter(({ rule }) => rule === 'plain'),
    ({ object }) => refKey(object),
  )
  for (const steps of objects.values())
    for (const line of await reachOfObject(steps, lookup, objects.size > 1)) lines.add(line)
  const evicted = plan.steps.filter(({ rule }) => rule === 'evict')
  if (evicted.length > 0)
    for (const line of await reachOfEvictions(evicted, lookup).catch(() => [
      'the disruption budgets could not be read',
    ]))
      lines.add(line)
  return [
    ...lines,
    warnings.length === 0
      ? 'not managed by Helm, Argo, Flux or an operator'
      : `managed elsewhere: ${warnings.join('; ')}`,
  ]
}

const NO_POD = 'touches no pod'

/** What several steps do to one object together: a label that leaves its pods alone says nothing of the image that does not. */
async function reachOfObject(steps: Step[], lookup: Lookup, isNamed: boolean): Promise<string[]> {
  const [first] = steps
  const what = first ? refText(first.object) : ''
  try {
    const lines = (await Promise.all(steps.map(async (step) => reachOfStep(step, lookup)))).flat()
    const reached = lines.filter((line) => line !== NO_POD)
    return (reached.length > 0 ? reached : lines).map((line) => (isNamed ? `${what}: ${line}` : line))
  } catch {
    return [`${what}: its pods could not be read, so how far this reaches is not known`]
  }
}

async function reachOfStep(step: Step, lookup: Lookup): Promise<string[]> {
  const { object } = step
  const live = await lookup.find(object)
  if (!live) return []
  if (object.kind === 'Pod' && step.request.method === 'DELETE')
    return [`touches 1 pod${budgetWords(await budgetsFor(lookup, [live]))}`]
  if (!WORKLOADS.has(object.kind) || !object.namespace) return []
  const pods = (await lookup.list('Pod', object.namespace)).filter((pod) => selects(live, pod))
  const ready = Number(live.status?.readyReplicas ?? live.status?.numberReady ?? 0)
  const after = keeps(step, live, ready)
  if (after === undefined) return [NO_POD]
  if (!after.all && after.wanted > pods.length)
    return [`adds ${count(after.wanted - pods.length, 'pod')}, ${keptText(ready, ready)}`]
  const touched = after.all ? pods.length : Math.max(0, pods.length - after.kept)
  // a disruption budget holds evictions only: the controller of a workload does not ask it
  const budgets = await budgetsFor(lookup, pods)
  const apart =
    budgets.length > 0 && after.kept < ready
      ? `; ${budgets.slice(0, SHOWN_BUDGETS).join(', ')} does not hold this back`
      : ''
  return [`touches ${count(touched, 'pod')}, ${keptText(after.kept, ready)}${apart}`]
}

function keptText(kept: number, ready: number): string {
  if (ready === 0) return 'no replica is ready now'
  return `keeps ${kept} of ${ready} ready ${ready === 1 ? 'replica' : 'replicas'}`
}

async function reachOfEvictions(steps: Step[], lookup: Lookup): Promise<string[]> {
  const pods = (await Promise.all(steps.map(async ({ object }) => lookup.find(object)))).filter(
    (pod) => pod !== undefined,
  )
  return [`touches ${count(pods.length, 'pod')}${budgetWords(await budgetsFor(lookup, pods))}`]
}

/** How many ready replicas the change leaves standing at its lowest point, and whether every pod is replaced; undefined: pods are left alone. */
function keeps(
  step: Step,
  live: KubeObject,
  ready: number,
): { kept: number; all: boolean; wanted: number } | undefined {
  const { method, body } = step.request
  if (method === 'DELETE') return { kept: 0, all: true, wanted: 0 }
  const replicas = replicasIn(body)
  const template = Array.isArray(body)
    ? body.some(
        (one: { op?: string; path?: string }) => one.op !== 'test' && one.path?.startsWith('/spec/template') === true,
      )
    : valueAt(body, ['spec', 'template']) !== undefined
  if (template) return { kept: Math.max(0, ready - unavailable(live)), all: true, wanted: ready }
  return replicas === undefined ? undefined : { kept: Math.min(ready, replicas), all: false, wanted: replicas }
}

function replicasIn(body: unknown): number | undefined {
  const value: unknown = Array.isArray(body)
    ? (body as { op: string; path: string; value?: unknown }[]).find(
        ({ op, path }) => op !== 'test' && path === '/spec/replicas',
      )?.value
    : valueAt(body, ['spec', 'replicas'])
  return typeof value === 'number' ? value : undefined
}

/** The defaults of each kind: a quarter, rounded down, for a Deployment; one at a time for the others. */
function unavailable(live: KubeObject): number {
  const wanted = Number(live.spec?.replicas ?? live.status?.desiredNumberScheduled ?? 1)
  if (live.kind === 'Deployment' && live.spec?.strategy?.type === 'Recreate') return wanted
  const set =
    live.spec?.strategy?.rollingUpdate?.maxUnavailable ?? live.spec?.updateStrategy?.rollingUpdate?.maxUnavailable
  const value = set ?? (live.kind === 'Deployment' ? '25%' : 1)
  const share = /^(\d{1,3})%$/.exec(String(value))
  return share ? Math.floor((wanted * Number(share[1])) / 100) : Number(value) || 0
}

function selects(workload: KubeObject, pod: KubeObject): boolean {
  const selector = workload.spec?.selector
  return (
    Boolean(selector) &&
    pod.status?.phase !== 'Succeeded' &&
    pod.status?.phase !== 'Failed' &&
    matchesSelector(selector, pod.metadata.labels ?? {})
  )
}

async function budgetsFor(lookup: Lookup, pods: readonly KubeObject[]): Promise<string[]> {
  const namespaces = [...new Set(pods.flatMap(({ metadata }) => metadata.namespace ?? []))].slice(0, 20)
  const budgets = (
    await Promise.all(namespaces.map(async (namespace) => lookup.list('PodDisruptionBudget', namespace)))
  ).flat()
  return budgets
    .filter((budget) =>
      pods.some(
        (pod) =>
          pod.metadata.namespace === budget.metadata.namespace &&
          budget.spec?.selector &&
          matchesSelector(budget.spec.selector, pod.metadata.labels ?? {}),
      ),
    )
    .map(
      ({ metadata, status }) =>
        `PDB ${metadata.name} (allows ${count(Number(status?.disruptionsAllowed ?? 0), 'disruption')} now)`,
    )
}

function budgetWords(budgets: string[]): string {
  if (budgets.length === 0) return ', no disruption budget holds them'
  const more = budgets.length > SHOWN_BUDGETS ? ` and ${budgets.length - SHOWN_BUDGETS} more` : ''
  return `, ${budgets.slice(0, SHOWN_BUDGETS).join(', ')}${more} respected`
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
