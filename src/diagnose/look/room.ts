// Reading why nodes have no room for a pod: requests against what is free, the biggest consumers, host ports.
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { perSnapshot } from './memo.ts'
import { amountText, freeOf, isCordoned, isNodeReady, podsByNode, requestsOf, roomOf, untolerated } from './nodes.ts'
import { nodeMatches, nodeTermsOf } from './placement.ts'
import { count, some } from './words.ts'
import { nameOf, workloadOf } from './workloads.ts'

export interface Consumer {
  workload: KubeObject
  pods: number
  requested: number
  /** measured use of the same resource; undefined without metrics */
  used: number | undefined
}

/** Who has asked for most of a resource on some nodes, by workload. */
export function consumersOf(snapshot: Snapshot, resource: string, nodes: readonly KubeObject[]): Consumer[] {
  const usage = usageByPod(snapshot)
  const consumers = new Map<KubeObject, Consumer>()
  for (const node of nodes) {
    for (const pod of podsByNode(snapshot).get(node.metadata.name) ?? []) {
      const requested = requestsOf(pod).get(resource) ?? 0
      if (requested === 0) continue
      const workload = workloadOf(snapshot, pod)
      const consumer = consumers.get(workload) ?? { workload, pods: 0, requested: 0, used: undefined }
      consumer.pods++
      consumer.requested += requested
      const used = usage.get(nameOf(pod))?.get(resource)
      if (used !== undefined) consumer.used = (consumer.used ?? 0) + used
      consumers.set(workload, consumer)
    }
  }
  return [...consumers.values()].sort((a, b) => b.requested - a.requested)
}

/** Measured use by `namespace/pod`: cores and bytes. */
export const usageByPod = perSnapshot((snapshot) => {
  const usage = new Map<string, Map<string, number>>()
  for (const metrics of snapshot.list('PodMetrics')) {
    const total = new Map<string, number>()
    for (const container of Array.isArray(metrics.containers) ? metrics.containers : []) {
      for (const [name, text] of Object.entries(container.usage ?? {})) {
        const amount = parseQuantity(text as string)
        if (amount !== undefined) total.set(name, (total.get(name) ?? 0) + amount)
      }
    }
    usage.set(nameOf(metrics), total)
  }
  return usage
})

export function consumerText(consumer: Consumer, resource: string): string {
  const { workload, pods, requested, used } = consumer
  const measured =
    used === undefined || requested === 0
      ? ''
      : `, uses ${amountText(resource, used)} (${Math.round((100 * used) / requested)} %)`
  return `${workload.kind} ${nameOf(workload)} requests ${amountText(resource, requested)} with ${count(pods, 'pod')}${measured}`
}

/** Nodes a pod may run on by their labels, taints and state, whatever room they have. */
export function candidateNodes(snapshot: Snapshot, pod: KubeObject): KubeObject[] {
  const terms = nodeTermsOf(pod)
  return snapshot
    .list('Node')
    .filter(
      (node) =>
        isNodeReady(node) && !isCordoned(node) && nodeMatches(node, terms) && untolerated(node, pod).length === 0,
    )
}

export interface Shortage {
  resource: string
  requested: number
  /** the most that is free on one candidate node */
  free: number
  /** the most that one candidate node offers at all */
  largest: number
  candidates: KubeObject[]
  /** what all candidates offer and have given away */
  total: number
  taken: number
}

export function shortageOf(snapshot: Snapshot, pod: KubeObject, resource: string): Shortage {
  const candidates = candidateNodes(snapshot, pod)
  const rooms = candidates.flatMap((node) => roomOf(snapshot).get(node.metadata.name) ?? [])
  return {
    resource,
    requested: resource === 'pods' ? 1 : (requestsOf(pod).get(resource) ?? 0),
    free: Math.max(0, ...rooms.map((room) => freeOf(room, resource))),
    largest: Math.max(0, ...rooms.map((room) => room.allocatable.get(resource) ?? 0)),
    candidates,
    total: rooms.reduce((sum, room) => sum + (room.allocatable.get(resource) ?? 0), 0),
    taken: rooms.reduce((sum, room) => sum + (room.used.get(resource) ?? 0), 0),
  }
}

export function shortageText(shortage: Shortage): string {
  const { resource, requested, free, largest, candidates, total, taken } = shortage
  const says = (amount: number) => amountText(resource, amount)
  const where = count(candidates.length, 'node')
  if (candidates.length === 0) return `the pod requests ${says(requested)} ${resource}`
  if (largest === 0)
    return `the pod requests ${says(requested)} ${resource}, and none of ${where} offers any ${resource}`
  if (requested > largest) {
    return `the pod requests ${says(requested)} ${resource}, more than any node has: the largest of ${where} offers ${says(largest)}`
  }
  const room =
    candidates.length === 1
      ? `${says(free)} is free on ${candidates[0]?.metadata.name}`
      : `at most ${says(free)} is free on one of ${where}`
  return `the pod requests ${says(requested)} ${resource}, ${room}: ${says(taken)} of ${says(total)} ${resource} is requested already`
}

/** Who holds the host ports a pod wants: "port 9100 is taken by DaemonSet x on 3 nodes". */
export function hostPortWords(snapshot: Snapshot, pod: KubeObject): { text: string; holders: KubeObject[] } {
  const wanted = new Set(hostPorts(pod))
  const holders = new Map<KubeObject, { ports: Set<string>; nodes: Set<string> }>()
  for (const node of candidateNodes(snapshot, pod)) {
    for (const other of podsByNode(snapshot).get(node.metadata.name) ?? []) {
      const shared = hostPorts(other).filter((port) => wanted.has(port))
      if (shared.length === 0) continue
      const workload = workloadOf(snapshot, other)
      const entry = holders.get(workload) ?? { ports: new Set(), nodes: new Set() }
      for (const port of shared) entry.ports.add(port)
      entry.nodes.add(node.metadata.name)
      holders.set(workload, entry)
    }
  }
  const own = workloadOf(snapshot, pod)
  const told = [...holders].map(([workload, { ports, nodes }]) => {
    const who = workload === own ? 'another replica of the same workload' : `${workload.kind} ${nameOf(workload)}`
    return `host port ${some([...ports])} is taken by ${who} on ${count(nodes.size, 'node')}`
  })
  return {
    text:
      told.length > 0
        ? told.join('; ')
        : `the pod wants host port ${some([...wanted])}, which is taken on every node it may run on`,
    holders: [...holders.keys()].filter((workload) => workload !== own),
  }
}

export function hostPorts(pod: KubeObject): string[] {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((c: { restartPolicy?: string }) => c.restartPolicy === 'Always'),
  ]
  return containers.flatMap((container) =>
    (Array.isArray(container.ports) ? container.ports : []).flatMap(
      (port: { hostPort?: number; containerPort?: number; protocol?: string }) => {
        const number = port.hostPort ?? (pod.spec?.hostNetwork ? port.containerPort : undefined)
        return number ? [`${number}/${port.protocol ?? 'TCP'}`] : []
      },
    ),
  )
}
