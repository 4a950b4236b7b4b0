// Reading NetworkPolicies as a network plugin does: which of them isolate a pod, and what they still let through.
import type { KubeObject } from '../../objects/object.ts'
import { type LabelSelector, matchesSelector } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { declaredPorts } from './services.ts'

export type Direction = 'Ingress' | 'Egress'

interface Peer {
  podSelector?: LabelSelector
  namespaceSelector?: LabelSelector
  ipBlock?: { cidr?: string; except?: string[] }
}
interface PolicyPort {
  port?: number | string
  endPort?: number
  protocol?: string
}
export interface Rule {
  peers: Peer[] | undefined
  ports: PolicyPort[] | undefined
}

/** Policies that select a pod and isolate it in this direction; none means everything is let through. */
export function policiesOn(snapshot: Snapshot, pod: KubeObject, direction: Direction): KubeObject[] {
  return snapshot
    .list('NetworkPolicy', pod.metadata.namespace ?? '', 'networking.k8s.io')
    .filter(
      (policy) => typesOf(policy).includes(direction) && matchesSelector(policy.spec?.podSelector, pod.metadata.labels),
    )
}

export function typesOf(policy: KubeObject): Direction[] {
  const types = policy.spec?.policyTypes
  if (Array.isArray(types) && types.length > 0) return types
  return policy.spec?.egress ? ['Ingress', 'Egress'] : ['Ingress']
}

export function rulesOf(policy: KubeObject, direction: Direction): Rule[] {
  const rules = direction === 'Ingress' ? policy.spec?.ingress : policy.spec?.egress
  return (Array.isArray(rules) ? rules : []).map((rule) => ({
    peers: nonEmpty(direction === 'Ingress' ? rule?.from : rule?.to),
    ports: nonEmpty(rule?.ports),
  }))
}

function nonEmpty<T>(list: T[] | undefined): T[] | undefined {
  return Array.isArray(list) && list.length > 0 ? list : undefined
}

export interface Traffic {
  /** the other end, when it is a pod here */
  peer: KubeObject | undefined
  /** its address, when it is none */
  address: string | undefined
  /** the port at the receiving pod */
  port: number | undefined
  protocol: string
  /** the pod that receives, for ports by name */
  receiver: KubeObject | undefined
}

/** Whether any rule of these policies lets the traffic through; `policies` are those that isolate the pod. */
export function lets(
  snapshot: Snapshot,
  policies: readonly KubeObject[],
  direction: Direction,
  traffic: Traffic,
): boolean {
  if (policies.length === 0) return true
  return policies.some((policy) =>
    rulesOf(policy, direction).some(
      (rule) =>
        portFits(rule, traffic) &&
        (!rule.peers || rule.peers.some((peer) => peerFits(snapshot, policy, peer, traffic))),
    ),
  )
}

export function portFits(rule: Rule, { port, protocol, receiver }: Traffic): boolean {
  if (!rule.ports) return true
  return rule.ports.some((entry) => {
    if ((entry.protocol ?? 'TCP') !== protocol) return false
    if (entry.port === undefined || port === undefined) return true
    if (typeof entry.port === 'string' && !/^\d+$/.test(entry.port)) {
      return declaredPorts(receiver).some((declared) => declared.name === entry.port && declared.number === port)
    }
    const first = Number(entry.port)
    return port >= first && port <= (entry.endPort ?? first)
  })
}

function peerFits(snapshot: Snapshot, policy: KubeObject, peer: Peer, { peer: other, address }: Traffic): boolean {
  if (peer.ipBlock) {
    const ip = other?.status?.podIP ?? address
    return ip === undefined
      ? peer.ipBlock.cidr === '0.0.0.0/0'
      : inBlock(ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((block) => inBlock(ip, block))
  }
  if (!other) return false
  if (peer.namespaceSelector) {
    if (!matchesSelector(peer.namespaceSelector, namespaceLabels(snapshot, other.metadata.namespace ?? '')))
      return false
  } else if (other.metadata.namespace !== policy.metadata.namespace) return false
  return !peer.podSelector || matchesSelector(peer.podSelector, other.metadata.labels)
}

/** A namespace always carries its own name as a label, even when it was not read. */
export function namespaceLabels(snapshot: Snapshot, name: string): Record<string, string> {
  return { 'kubernetes.io/metadata.name': name, ...snapshot.get('Namespace', undefined, name)?.metadata.labels }
}

/** IPv4 only: `10.1.2.3` in `10.0.0.0/8`. Other families are not in the block. */
export function inBlock(address: string, cidr: string | undefined): boolean {
  const [base = '', bits] = (cidr ?? '').split('/')
  const a = ipNumber(address)
  const b = ipNumber(base)
  const length = Number(bits)
  if (a === undefined || b === undefined || !(length >= 0 && length <= 32)) return false
  if (length === 0) return true
  return Math.floor(a / 2 ** (32 - length)) === Math.floor(b / 2 ** (32 - length))
}

function ipNumber(text: string): number | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

/** `from pods with app=web in namespaces with team=a on 5432/TCP` */
export function rulesText(policy: KubeObject, direction: Direction): string {
  const rules = rulesOf(policy, direction)
  if (rules.length === 0) return `no ${direction.toLowerCase()} at all`
  return rules
    .slice(0, 4)
    .map((rule) => ruleText(rule, direction))
    .join('; or ')
}

function ruleText({ peers, ports }: Rule, direction: Direction): string {
  const who = peers?.slice(0, 4).map(peerText).join(' or ') ?? 'anybody'
  const where =
    ports
      ?.slice(0, 6)
      .map(
        (entry) => `${entry.port ?? 'any port'}${entry.endPort ? `-${entry.endPort}` : ''}/${entry.protocol ?? 'TCP'}`,
      )
      .join(', ') ?? 'any port'
  return `${direction === 'Ingress' ? 'from' : 'to'} ${who} on ${where}`
}

function peerText(peer: Peer): string {
  if (peer.ipBlock)
    return `${peer.ipBlock.cidr}${peer.ipBlock.except?.length ? ` except ${peer.ipBlock.except.join(', ')}` : ''}`
  const pods = peer.podSelector && labelText(peer.podSelector)
  const namespaces = peer.namespaceSelector && labelText(peer.namespaceSelector)
  if (namespaces !== undefined)
    return `${pods ? `pods with ${pods}` : 'pods'} in namespaces${namespaces ? ` with ${namespaces}` : ''}`
  return pods ? `pods with ${pods}` : 'pods of the same namespace'
}

function labelText(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const sets = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    `${key} ${operator} ${(values ?? []).join('|')}`.trim(),
  )
  return [...equal, ...sets].join(',')
}
