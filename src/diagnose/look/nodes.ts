// Reading nodes: ready or not, cordoned, tainted, and how much of them is taken.
import type { KubeObject } from '../../objects/object.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { groupBy, perSnapshot } from './memo.ts'
import { condition, isFinished } from './pods.ts'

export interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}
export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
}
/** Base units by resource name: cores, bytes, pieces. */
export type Amounts = Map<string, number>

export function isNodeReady(node: KubeObject): boolean {
  return condition(node, 'Ready')?.status === 'True'
}

export function isCordoned(node: KubeObject): boolean {
  return node.spec?.unschedulable === true
}

export function taintsOf(node: KubeObject): Taint[] {
  return Array.isArray(node.spec?.taints) ? node.spec.taints : []
}

/** The taints of a node that keep a pod away and that the pod does not tolerate. */
export function untolerated(node: KubeObject, pod: KubeObject): Taint[] {
  const tolerations: Toleration[] = Array.isArray(pod.spec?.tolerations) ? pod.spec.tolerations : []
  return taintsOf(node).filter(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  )
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (!toleration.key) return toleration.operator === 'Exists'
  if (toleration.key !== taint.key) return false
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')
}

/** `dedicated=gpu:NoSchedule` */
export function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`
}

export const podsByNode = perSnapshot((snapshot) =>
  groupBy(
    snapshot.list('Pod').filter((pod) => !isFinished(pod)),
    (pod): string | undefined => pod.spec?.nodeName || undefined,
  ),
)

/** What the scheduler counts for a pod: containers and sidecars together, or the largest init container, plus overhead. */
export function requestsOf(pod: KubeObject): Amounts {
  const spec = pod.spec ?? {}
  const total: Amounts = new Map()
  for (const container of list(spec.containers)) addAll(total, container.resources?.requests)
  let sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const init of list(spec.initContainers)) {
    const needs = new Map(sidecars)
    addAll(needs, init.resources?.requests)
    if (init.restartPolicy === 'Always') {
      sidecars = needs
      addAll(total, init.resources?.requests)
    }
    for (const [name, amount] of needs) peak.set(name, Math.max(peak.get(name) ?? 0, amount))
  }
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount))
  // requests of the pod as a whole replace what its containers ask for
  for (const [name, text] of Object.entries(spec.resources?.requests ?? {})) {
    const amount = parseQuantity(text as string)
    if (amount !== undefined) total.set(name, amount)
  }
  addAll(total, spec.overhead)
  return total
}

// biome-ignore lint/suspicious/noExplicitAny: lists as the API prints them
function list(value: unknown): any[] {
  return Array.isArray(value) ? value : []
}

function addAll(total: Amounts, requests: Record<string, string> | undefined): void {
  for (const [name, text] of Object.entries(requests ?? {})) {
    const amount = parseQuantity(text)
    if (amount !== undefined) total.set(name, (total.get(name) ?? 0) + amount)
  }
}

export interface Room {
  node: KubeObject
  allocatable: Amounts
  used: Amounts
}

/** What each node offers and what the pods on it have asked for; `pods` counts pods. */
export const roomOf = perSnapshot((snapshot: Snapshot): Map<string, Room> => {
  const rooms = new Map<string, Room>()
  for (const node of snapshot.list('Node')) {
    const allocatable: Amounts = new Map()
    addAll(allocatable, node.status?.allocatable)
    const used: Amounts = new Map()
    const pods = podsByNode(snapshot).get(node.metadata.name) ?? []
    for (const pod of pods) for (const [name, amount] of requestsOf(pod)) used.set(name, (used.get(name) ?? 0) + amount)
    used.set('pods', pods.length)
    rooms.set(node.metadata.name, { node, allocatable, used })
  }
  return rooms
})

export function freeOf(room: Room, resource: string): number {
  return (room.allocatable.get(resource) ?? 0) - (room.used.get(resource) ?? 0)
}

/** `250m`, `1.5Gi`, `2` */
export function amountText(resource: string, amount: number): string {
  if (resource.endsWith('cpu')) return formatCpu(amount)
  if (/memory|storage|hugepages/.test(resource)) return formatBytes(amount)
  return String(Math.round(amount * 1000) / 1000)
}
