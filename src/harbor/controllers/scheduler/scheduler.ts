// The scheduler: gives pending pods a node, or says in its own words why none fits, and tries again when the cluster changes.
import type { KubeObject } from '../../../objects/object.ts'
import { isStatus } from '../../status.ts'
import type { Change, Controller, World } from '../../world.ts'
import { type Condition, conditionOf, withCondition } from '../conditions.ts'
import { isFinished } from '../pods.ts'
import { keyedController, keyOf, splitKey } from '../queue.ts'
import { recordSeries } from '../recorder.ts'
import { plainText } from '../template.ts'
import { createClusterView } from './cluster.ts'
import { claimNames } from './filters.ts'
import { place } from './place.ts'
import { evictVictims } from './preempt.ts'

const NAME = 'default-scheduler'
// unschedulable pods are looked at again after this long whatever happens
const LEFTOVER = 300_000
// a scheduler places some hundred pods per second; a crowd of new ones must not keep the API from answering
const PACE = 4

export const scheduler: Controller = keyedController(NAME, (world, queue) => {
  const cluster = createClusterView(world)
  const pending = new Set<string>()
  /** what a loaded snapshot says of pods that would fit by what else is in it: kind of pod → message */
  const held = new Map<string, string>()

  /** when the scheduler has time for the next pod, and the pods that have an appointment */
  let free = 0
  const appointed = new Set<string>()

  for (const pod of world.list('Pod')) {
    const condition = waiting(pod)
    if (!isOurs(pod) || condition?.reason !== 'Unschedulable') continue
    pending.add(keyOf(pod))
    held.set(demandText(pod), condition.message ?? '')
  }

  function reconsider(change: Change): void {
    for (const [demand, message] of held) if (mayHelp(message, change)) held.delete(demand)
    for (const key of pending) {
      const pod = world.find('Pod', ...splitKey(key))
      // without a verdict it waits for its volumes
      const told = pod && waiting(pod)?.message
      if (told === undefined || mayHelp(told, change)) queue.add(key)
    }
  }

  return {
    // what was found unschedulable stays as it is until something changes
    initial: () =>
      world
        .list('Pod')
        .filter((pod) => isOurs(pod) && !waiting(pod))
        .map(keyOf),
    concerns(change) {
      cluster.take(change)
      if (pending.size > 0 && isNews(change)) reconsider(change)
      const { object, type } = change
      if (object.kind !== 'Pod' || !isOurs(object)) return []
      const key = keyOf(object)
      if (type === 'DELETED') pending.delete(key)
      // a condition of our own is no reason to look again, a changed spec is
      const changed = type !== 'DELETED' && change.previous?.metadata.generation !== object.metadata.generation
      return changed ? [key] : []
    },
    reconcile(key) {
      const pod = world.find('Pod', ...splitKey(key))
      if (!pod || !isOurs(pod)) {
        pending.delete(key)
        appointed.delete(key)
        return
      }
      const now = world.clock.now()
      if (!appointed.delete(key)) {
        const turn = Math.max(now, free)
        free = turn + PACE
        if (turn > now) {
          appointed.add(key)
          return turn - now
        }
      }
      if (pod.spec?.schedulingGates?.length) return sayGated(world, pod)
      const placement = place(world, pod, cluster.nodesFor(pod))
      const hold = held.get(demandText(pod))
      if (hold !== undefined && (placement.kind !== 'pending' || placement.preemption)) {
        pending.add(key)
        return sayPending(world, pod, hold)
      }
      if (placement.kind === 'node') {
        pending.delete(key)
        cluster.assume(pod, placement.node)
        return bind(world, pod, placement.node)
      }
      pending.add(key)
      if (placement.kind === 'provisioning') return selectNode(world, placement.claims, placement.node)
      sayPending(world, pod, placement.message, placement.preemption?.node)
      if (placement.preemption) evictVictims(world, pod, placement.preemption)
      return LEFTOVER
    },
  }
})

function isOurs(pod: KubeObject): boolean {
  return (
    !pod.spec?.nodeName &&
    !pod.metadata.deletionTimestamp &&
    !isFinished(pod) &&
    (pod.spec?.schedulerName ?? NAME) === NAME
  )
}

function waiting(pod: KubeObject): Condition | undefined {
  const condition = conditionOf(pod.status?.conditions, 'PodScheduled')
  return condition?.status === 'False' ? condition : undefined
}

