// Pods that the kubelet refuses after they were placed: the scheduler and the node do not agree on what the node can do.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { groupBy } from '../look/memo.ts'
import { refsOf } from '../look/pods.ts'
import { count, evidence, oneLine, some } from '../look/words.ts'
import { desiredReplicas, readyReplicas, workloadOf } from '../look/workloads.ts'

// the reasons of kubelet's admission handlers; evictions and shutdowns are told elsewhere
const REFUSED =
  /^(?:NodeAffinity|NodeSelectorMismatching|OutOf\w{1,60}|UnexpectedAdmissionError|SysctlForbidden|AppArmor|PodOSNotSupported|PodOSSelectorNodeLabelDoesNotMatch|TopologyAffinityError|InitContainerRestartForbidden|PodFeatureUnsupported|PodLevelResourcesNotAdmittedReason|InvalidNodeInfo)$/
const RECENT_MS = 6 * 3600_000
const MANY = 5

export const podRefused: Check = {
  name: 'pod-refused',
  title: 'A node refuses pods that were placed on it',
  why: 'The scheduler knows nothing of the reason, so the next pod is placed and refused in the same way: failed pods pile up.',
  fix: 'Change what the kubelet names (a sysctl, a device, a label), or allow it on the node.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job'],
  run(snapshot) {
    const refused = snapshot
      .list('Pod')
      .filter(
        (pod) =>
          pod.status?.phase === 'Failed' &&
          REFUSED.test(String(pod.status?.reason ?? '')) &&
          (snapshot.ageMs(pod.metadata.creationTimestamp) ?? 0) < RECENT_MS,
      )
    return [...groupBy(refused, (pod) => workloadOf(snapshot, pod))].map(([workload, pods]) => draftOf(workload, pods))
  },
}

function draftOf(workload: KubeObject, pods: KubeObject[]): Draft {
  const [first] = pods as [KubeObject]
  const { reason, message } = first.status
  const nodes = some([...new Set(pods.map((pod) => String(pod.spec?.nodeName)))])
  const whole = workload.kind !== 'Pod' && readyReplicas(workload) >= desiredReplicas(workload)
  return {
    // refused once and placed better the next time is history
    severity: whole && pods.length < MANY ? 'info' : readyReplicas(workload) === 0 ? 'critical' : 'warning',
    object: refOf(workload),
    depth: 'cause',
    summary: `${count(pods.length, 'pod')} refused by the kubelet of ${nodes} (${reason})`,
    cause: `the kubelet does not admit the pod: ${oneLine(String(message ?? reason), 300)}`,
    evidence: pods
      .slice(0, 3)
      .map((pod) => evidence('status', pod, `${pod.status.reason}: ${pod.status.message ?? ''}`)),
    remedy: remedyFor(String(reason), workload),
    pods: refsOf(pods),
  }
}

function remedyFor(reason: string, workload: KubeObject): string {
  const name = `${workload.kind} ${workload.metadata.name}`
  if (reason === 'SysctlForbidden')
    return `Remove the sysctl from ${name}, or allow it with allowedUnsafeSysctls in the kubelet configuration of nodes kept for it.`
  if (reason === 'AppArmor') return `Load the AppArmor profile on the node, or take it out of ${name}.`
  if (reason.startsWith('OutOf'))
    return `Something outside the scheduler's knowledge takes the node's resources (static pods, nodeName): lower the requests of ${name}, or free the node.`
  if (/Node/.test(reason))
    return `The node's labels changed after the pod was placed, or nodeName forces it there: correct either, and remove the failed pods.`
  return `Look at the device plugin or topology manager of the node; correct ${name} when it asks for what the node cannot give.`
}
