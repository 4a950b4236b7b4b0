// Preemption: which pods of a lower priority have to go from which node, so that a pod of a higher one fits.
import type { KubeObject } from '../../../objects/object.ts'
import { matchesSelector } from '../../../objects/selector.ts'
import type { World } from '../../world.ts'
import { conditionOf, withCondition } from '../conditions.ts'
import { recordSeries } from '../recorder.ts'
import { type NodeView, priorityOf, withChange } from './cluster.ts'
import { type Filtering, refusalOf } from './filters.ts'

const SCHEDULER = 'default-scheduler'
const REASON = 'PreemptionByScheduler'

export interface Preemption {
  node: string
  victims: KubeObject[]
}

/** `candidates` are the nodes from which pods could go to any use. Undefined: nowhere would that be enough. */
export function preemptionFor(filtering: Filtering, candidates: NodeView[]): Preemption | undefined {
  const found = candidates.flatMap((view) => {
    const victims = victimsOn(filtering, view)
    return victims.length > 0
      ? [{ node: view.node.metadata.name, victims, cost: costOf(filtering.world, victims) }]
      : []
  })
  const [best] = found.sort((a, b) => compare(a.cost, b.cost))
  return best && { node: best.node, victims: best.victims }
}

/** It has been made room for, and that room is being left: no further pods have to go. */
export function isBeingMadeRoomFor(pod: KubeObject, nodes: NodeView[]): boolean {
  const view = nodes.find(({ node }) => node.metadata.name === pod.status?.nominatedNodeName)
  return [...(view?.pods.values() ?? [])].some(
    (other) =>
      other.metadata.deletionTimestamp &&
      priorityOf(other) < priorityOf(pod) &&
      conditionOf(other.status?.conditions, 'DisruptionTarget')?.reason === REASON,
  )
}

/** The fewest and least important: all of a lower priority at first, then whoever may stay all the same. */
function victimsOn(filtering: Filtering, view: NodeView): KubeObject[] {
  const fitsWithout = (gone: KubeObject[]) => {
    const left = withChange(view, gone, -1)
    const nodes = filtering.nodes.map((other) => (other === view ? left : other))
    return !refusalOf({ ...filtering, nodes }, left)
  }
  let victims = [...view.pods.values()].filter((other) => priorityOf(other) < priorityOf(filtering.pod))
  if (victims.length === 0 || !fitsWithout(victims)) return []
  const rank = new Map(
    victims.map((one) => [one, [isProtected(filtering.world, one) ? 0 : 1, -priorityOf(one), startOf(one)]]),
  )
  for (const one of victims.toSorted((a, b) => compare(rank.get(a) ?? [], rank.get(b) ?? []))) {
    const fewer = victims.filter((other) => other !== one)
    if (fitsWithout(fewer)) victims = fewer
  }
  return victims
}

/** Budgets broken first, then how important the victims are, then how many, then how long they have run. */
function costOf(world: World, victims: KubeObject[]): number[] {
  const priorities = victims.map(priorityOf)
  const highest = Math.max(...priorities)
  const oldest = Math.min(...victims.filter((one) => priorityOf(one) === highest).map(startOf))
  return [
    victims.filter((one) => isProtected(world, one)).length,
    highest,
    priorities.reduce((sum, one) => sum + one, 0),
    victims.length,
    -oldest,
  ]
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

function isProtected(world: World, { metadata }: KubeObject): boolean {
  return world
    .list('PodDisruptionBudget', metadata.namespace ? { namespace: metadata.namespace } : {})
    .some(
      ({ spec, status }) => (status?.disruptionsAllowed ?? 0) <= 0 && matchesSelector(spec?.selector, metadata.labels),
    )
}

function startOf(pod: KubeObject): number {
  return Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '') || 0
}

export function evictVictims(world: World, pod: KubeObject, { node, victims }: Preemption): void {
  for (const victim of victims) {
    const { namespace, name, deletionTimestamp } = victim.metadata
    if (deletionTimestamp) continue
    const message = `${SCHEDULER}: preempting to accommodate a higher priority pod`
    const marked = { type: 'DisruptionTarget', status: 'True', lastProbeTime: null, reason: REASON, message }
    world.modify(
      'Pod',
      namespace,
      name,
      (draft) => {
        draft.status.conditions = withCondition(draft.status.conditions, marked, world.clock.iso())
      },
      { manager: 'kube-scheduler', subresource: 'status' },
    )
    world.delete('Pod', namespace, name, { manager: 'kube-scheduler' })
    recordSeries(world, victim, SCHEDULER, 'Preempting', {
      type: 'Normal',
      reason: 'Preempted',
      message: `Preempted by pod ${pod.metadata.uid} on node ${node}`,
    })
  }
}
