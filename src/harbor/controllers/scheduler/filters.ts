// Why a node does not fit a pod, in the scheduler's words. Each filter is one of its plugins.
import type { KubeObject } from '../../../objects/object.ts'
import { matchesRequirement, matchesSelector, type Requirement } from '../../../objects/selector.ts'
import type { World } from '../../world.ts'
import type { NodeView } from './cluster.ts'
import { type Amounts, hostPortsOf } from './demand.ts'

export interface Refusal {
  reasons: string[]
  /** nothing that other pods' going could change */
  final: boolean
}
export interface Filtering {
  world: World
  pod: KubeObject
  requests: Amounts
  nodes: NodeView[]
}
type Filter = (filtering: Filtering, view: NodeView) => Refusal | undefined

const final = (reason: string): Refusal => ({ reasons: [reason], final: true })
const maybe = (...reasons: string[]): Refusal => ({ reasons, final: false })

/** In the order in which the scheduler asks; the first refusal of a node counts. */
const FILTERS: Filter[] = [
  unschedulable,
  nodeName,
  taints,
  nodeAffinity,
  ports,
  resources,
  volumes,
  spread,
  podAffinity,
]

export function refusalOf(filtering: Filtering, view: NodeView): Refusal | undefined {
  for (const filter of FILTERS) {
    const refusal = filter(filtering, view)
    if (refusal) return refusal
  }
  return undefined
}

function unschedulable({ pod }: Filtering, { node }: NodeView): Refusal | undefined {
  if (!node.spec?.unschedulable) return undefined
  const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  return tolerates(pod, taint) ? undefined : final('node(s) were unschedulable')
}

function nodeName({ pod }: Filtering, { node }: NodeView): Refusal | undefined {
  const asked = pod.spec?.nodeName
  return asked && asked !== node.metadata.name ? final("node(s) didn't match the requested node name") : undefined
}

interface Taint {
  key: string
  value?: string
  effect: string
}

function taints({ pod }: Filtering, { node }: NodeView): Refusal | undefined {
  const taint = (node.spec?.taints ?? []).find(
    (item: Taint) => item.effect !== 'PreferNoSchedule' && !tolerates(pod, item),
  )
  return taint ? final('node(s) had untolerated taint(s)') : undefined
}

export function tolerates(pod: KubeObject, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration: KubeObject['spec']) => matchesTaint(toleration, taint))
}

export function matchesTaint(toleration: KubeObject['spec'], taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if ((toleration.operator ?? 'Equal') === 'Exists') return true
  return !!toleration.key && (toleration.value ?? '') === (taint.value ?? '')
}

function nodeAffinity({ pod }: Filtering, { node }: NodeView): Refusal | undefined {
  return matchesNode(pod, node) ? undefined : final("node(s) didn't match Pod's node affinity/selector")
}

export function matchesNode(pod: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {}
  const selector = Object.entries<string>(pod.spec?.nodeSelector ?? {})
  if (!selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)) return false
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !required || matchesTerms(required.nodeSelectorTerms ?? [], node)
}

export function matchesTerms(terms: KubeObject['spec'][], node: KubeObject): boolean {
  return terms.some((term) => {
    const expressions: Requirement[] = (term.matchExpressions ?? []).map(asRequirement)
    const fields: Requirement[] = (term.matchFields ?? []).map(asRequirement)
    if (expressions.length + fields.length === 0) return false
    const names = { 'metadata.name': node.metadata.name }
    return (
      expressions.every((requirement) => matchesRequirement(requirement, node.metadata.labels)) &&
      fields.every((requirement) => matchesRequirement(requirement, names))
    )
  })
}

function asRequirement({ key, operator, values }: KubeObject['spec']): Requirement {
  return { key, operator, values: values ?? [] }
}

function ports({ pod }: Filtering, view: NodeView): Refusal | undefined {
  const taken = hostPortsOf(pod).some((port) => view.ports.has(port))
  return taken ? maybe("node(s) didn't have free ports for the requested pod ports") : undefined
}

function resources({ requests }: Filtering, { allocatable, used, pods }: NodeView): Refusal | undefined {
  const reasons: string[] = []
  if (pods.size + 1 > (allocatable.pods ?? 0)) reasons.push('Too many pods')
  let impossible = false
  for (const [name, amount] of Object.entries(requests)) {
    const has = allocatable[name] ?? 0
    // sums of floats: a hair's breadth is no shortage
    if (amount <= 0 || amount <= has - (used[name] ?? 0) + 1e-9 * Math.max(1, has)) continue
    reasons.push(`Insufficient ${name}`)
    if (amount > has) impossible = true
  }
  return reasons.length === 0 ? undefined : { reasons, final: impossible }
}

function volumes({ world, pod }: Filtering, { node }: NodeView): Refusal | undefined {
  for (const claim of claimsOf(world, pod)) {
    const volume = claim.spec?.volumeName && world.find('PersistentVolume', undefined, claim.spec.volumeName)
    const required = volume?.spec?.nodeAffinity?.required
    if (required && !matchesTerms(required.nodeSelectorTerms ?? [], node)) {
      return final("node(s) didn't match PersistentVolume's node affinity")
    }
  }
  return undefined
}

