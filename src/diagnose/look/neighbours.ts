// Reading rules about other pods: required affinity, anti-affinity, and how evenly pods must spread.
import type { KubeObject } from '../../objects/object.ts'
import { type LabelSelector, matchesSelector, selectorText } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { groupBy, perSnapshot } from './memo.ts'
import { nearest } from './names.ts'
import { isFinished } from './pods.ts'
import { candidateNodes } from './room.ts'
import { count, some } from './words.ts'
import { desiredReplicas, nameOf, workloadOf } from './workloads.ts'

interface PodTerm {
  labelSelector?: LabelSelector
  topologyKey: string
  namespaces?: string[]
  namespaceSelector?: LabelSelector
}

function requiredTerms(pod: KubeObject, kind: 'podAffinity' | 'podAntiAffinity'): PodTerm[] {
  const terms = pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution
  return Array.isArray(terms) ? terms : []
}

function namespacesOf(snapshot: Snapshot, term: PodTerm, own: string): Set<string> {
  const named = new Set(term.namespaces ?? [])
  if (term.namespaceSelector) {
    for (const namespace of snapshot.list('Namespace')) {
      if (matchesSelector(term.namespaceSelector, namespace.metadata.labels)) named.add(namespace.metadata.name)
    }
  } else if (named.size === 0) named.add(own)
  return named
}

function matching(snapshot: Snapshot, term: PodTerm, own: string): KubeObject[] {
  return [...namespacesOf(snapshot, term, own)].flatMap((namespace) =>
    snapshot.podsMatching(namespace, term.labelSelector).filter((pod) => !isFinished(pod)),
  )
}

