// Pods that find no free host port, no free pod slot, no free volume attachment or device.

import type { KubeObject } from '../../objects/object.ts'
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check } from '../check.ts'
import { roomOf } from '../look/nodes.ts'
import { candidateNodes, hostPorts, hostPortWords } from '../look/room.ts'
import type { Refusal } from '../look/scheduling.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { type UnplacedWords, unplacedDraft } from '../look/unplaced.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const schedulingLimits: Check = {
  name: 'scheduling-limits',
  title: 'Pods wait for a host port, a pod slot, a volume attachment or a device claim',
  why: 'A node has each host port once, a limited number of pods and of attached volumes; further pods wait although CPU and memory are free.',
  fix: 'Use a Service instead of a host port, run no more replicas than nodes, raise maxPods, or add nodes.',
  reads: ['Pod', 'Node', 'Event', 'ResourceClaim'],
  run(snapshot) {
    return unplacedBy(snapshot, ['ports', 'too-many-pods', 'volume-limit', 'claims', 'no-nodes', 'other']).flatMap(
      (group) => {
        const [first] = group.unplaced
        return first
          ? (unplacedDraft(snapshot, group, wordsFor(snapshot, first.pod, first.decisive, group.workload)) ?? [])
          : []
      },
    )
  },
}

function wordsFor(snapshot: Snapshot, pod: KubeObject, refusal: Refusal, workload: KubeObject): UnplacedWords {
  const name = nameOf(workload)
  if (refusal.reason === 'ports') {
    const { text, holders } = hostPortWords(snapshot, pod)
    return {
      cause: text,
      remedy: `Use a Service instead of the hostPort of ${name}, choose another port, or run at most one replica per node${holders[0] ? ` and none beside ${nameOf(holders[0])}` : ''}.`,
      evidence: [
        evidence('spec', pod, `hostPort ${some(hostPorts(pod))}`),
        ...holders.slice(0, 2).map((holder) => evidence('spec', holder, 'holds the same host port')),
      ],
    }
  }
  if (refusal.reason === 'too-many-pods') {
    const full = candidateNodes(snapshot, pod).flatMap((node) => roomOf(snapshot).get(node.metadata.name) ?? [])
    const told = full.map(
      (room) =>
        `${room.node.metadata.name} runs ${room.used.get('pods') ?? 0} of ${room.allocatable.get('pods') ?? '?'} pods`,
    )
    return {
      cause: `too many pods: ${told.length > 0 ? some(told) : 'each node already runs as many pods as its kubelet allows (maxPods)'}`,
      remedy: 'Remove finished or idle pods, raise maxPods of the kubelets if the network allows it, or add a node.',
      evidence: full
        .slice(0, 3)
        .map((room) => evidence('status', room.node, `allocatable pods ${room.allocatable.get('pods') ?? '?'}`)),
    }
  }
  if (refusal.reason === 'volume-limit') {
    return {
      cause: 'each node that could take the pod has as many volumes attached as its CSI driver allows',
      remedy: 'Move pods with volumes to other nodes, add a node, or use a node type that attaches more volumes.',
    }
  }
  if (refusal.reason === 'claims') {
    const claims = (Array.isArray(pod.spec?.resourceClaims) ? pod.spec.resourceClaims : []).map(
      (claim: { name?: string; resourceClaimName?: string }) => claim.resourceClaimName ?? claim.name ?? '',
    )
    return {
      cause: `device claims cannot be met: ${refusal.text}${claims.length > 0 ? ` (claims ${some(claims)})` : ''}`,
      remedy:
        'Check the ResourceClaim and its DeviceClass, and that a driver publishes ResourceSlices with free devices.',
    }
  }
  if (refusal.reason === 'no-nodes') {
    return {
      cause: 'the cluster has no node at all that the scheduler may use',
      remedy: 'Add a node or find out why the existing ones have left the cluster.',
      dueTo: snapshot.list('Node').map(refOf),
    }
  }
  return {
    cause: `the scheduler refuses: ${refusal.text}`,
    remedy: `Read the scheduler's event on ${nameOf(workloadOf(snapshot, pod))} and change what it names; ${count(snapshot.list('Node').length, 'node')} were looked at.`,
    depth: 'state',
  }
}
