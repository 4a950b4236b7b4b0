// Nodes that may not be looked at and have stopped all the same: their pods tell, because nobody but the node controller marks them so.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { podsByNode } from '../look/nodes.ts'
import { condition, refsOf } from '../look/pods.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const nodeUnseen: Check = {
  name: 'node-unseen',
  title: 'A node that may not be looked at has stopped answering',
  why: 'Without the right to read nodes, the pods lost on one look like as many troubles of their own.',
  fix: 'Ask someone who may read nodes to look at it, or grant get and list on nodes.',
  reads: ['Pod', 'Node'],
  run: (snapshot) =>
    snapshot.wasRead('Node')
      ? []
      : [...podsByNode(snapshot)].flatMap(([name, pods]) => (name ? draftOf(snapshot, name, pods.filter(isLost)) : [])),
}

/** The kubelet gives a reason when a pod is not ready; the node controller, which speaks for a silent kubelet, gives none. */
function isLost(pod: KubeObject): boolean {
  const ready = condition(pod, 'Ready')
  return ready?.status === 'False' && !ready.reason && condition(pod, 'ContainersReady')?.status === 'True'
}

function draftOf(snapshot: Snapshot, name: string, lost: KubeObject[]): Draft[] {
  if (lost.length === 0) return []
  const workloads = [...new Set(lost.map((pod) => workloadOf(snapshot, pod)))]
  const since = lost
    .map((pod) => condition(pod, 'Ready')?.lastTransitionTime ?? '')
    .sort()
    .at(-1)
  return [
    {
      severity: 'critical',
      object: { apiVersion: 'v1', kind: 'Node', name },
      depth: 'cause',
      summary: `Node ${name} seems to have stopped: ${count(lost.length, 'pod')} lost on it (${some(workloads.map(nameOf), 12)})`,
      cause: `the node controller has marked the pods there not ready, which it does when the kubelet no longer answers; the node itself was not permitted to be read`,
      evidence: lost
        .slice(0, 12)
        .map((pod) => evidence('status', pod, `Ready=False while its containers are ready, on ${name}`)),
      remedy: `Have someone who may read nodes look at ${name} (kubectl describe node ${name}), or grant get and list on nodes.`,
      ...(since ? { since } : {}),
      explains: [
        ...refsOf(lost),
        ...refsOf(workloads.filter((workload) => snapshot.podsOf(workload).every((pod) => lost.includes(pod)))),
      ],
    },
  ]
}
