// The disruption controller: how many pods of a PodDisruptionBudget may be evicted now.
import { controllerOf, type KubeObject } from '../../objects/object.ts'
import { matchesSelector } from '../../objects/selector.ts'
import type { Controller, World } from '../world.ts'
import { conditionOf, withCondition } from './conditions.ts'
import { scaled } from './deployment/numbers.ts'
import { MANAGER } from './owners.ts'
import { isFinished, isReady } from './pods.ts'
import { gather, keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'

// an eviction that has not become a deletion after this long is forgotten
const EVICTION_TIMEOUT = 120_000

export const disruptionController: Controller = keyedController('disruption-controller', (world, queue) => ({
  initial: () => world.list('PodDisruptionBudget').map(keyOf),
  concerns({ object, previous, type }) {
    if (object.kind === 'PodDisruptionBudget') return type === 'DELETED' ? [] : [keyOf(object)]
    if (object.kind !== 'Pod' && !SCALES.has(object.kind)) return []
    const labels = object.kind === 'Pod' ? object.metadata.labels : object.spec?.template?.metadata?.labels
    const { namespace = '' } = object.metadata
    const budgets = world
      .list('PodDisruptionBudget', { namespace })
      .filter(
        ({ spec }) =>
          matchesSelector(spec?.selector, labels) || matchesSelector(spec?.selector, previous?.metadata.labels),
      )
    const wait = budgets.length > 0 ? gather(world.list('Pod', { namespace }).length) : 0
    for (const budget of budgets) queue.add(keyOf(budget), wait)
    return []
  },
  reconcile(key) {
    const budget = world.find('PodDisruptionBudget', ...splitKey(key))
    return budget ? sync(world, budget) : undefined
  },
}))

const SCALES = new Set(['ReplicaSet', 'StatefulSet', 'Deployment', 'ReplicationController'])

function sync(world: World, budget: KubeObject): number | undefined {
  const { namespace = '' } = budget.metadata
  const now = world.clock.now()
  const pods = world
    .list('Pod', { namespace })
    .filter((pod) => matchesSelector(budget.spec?.selector, pod.metadata.labels) && !isFinished(pod))
  if (pods.length === 0 && conditionOf(budget.status?.conditions, 'DisruptionAllowed') === undefined) {
    recordEvent(
      world,
      budget,
      { component: 'controllermanager' },
      { type: 'Normal', reason: 'NoPods', message: 'No matching pods found' },
    )
  }
  const disrupted = stillDisrupted(budget, pods, now)
  const { expected, desired } = numbers(world, budget, pods)
  const healthy = pods.filter(
    (pod) => isReady(pod) && !pod.metadata.deletionTimestamp && !Object.hasOwn(disrupted, pod.metadata.name),
  ).length
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0
  const generation = budget.metadata.generation ?? 1
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    observedGeneration: generation,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  }
  world.modify(
    'PodDisruptionBudget',
    namespace,
    budget.metadata.name,
    (draft) => {
      draft.status = {
        observedGeneration: generation,
        ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
        disruptionsAllowed: allowed,
        currentHealthy: healthy,
        desiredHealthy: desired,
        expectedPods: expected,
        conditions: withCondition(draft.status?.conditions, condition, world.clock.iso()),
      }
    },
    { manager: MANAGER, subresource: 'status' },
  )
  return Object.keys(disrupted).length > 0 ? EVICTION_TIMEOUT : undefined
}

/** Evicted pods whose deletion has not been seen yet. */
function stillDisrupted(budget: KubeObject, pods: KubeObject[], now: number): Record<string, string> {
  const entries = Object.entries<string>(budget.status?.disruptedPods ?? {}).filter(([name, since]) => {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    return pod && !pod.metadata.deletionTimestamp && Date.parse(since) + EVICTION_TIMEOUT > now
  })
  return Object.fromEntries(entries)
}

function numbers(world: World, budget: KubeObject, pods: KubeObject[]): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {}
  if (maxUnavailable !== undefined) {
    const expected = expectedScale(world, pods)
    return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected, 'up', '0%')) }
  }
  if (typeof minAvailable === 'string') {
    const expected = expectedScale(world, pods)
    return { expected, desired: scaled(minAvailable, expected, 'up', '0%') }
  }
  return { expected: pods.length, desired: minAvailable ?? 1 }
}

/** The replicas that the pods' controllers want, each controller once. */
function expectedScale(world: World, pods: KubeObject[]): number {
  const scales = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    const set = owner && world.byUid(owner.uid)
    if (!set) continue
    const parent = controllerOf(set)
    const top = parent?.kind === 'Deployment' ? (world.byUid(parent.uid) ?? set) : set
    scales.set(top.metadata.uid ?? '', top.spec?.replicas ?? 1)
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
}
