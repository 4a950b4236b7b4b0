// Pods that no node has room for: what they request, what is free, and who has asked for the most.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { amountText, roomOf, taintText, untolerated } from '../look/nodes.ts'
import { consumersOf, consumerText, type Shortage, shortageOf, shortageText } from '../look/room.ts'
import { type UnplacedGroup, unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const schedulingResources: Check = {
  name: 'scheduling-resources',
  title: 'Pods wait because no node has enough free CPU, memory or another resource',
  why: 'The scheduler counts requests, not use: a node full of requests takes no further pod however idle it is.',
  fix: 'Lower the request, free room by lowering those of the biggest consumers, or add a node; a request above every node can never be met.',
  reads: ['Pod', 'Node', 'Event', 'PodMetrics'],
  run(snapshot) {
    return unplacedBy(snapshot, ['resources']).flatMap((group) => draftOf(snapshot, group) ?? [])
  },
}

function draftOf(snapshot: Snapshot, group: UnplacedGroup): Draft | undefined {
  const [first] = group.unplaced
  if (!first) return undefined
  const resources = first.refusals.flatMap((refusal) =>
    refusal.reason === 'resources' ? (refusal.resource ?? []) : [],
  )
  const shortages = resources.map((resource) => shortageOf(snapshot, first.pod, resource))
  const lead = shortages[0]
  if (!lead) return undefined
  const consumers = consumersOf(snapshot, lead.resource, lead.candidates).slice(0, 3)
  const biggest = consumers.map((consumer) => consumerText(consumer, lead.resource))
  return unplacedDraft(snapshot, group, {
    cause: `not enough ${some(resources)}: ${shortages.map(shortageText).join('; ')}${biggest[0] && lead.requested <= lead.largest ? `; the biggest consumer is ${biggest[0]}` : ''}`,
    remedy:
      (lead.largest === 0 ? tolerating(snapshot, first.pod, lead.resource, nameOf(group.workload)) : undefined) ??
      remedyOf(lead, consumers[0] && nameOf(consumers[0].workload), nameOf(group.workload)),
    evidence: [
      evidence('spec', first.pod, `requests ${amountText(lead.resource, lead.requested)} ${lead.resource}`),
      ...consumers.map((consumer) => evidence('spec', refOf(consumer.workload), consumerText(consumer, lead.resource))),
    ],
  })
}

/** GPU nodes and the like are tainted so that only pods which ask for them come: those must tolerate it. */
function tolerating(snapshot: Snapshot, pod: KubeObject, resource: string, own: string): string | undefined {
  const [node, taint] =
    snapshot
      .list('Node')
      .filter((each) => (roomOf(snapshot).get(each.metadata.name)?.allocatable.get(resource) ?? 0) > 0)
      .flatMap((each) => untolerated(each, pod).map((refused) => [each, refused] as const))[0] ?? []
  return node && taint
    ? `Give ${own} a toleration for ${taintText(taint)}: node ${node.metadata.name} offers ${resource} and is kept for such pods.`
    : undefined
}

function remedyOf(lead: Shortage, biggest: string | undefined, own: string): string {
  const { resource, requested, largest } = lead
  if (lead.candidates.length > 0 && largest === 0) {
    return `Add a node that offers ${resource}, or check that its device plugin runs; otherwise remove the request from ${own}.`
  }
  if (lead.candidates.length > 0 && requested > largest) {
    return `Lower the ${resource} request of ${own} below ${amountText(resource, largest)}, or add a larger node: scaling up with nodes of this size will not help.`
  }
  const them =
    biggest && biggest !== own ? `lower the ${resource} requests of ${biggest} if it does not use them, ` : ''
  return `Before adding a node, ${them}lower the request of ${own} to what it uses, or run fewer replicas.`
}