/** "hostname", "zone": the last word of a topology key */
function place(key: string): string {
  const word = key.replace(/^.*\//, '')
  return word === 'hostname' ? 'node' : word
}

/** "3 replicas already sit on all 3 nodes, and required anti-affinity allows one per node" */
export function antiAffinityText(snapshot: Snapshot, pod: KubeObject): string {
  const nodes = candidateNodes(snapshot, pod)
  const wanted = desiredReplicas(workloadOf(snapshot, pod))
  const told = requiredTerms(pod, 'podAntiAffinity').map((term) => {
    const domains = groupBy(nodes, (node) => node.metadata.labels?.[term.topologyKey])
    const others = matching(snapshot, term, pod.metadata.namespace ?? '').filter((other) => other.spec?.nodeName)
    const own = matchesSelector(term.labelSelector, pod.metadata.labels)
    const where = place(term.topologyKey)
    const names = [...new Set(others.map((other) => nameOf(workloadOf(snapshot, other))))]
    const replicas = own && wanted > 1 ? `${wanted} replicas are wanted but ` : ''
    return `required pod anti-affinity allows no two pods with ${selectorText(term.labelSelector)} on one ${where} (${term.topologyKey}): ${replicas}only ${count(domains.size, where)} can take this pod and ${count(others.length, 'such pod')} (${some(names)}) already ${others.length === 1 ? 'runs' : 'run'} there`
  })
  return told.join('; ') || 'required pod anti-affinity of the pod leaves it no node'
}

const podsWithAntiAffinity = perSnapshot((snapshot) =>
  snapshot
    .list('Pod')
    .filter((pod) => pod.spec?.nodeName && !isFinished(pod) && requiredTerms(pod, 'podAntiAffinity').length > 0),
)

/** Pods that are already placed and refuse this one as a neighbour. */
export function refusingNeighbours(snapshot: Snapshot, pod: KubeObject): KubeObject[] {
  return podsWithAntiAffinity(snapshot).filter((other) =>
    requiredTerms(other, 'podAntiAffinity').some(
      (term) =>
        matchesSelector(term.labelSelector, pod.metadata.labels) &&
        namespacesOf(snapshot, term, other.metadata.namespace ?? '').has(pod.metadata.namespace ?? ''),
    ),
  )
}

export function affinityText(snapshot: Snapshot, pod: KubeObject): { text: string; targets: KubeObject[] } {
  const targets: KubeObject[] = []
  const told = requiredTerms(pod, 'podAffinity').map((term) => {
    const selector = selectorText(term.labelSelector)
    const others = matching(snapshot, term, pod.metadata.namespace ?? '').filter((other) => other !== pod)
    const placed = others.filter((other) => other.spec?.nodeName)
    const namespaces = [...namespacesOf(snapshot, term, pod.metadata.namespace ?? '')]
    if (others.length === 0) {
      const near = nearSelector(snapshot, term, namespaces)
      return `required pod affinity asks for a pod with ${selector} on the same ${place(term.topologyKey)}, and none exists in ${some(namespaces)}${near ? ` (nearest: ${near})` : ''}`
    }
    targets.push(...others)
    if (placed.length === 0)
      return `required pod affinity follows pods with ${selector}, and none of them has a node yet`
    const on = [...new Set(placed.map((other) => String(other.spec.nodeName)))]
    return `required pod affinity asks for the ${place(term.topologyKey)} of pods with ${selector}, which run on ${some(on)}`
  })
  return { text: told.join('; ') || 'required pod affinity of the pod leaves it no node', targets }
}

function nearSelector(snapshot: Snapshot, term: PodTerm, namespaces: string[]): string | undefined {
  for (const [key, value] of Object.entries(term.labelSelector?.matchLabels ?? {})) {
    const values = new Set(
      namespaces.flatMap((namespace) =>
        snapshot.list('Pod', namespace).flatMap((pod) => pod.metadata.labels?.[key] ?? []),
      ),
    )
    const near = nearest(value, values)
    if (near) return `${key}=${near}`
  }
  return undefined
}

interface Spread {
  topologyKey: string
  maxSkew: number
  whenUnsatisfiable?: string
  labelSelector?: LabelSelector
  minDomains?: number
}

export function spreadText(snapshot: Snapshot, pod: KubeObject): string {
  const constraints: Spread[] = (pod.spec?.topologySpreadConstraints ?? []).filter(
    (constraint: Spread) => constraint.whenUnsatisfiable !== 'ScheduleAnyway',
  )
  const nodes = candidateNodes(snapshot, pod)
  const told = constraints.map((constraint) => {
    const labelled = nodes.filter((node) => node.metadata.labels?.[constraint.topologyKey] !== undefined)
    if (labelled.length === 0) {
      const keys = new Set(nodes.flatMap((node) => Object.keys(node.metadata.labels ?? {})))
      const near = nearest(constraint.topologyKey, keys)
      return `topology spread is over ${constraint.topologyKey}, a label that none of ${count(nodes.length, 'node')} carries${near ? ` (nearest: ${near})` : ''}`
    }
    const placed = snapshot
      .podsMatching(pod.metadata.namespace, constraint.labelSelector)
      .filter((other) => other.spec?.nodeName && !isFinished(other))
    const zoneOf = new Map(
      snapshot.list('Node').map((node) => [node.metadata.name, node.metadata.labels?.[constraint.topologyKey]]),
    )
    const counts = new Map<string, number>()
    for (const node of labelled) counts.set(node.metadata.labels?.[constraint.topologyKey] ?? '', 0)
    for (const other of placed) {
      const zone = zoneOf.get(other.spec.nodeName)
      if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1)
    }
    const tally = [...counts].map(([zone, number]) => `${zone} has ${number}`)
    const few =
      constraint.minDomains && counts.size < constraint.minDomains
        ? `, and at least ${constraint.minDomains} domains are asked for`
        : ''
    return `topology spread constraint over ${constraint.topologyKey} allows a skew of ${constraint.maxSkew} (whenUnsatisfiable DoNotSchedule): ${some(tally, 6)}${few}`
  })
  return told.join('; ') || 'the topology spread constraints of the pod leave it no node'
}