/** Pods with the same demand share a fate. */
function demandText(pod: KubeObject): string {
  const { nodeSelector, affinity, tolerations, topologySpreadConstraints, containers, initContainers, priority } =
    pod.spec ?? {}
  const requests = (list: KubeObject['spec'][] | undefined) =>
    list?.map((container) => container.resources?.requests ?? {})
  const own = (tolerations ?? []).filter(
    ({ key }: KubeObject['spec']) => !String(key ?? '').startsWith('node.kubernetes.io/'),
  )
  const parts = [
    pod.metadata.namespace,
    nodeSelector,
    affinity,
    own,
    topologySpreadConstraints,
    requests(containers),
    requests(initContainers),
    claimNames(pod),
    priority,
  ]
  return plainText(parts)
}

/** Changes after which a pod that fitted nowhere may fit. */
function isNews({ object, previous, type }: Change): boolean {
  switch (object.kind) {
    case 'Node':
      return type === 'ADDED' || (!!previous && nodeText(object) !== nodeText(previous))
    case 'Pod':
      return isFreed(object, previous, type) || isPlaced(object, previous)
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
    case 'StorageClass':
      return true
    default:
      return false
  }
}

function isFreed(pod: KubeObject, previous: KubeObject | undefined, type: Change['type']): boolean {
  if (type === 'DELETED') return !!pod.spec?.nodeName
  return !!previous && isFinished(pod) && !isFinished(previous)
}

function isPlaced(pod: KubeObject, previous: KubeObject | undefined): boolean {
  return !!pod.spec?.nodeName && !previous?.spec?.nodeName
}

/** Whether news can change what a pending pod was told, as the scheduler's queueing hints do. */
function mayHelp(message: string, { object, previous, type }: Change): boolean {
  if (object.kind === 'Node') return true
  if (object.kind !== 'Pod') return /volume|claim/i.test(message)
  if (isPlaced(object, previous)) return message.includes('pod affinity')
  return isFreed(object, previous, type) && /Insufficient|Too many|anti-affinity|ports|spread/.test(message)
}

function nodeText(node: KubeObject): string {
  return JSON.stringify([node.spec, node.metadata.labels, node.status?.allocatable])
}

function bind(world: World, pod: KubeObject, node: string): void {
  const { namespace, name } = pod.metadata
  const now = world.clock.iso()
  const labels = topologyLabels(world, node)
  const bound = world.modify(
    'Pod',
    namespace,
    name,
    (draft) => {
      draft.spec.nodeName = node
      if (Object.keys(labels).length > 0) draft.metadata.labels = { ...draft.metadata.labels, ...labels }
      const { nominatedNodeName: _, ...status } = draft.status ?? {}
      draft.status = { ...status, phase: status.phase ?? 'Pending' }
      const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, ...generation(draft) }
      draft.status.conditions = withCondition(draft.status.conditions, scheduled, now)
    },
    { manager: 'kube-scheduler', subresource: 'binding' },
  )
  if (!bound) return
  recordSeries(world, bound, NAME, 'Binding', {
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${name} to ${node}`,
  })
}

/** Since 1.35 a bound pod carries its node's zone and region. */
function topologyLabels(world: World, node: string): Record<string, string> {
  const labels = world.find('Node', undefined, node)?.metadata.labels ?? {}
  const keys = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone']
  return Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])))
}

function generation(pod: KubeObject): { observedGeneration?: number } {
  return pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}
}

/** `nominated`: the node on which room is being made. */
function sayPending(world: World, pod: KubeObject, message: string, nominated?: string): void {
  recordSeries(world, pod, NAME, 'Scheduling', { type: 'Warning', reason: 'FailedScheduling', message })
  sayUnscheduled(world, pod, { reason: 'Unschedulable', message }, nominated)
}

function sayGated(world: World, pod: KubeObject): void {
  sayUnscheduled(world, pod, {
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  })
}

function sayUnscheduled(
  world: World,
  pod: KubeObject,
  words: { reason: string; message: string },
  nominated?: string,
): void {
  const { namespace, name } = pod.metadata
  world.modify(
    'Pod',
    namespace,
    name,
    (draft) => {
      draft.status = { ...draft.status, phase: draft.status?.phase ?? 'Pending' }
      const condition = { type: 'PodScheduled', status: 'False', lastProbeTime: null, ...generation(draft), ...words }
      draft.status.conditions = withCondition(draft.status.conditions, condition, world.clock.iso())
      if (nominated) draft.status.nominatedNodeName = nominated
    },
    { manager: 'kube-scheduler', subresource: 'status' },
  )
}

function selectNode(world: World, claims: KubeObject[], node: string): void {
  for (const { metadata } of claims) {
    try {
      world.modify('PersistentVolumeClaim', metadata.namespace, metadata.name, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, 'volume.kubernetes.io/selected-node': node }
      })
    } catch (error) {
      if (!isStatus(error, 409)) throw error
    }
  }
}