/** The claims a pod mounts that exist. */
export function claimsOf(world: World, pod: KubeObject): KubeObject[] {
  return claimNames(pod).flatMap((name) => world.find('PersistentVolumeClaim', pod.metadata.namespace, name) ?? [])
}

export function claimNames(pod: KubeObject): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume: KubeObject['spec']) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName]
    return volume.ephemeral ? [`${pod.metadata.name}-${volume.name}`] : []
  })
}

function spread({ pod, nodes }: Filtering, view: NodeView): Refusal | undefined {
  for (const constraint of pod.spec?.topologySpreadConstraints ?? []) {
    if ((constraint.whenUnsatisfiable ?? 'DoNotSchedule') !== 'DoNotSchedule') continue
    const domain = view.node.metadata.labels?.[constraint.topologyKey]
    if (domain === undefined) {
      return final("node(s) didn't match pod topology spread constraints (missing required label)")
    }
    const counts = new Map<string, number>()
    for (const { node, pods } of nodes) {
      const key = node.metadata.labels?.[constraint.topologyKey]
      if (key === undefined || !matchesNode(pod, node)) continue
      const matching = [...pods.values()].filter((other) => isPeer(pod, other, constraint.labelSelector))
      counts.set(key, (counts.get(key) ?? 0) + matching.length)
    }
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const self = matchesSelector(constraint.labelSelector, pod.metadata.labels) ? 1 : 0
    if ((counts.get(domain) ?? 0) + self - least > (constraint.maxSkew ?? 1)) {
      return maybe("node(s) didn't match pod topology spread constraints")
    }
  }
  return undefined
}

function isPeer(pod: KubeObject, other: KubeObject, selector: KubeObject['spec']): boolean {
  return (
    other.metadata.namespace === pod.metadata.namespace &&
    !other.metadata.deletionTimestamp &&
    matchesSelector(selector, other.metadata.labels)
  )
}

function podAffinity(filtering: Filtering, view: NodeView): Refusal | undefined {
  const { pod, nodes, world } = filtering
  for (const term of requiredTerms(pod, 'podAffinity')) {
    if (!view.node.metadata.labels || !Object.hasOwn(view.node.metadata.labels, term.topologyKey)) {
      return final("node(s) didn't match pod affinity rules")
    }
    const anywhere = nodes.some(({ pods }) => some(pods, (other) => matchesTerm(world, pod, term, other)))
    // the first of a group that wants to be near itself
    if (!anywhere && matchesTerm(world, pod, term, pod)) continue
    if (!inDomain(nodes, view, term.topologyKey, (other) => matchesTerm(world, pod, term, other))) {
      return final("node(s) didn't match pod affinity rules")
    }
  }
  for (const term of requiredTerms(pod, 'podAntiAffinity')) {
    if (inDomain(nodes, view, term.topologyKey, (other) => matchesTerm(world, pod, term, other))) {
      return maybe("node(s) didn't match pod anti-affinity rules")
    }
  }
  for (const { node, repelling } of nodes) {
    for (const other of repelling.values()) {
      for (const term of requiredTerms(other, 'podAntiAffinity')) {
        const domain = node.metadata.labels?.[term.topologyKey]
        if (domain === undefined || domain !== view.node.metadata.labels?.[term.topologyKey]) continue
        if (matchesTerm(world, other, term, pod))
          return maybe("node(s) didn't satisfy existing pods anti-affinity rules")
      }
    }
  }
  return undefined
}

function requiredTerms(pod: KubeObject, kind: 'podAffinity' | 'podAntiAffinity'): KubeObject['spec'][] {
  return pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []
}

function matchesTerm(world: World, owner: KubeObject, term: KubeObject['spec'], other: KubeObject): boolean {
  if (!matchesSelector(term.labelSelector, other.metadata.labels)) return false
  const namespace = other.metadata.namespace ?? ''
  if (!term.namespaces?.length && !term.namespaceSelector) return namespace === owner.metadata.namespace
  if (term.namespaces?.includes(namespace)) return true
  if (!term.namespaceSelector) return false
  return matchesSelector(term.namespaceSelector, world.find('Namespace', undefined, namespace)?.metadata.labels)
}

function inDomain(
  nodes: NodeView[],
  view: NodeView,
  topologyKey: string,
  matches: (pod: KubeObject) => boolean,
): boolean {
  const domain = view.node.metadata.labels?.[topologyKey]
  if (domain === undefined) return false
  return nodes.some(({ node, pods }) => node.metadata.labels?.[topologyKey] === domain && some(pods, matches))
}

function some(pods: Map<string, KubeObject>, matches: (pod: KubeObject) => boolean): boolean {
  for (const pod of pods.values()) if (matches(pod)) return true
  return false
}
