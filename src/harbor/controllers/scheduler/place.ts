// One scheduling decision: the best node for a pod, or the sentence that says why there is none.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { NodeView } from './cluster.ts'
import { requestsOf } from './demand.ts'
import { claimNames, refusalOf } from './filters.ts'
import { isBeingMadeRoomFor, type Preemption, preemptionFor } from './preempt.ts'

export type Placement =
  | { kind: 'node'; node: string }
  | { kind: 'pending'; message: string; preemption?: Preemption }
  /** claims are being provisioned on this node: look again when they are bound */
  | { kind: 'provisioning'; node: string; claims: KubeObject[] }

export function place(world: World, pod: KubeObject, nodes: NodeView[]): Placement {
  if (nodes.length === 0) return { kind: 'pending', message: 'no nodes available to schedule pods' }
  const volumes = volumesOf(world, pod)
  if (volumes.problem) return { kind: 'pending', message: unavailable(nodes.length, volumes.problem, volumes.end) }
  const filtering = { world, pod, requests: requestsOf(pod), nodes }
  const fitting: NodeView[] = []
  const reasons = new Map<string, number>()
  const helped: NodeView[] = []
  for (const view of nodes) {
    const refusal = refusalOf(filtering, view)
    if (!refusal) fitting.push(view)
    else if (!refusal.final) helped.push(view)
    for (const reason of refusal?.reasons ?? []) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  if (fitting.length === 0) {
    const ineligible = whyNotPreempt(pod, nodes)
    const preemption = ineligible ? undefined : preemptionFor(filtering, helped)
    if (preemption) return { kind: 'pending', message: unavailable(nodes.length, counted(reasons)), preemption }
    const end = ineligible ?? noPreemption(nodes.length, helped.length)
    return { kind: 'pending', message: unavailable(nodes.length, counted(reasons), end) }
  }
  const node = best(pod, fitting).node.metadata.name
  return volumes.unbound.length > 0 ? { kind: 'provisioning', node, claims: volumes.unbound } : { kind: 'node', node }
}

function unavailable(count: number, why: string, end = ''): string {
  return `0/${count} nodes are available: ${why}. ${end}`.trimEnd()
}

function counted(reasons: Map<string, number>): string {
  return [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}

const NO_CLAIMS = 'no new claims to deallocate, preemption:'

function whyNotPreempt(pod: KubeObject, nodes: NodeView[]): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return `${NO_CLAIMS} not eligible due to preemptionPolicy=Never.`
  return isBeingMadeRoomFor(pod, nodes)
    ? `${NO_CLAIMS} not eligible due to a terminating pod on the nominated node.`
    : undefined
}

function noPreemption(count: number, helped: number): string {
  const parts = new Map<string, number>()
  if (helped > 0) parts.set('No preemption victims found for incoming pod', helped)
  if (count > helped) parts.set('Preemption is not helpful for scheduling', count - helped)
  return `${NO_CLAIMS} 0/${count} nodes are available: ${counted(parts)}.`
}

interface Volumes {
  problem?: string
  end: string
  /** claims that wait for a first consumer */
  unbound: KubeObject[]
}

function volumesOf(world: World, pod: KubeObject): Volumes {
  const end = preemptionHopeless(world)
  const unbound: KubeObject[] = []
  let immediate = false
  let classMissing = false
  for (const name of claimNames(pod)) {
    const claim = world.find('PersistentVolumeClaim', pod.metadata.namespace, name)
    if (!claim) return { problem: `persistentvolumeclaim "${name}" not found`, end, unbound }
    if (claim.metadata.deletionTimestamp) {
      return { problem: `persistentvolumeclaim "${name}" is being deleted`, end, unbound }
    }
    if (claim.status?.phase === 'Lost') {
      const volume = claim.spec?.volumeName
      return {
        problem: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volume}"`,
        end,
        unbound,
      }
    }
    if (claim.status?.phase === 'Bound') continue
    const className = claim.spec?.storageClassName
    const storageClass = className ? world.find('StorageClass', undefined, className) : undefined
    if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer') unbound.push(claim)
    else immediate = true
    if (className && !storageClass) classMissing = true
  }
  if (!immediate) return { end, unbound }
  // the preemption plugin stumbles over the missing class and says no more than this
  return { problem: 'pod has unbound immediate PersistentVolumeClaims', end: classMissing ? 'not found' : end, unbound }
}

function preemptionHopeless(world: World): string {
  const count = world.list('Node').length
  return `${NO_CLAIMS} 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`
}

/** Few pods of the same owner first, then the node with most left, then the name. */
function best(pod: KubeObject, views: NodeView[]): NodeView {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller)?.uid
  const scored = views.map((view) => {
    const siblings = owner ? (view.owned.get(owner) ?? 0) : 0
    const prefer = (view.node.spec?.taints ?? []).filter(
      (taint: KubeObject['spec']) => taint.effect === 'PreferNoSchedule',
    ).length
    const load = (name: string) => (view.used[name] ?? 0) / (view.allocatable[name] || 1)
    return { view, score: prefer * 100 + siblings * 10 + load('cpu') + load('memory') + view.pods.size / 1000 }
  })
  const [first] = scored.sort((a, b) => a.score - b.score)
  return (first as { view: NodeView }).view
}
