// Cordoned nodes: said as a warning only when a pod waits that would fit there.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { freeOf, isCordoned, isNodeReady, requestsOf, roomOf, untolerated } from '../look/nodes.ts'
import { nodeMatches, nodeTermsOf } from '../look/placement.ts'
import { refsOf } from '../look/pods.ts'
import { unplacedPods } from '../look/scheduling.ts'
import { claimNamesOf, nodesOfVolume, volumeOf, volumePlace } from '../look/volumes.ts'
import { count, duration, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const nodeCordoned: Check = {
  name: 'node-cordoned',
  title: 'A cordoned node is missed',
  why: 'Maintenance is over, nobody uncordoned the node, and pods wait for room that is there.',
  fix: 'Uncordon the node.',
  reads: ['Node', 'Pod', 'Event'],
  run(snapshot) {
    return snapshot.list('Node').flatMap((node): Draft[] => {
      if (!isCordoned(node) || !isNodeReady(node)) return []
      const waiting = unplacedPods(snapshot)
        .filter(
          ({ pod, refusals }) =>
            refusals.some((refusal) => refusal.reason === 'cordon' || refusal.reason === 'taint') &&
            fits(snapshot, node, pod),
        )
        .map(({ pod }) => pod)
      const since = node.spec?.taints?.find(
        (taint: { key?: string }) => taint.key === 'node.kubernetes.io/unschedulable',
      )?.timeAdded
      const age = snapshot.ageMs(since)
      const workloads = [...new Set(waiting.map((pod) => workloadOf(snapshot, pod)))]
      return [
        {
          severity: waiting.length > 0 ? 'warning' : 'info',
          object: refOf(node),
          depth: 'cause',
          summary: `Node ${node.metadata.name} is cordoned${age === undefined ? '' : ` for ${duration(age)}`}${waiting.length > 0 ? `, and ${count(waiting.length, 'pod')} would fit there (${some(workloads.map(nameOf))})` : ', which keeps no pod waiting'}`,
          cause: `the node is marked unschedulable: it takes no new pods until somebody uncordons it${tied(snapshot, node, waiting)}`,
          evidence: [evidence('spec', node, `unschedulable: true${since ? ` since ${since}` : ''}`)],
          remedy: `Uncordon ${node.metadata.name} when its maintenance is over.`,
          ...(waiting.length > 0 ? { action: { verb: 'uncordon', node: node.metadata.name } as const } : {}),
          ...(since ? { since } : {}),
          explains: refsOf(waiting),
        },
      ]
    })
  },
}

/** Which of those that wait can go nowhere else, because their data is here. */
function tied(snapshot: Snapshot, node: KubeObject, waiting: readonly KubeObject[]): string {
  const told = waiting.flatMap((pod) =>
    claimNamesOf(pod).flatMap((name) => {
      const claim = snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, name)
      const volume = claim && volumeOf(snapshot, claim)
      return volume && nodesOfVolume(snapshot, volume)?.includes(node)
        ? [`the volume of claim ${name} can be reached only from ${volumePlace(volume)}`]
        : []
    }),
  )
  return told.length > 0 ? `; ${some(told)}` : ''
}

/** A constraint over a label that the node does not carry refuses it for good, cordoned or not. */
function lacksSpreadLabel(node: KubeObject, pod: KubeObject): boolean {
  const constraints = pod.spec?.topologySpreadConstraints
  if (!Array.isArray(constraints)) return false
  return constraints.some(
    (constraint) =>
      constraint?.whenUnsatisfiable !== 'ScheduleAnyway' &&
      !Object.hasOwn(node.metadata.labels ?? {}, String(constraint?.topologyKey)),
  )
}

function fits(snapshot: Snapshot, node: KubeObject, pod: KubeObject): boolean {
  const room = roomOf(snapshot).get(node.metadata.name)
  const open = {
    ...node,
    spec: {
      ...node.spec,
      taints: (node.spec?.taints ?? []).filter(
        (taint: { key?: string }) => taint.key !== 'node.kubernetes.io/unschedulable',
      ),
    },
  }
  if (lacksSpreadLabel(node, pod)) return false
  if (!room || !nodeMatches(node, nodeTermsOf(pod)) || untolerated(open, pod).length > 0) return false
  return [...requestsOf(pod)].every(([resource, amount]) => amount <= freeOf(room, resource))
}
