// The finding that pods have no node, told alike by every scheduling check: who waits, what each node refuses, who else is to blame.

import type { Evidence } from '../../core/finding.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Depth, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from './events.ts'
import { requestsOf, roomOf } from './nodes.ts'
import { nodeLabelsWords, taintsAgainst, taintWords } from './placement.ts'
import { refsOf } from './pods.ts'
import { shortageOf, shortageText } from './room.ts'
import type { Refusal, Unplaced, UnplacedGroup } from './scheduling.ts'
import { count, duration, evidence, oneLine, some } from './words.ts'
import { desiredReplicas, nameOf, readyReplicas } from './workloads.ts'

export interface UnplacedWords {
  cause: string
  remedy: string
  evidence?: Evidence[]
  dueTo?: ObjectRef[]
  depth?: Depth
  action?: Draft['action']
}

// Cluster Autoscaler and Karpenter, which uses the scheduler's reason for what it cannot make a node for
const SCALING = ['TriggeredScaleUp', 'Nominated']
const KARPENTER = /nodepool|no instance type/i

/** A scale-up that has been asked for and is not old: waiting is right. */
const SCALE_UP_MS = 10 * 60_000

export function unplacedDraft(snapshot: Snapshot, group: UnplacedGroup, words: UnplacedWords): Draft | undefined {
  const [first] = group.unplaced
  if (!first) return undefined
  const { workload } = group
  const desired = desiredReplicas(workload)
  const waited = snapshot.ageMs(first.since)
  const nodes = snapshot.list('Node').length
  // the decisive check tells its own reason in full, for all the nodes it is about
  const others = first.refusals.filter((refusal) => refusal.reason !== first.decisive.reason)
  const also = others.flatMap((refusal) => alsoWords(snapshot, first, refusal) ?? [])
  const scaling = eventsAbout(snapshot, first.pod, { reason: SCALING, withinMs: SCALE_UP_MS })[0]
  const denied =
    eventsAbout(snapshot, first.pod, { reason: 'NotTriggerScaleUp' })[0] ??
    eventsAbout(snapshot, first.pod, { reason: 'FailedScheduling', message: KARPENTER })[0]
  const of = workload.kind !== 'Pod' && desired > 1 ? ` of ${desired}` : ''
  return {
    severity: scaling ? 'info' : readyReplicas(workload) === 0 && workload.kind !== 'Job' ? 'critical' : 'warning',
    object: refOf(workload),
    depth: words.depth ?? 'cause',
    summary: `${workload.kind} ${nameOf(workload)}: ${count(group.pods.length, 'pod')}${of} Pending${waited === undefined ? '' : ` for ${duration(waited)}`}, no node takes ${group.pods.length === 1 ? 'it' : 'them'} (${first.decisive.text}${nodes > 0 ? `, ${count(nodes, 'node')}` : ''})`,
    cause: [
      words.cause,
      ...also,
      ...(denied && !scaling ? [`the autoscaler adds no node: ${oneLine(messageText(denied), 200)}`] : []),
    ].join('; '),
    evidence: [
      schedulerEvidence(snapshot, first),
      ...(words.evidence ?? []),
      ...(denied ? [evidence('event', first.pod, eventText(denied))] : []),
      ...(scaling ? [evidence('event', first.pod, eventText(scaling))] : []),
    ],
    remedy: scaling ? `Wait: the autoscaler is adding a node. If none comes: ${words.remedy}` : words.remedy,
    ...(words.action ? { action: words.action } : {}),
    ...(first.since ? { since: first.since } : {}),
    pods: refsOf(group.pods),
    dueTo: [...(words.dueTo ?? []), ...illNodes(snapshot, first)],
  }
}

function schedulerEvidence(snapshot: Snapshot, { pod, message }: Unplaced): Evidence {
  const [event] = eventsAbout(snapshot, pod, { reason: 'FailedScheduling' })
  return event ? evidence('event', pod, eventText(event)) : evidence('status', pod, `PodScheduled False: ${message}`)
}

/** The reasons beside the decisive one, one clause each. */
function alsoWords(snapshot: Snapshot, { pod }: Unplaced, refusal: Refusal): string | undefined {
  if (refusal.reason === 'taint') return taintWords(snapshot, pod).text
  if (refusal.reason === 'node-labels') return nodeLabelsWords(snapshot, pod).text
  if (refusal.reason === 'resources' && refusal.resource)
    return shortageText(shortageOf(snapshot, pod, refusal.resource))
  if (refusal.reason === 'cordon') {
    const cordoned = snapshot.list('Node').filter((node) => node.spec?.unschedulable)
    return `${some(cordoned.map((node) => node.metadata.name))} cordoned`
  }
  return refusal.text
}

/** Nodes that would take it but are cordoned or ill: when they are in trouble themselves, that explains the wait. */
function illNodes(snapshot: Snapshot, { pod, refusals }: Unplaced): ObjectRef[] {
  const nodes: KubeObject[] = []
  if (refusals.some((refusal) => refusal.reason === 'taint'))
    nodes.push(...taintsAgainst(snapshot, pod).state.flatMap((taint) => taint.nodes))
  if (refusals.some((refusal) => refusal.reason === 'cordon'))
    nodes.push(...snapshot.list('Node').filter((node) => node.spec?.unschedulable))
  return refsOf(nodes.filter((node) => isLargeEnough(snapshot, node, pod)))
}

/** What asks for more than a node ever had does not wait for that node. */
function isLargeEnough(snapshot: Snapshot, node: KubeObject, pod: KubeObject): boolean {
  const allocatable = roomOf(snapshot).get(node.metadata.name)?.allocatable
  if (!allocatable || allocatable.size === 0) return true
  return [...requestsOf(pod)].every(([resource, amount]) => amount <= (allocatable.get(resource) ?? 0))
}
