// Nodes that are not ready, with the pods lost on them.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { ownerOfPod } from '../../objects/owner.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { isNodeReady, podsByNode, taintsOf } from '../look/nodes.ts'
import { condition, isReady, refsOf } from '../look/pods.ts'
import { count, duration, evidence, oneLine, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const TELLING =
  /^(NodeNotReady|Rebooted|SystemOOM|OOMKilling|TaskHung|KernelOops|KubeletIsDown|ContainerRuntimeIsDown|ContainerGCFailed|ImageGCFailed|FilesystemIsReadOnly|ReadonlyFilesystem|NodeHasDiskPressure|FrequentKubeletRestart|FrequentContainerdRestart|ContainerdStart|DeletingNode|RemovingNode|NodeShutdown|PreemptScheduled|TerminateScheduled|SpotInterrupted|Starting|InvalidDiskCapacity|ScaleDown|FreezeScheduled)$/

const TAKEN_AWAY =
  /^(ToBeDeletedByClusterAutoscaler$|karpenter\.sh\/disrupt|node\.cloudprovider\.kubernetes\.io\/shutdown$|aws-node-termination-handler\/)/

export const nodeNotReady: Check = {
  name: 'node-not-ready',
  title: 'A node is not ready',
  why: 'Its pods are lost after five minutes; those of StatefulSets stay stuck until the node or the pod object is gone.',
  fix: 'Look at the machine and its kubelet; replace the node when it does not come back.',
  reads: ['Node', 'Pod', 'Event', 'Lease'],
  run(snapshot) {
    return snapshot
      .list('Node')
      .flatMap((node) =>
        condition(node, 'Ready') && !isNodeReady(node) && !isJoining(snapshot, node) ? draftOf(snapshot, node) : [],
      )
  },
}

const JOINING_MS = 3 * 60_000
const FIRST_WORD_MS = 60_000

/** A new node is not ready until its network plugin has come up; one that has been ready, or fell silent, is not joining. */
function isJoining(snapshot: Snapshot, node: KubeObject): boolean {
  const { creationTimestamp } = node.metadata
  const ready = condition(node, 'Ready')
  const turnedAfter = Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(creationTimestamp ?? '')
  return (
    (snapshot.ageMs(creationTimestamp) ?? Infinity) < JOINING_MS &&
    ready?.status !== 'Unknown' &&
    !(turnedAfter > FIRST_WORD_MS)
  )
}

function draftOf(snapshot: Snapshot, node: KubeObject): Draft {
  const ready = condition(node, 'Ready')
  const pods = podsByNode(snapshot).get(node.metadata.name) ?? []
  const lost = pods.filter((pod) => !isReady(pod) || pod.metadata.deletionTimestamp)
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))].filter(
    (workload) => workload.kind !== 'DaemonSet',
  )
  const names = [...new Set(workloads.map(ownerName))]
  const silent = ready?.status === 'Unknown'
  const since = ready?.lastTransitionTime
  const age = snapshot.ageMs(since)
  const lease = snapshot.get('Lease', 'kube-node-lease', node.metadata.name)
  const events = eventsAbout(snapshot, node, { reason: TELLING }).slice(0, 4)
  const plugin = /cni|network plugin|NetworkPluginNotReady/i.test(ready?.message ?? '')
    ? lost.filter(isNetworkPlugin)
    : []
  const leaving =
    /^(DeletingNode|RemovingNode|PreemptScheduled|TerminateScheduled|SpotInterrupted|NodeShutdown|ScaleDown)$/
  const why = events.find((event) => event.reason !== 'NodeNotReady' && event.reason !== 'Starting')
  return {
    severity: severityOf(snapshot, node, pods),
    object: refOf(node),
    depth: 'cause',
    summary: `Node ${node.metadata.name} is not ready${age === undefined ? '' : ` for ${duration(age)}`}${silent ? ' (status unknown, the kubelet stopped posting)' : ''}: ${count(lost.length, 'pod')} lost on it${names.length > 0 ? ` (${some(names, 12)})` : ''}`,
    cause: silent
      ? `${oneLine(ready?.message ?? 'Kubelet stopped posting node status.')} The machine is down, cut off from the network, or its kubelet has stopped${why ? `; before that: ${oneLine(eventText(why), 200)}` : ''}`
      : `${ready?.reason ?? 'NotReady'}: ${oneLine(ready?.message ?? '', 300)}`,
    evidence: [
      evidence('status', node, `Ready=${ready?.status} (${ready?.reason ?? ''}): ${ready?.message ?? ''}`),
      ...(lease?.spec?.renewTime ? [evidence('status', lease, `lease last renewed ${lease.spec.renewTime}`)] : []),
      ...events.map((event) => evidence('event', node, eventText(event))),
      ...lost
        .slice(0, 12)
        .map((pod) =>
          evidence(
            'status',
            pod,
            `on ${node.metadata.name}, ${pod.metadata.deletionTimestamp ? 'stuck in deletion' : 'not ready'}`,
          ),
        ),
    ],
    remedy: events.some((event) => leaving.test(String(event.reason)))
      ? `The node is being taken away: wait for its replacement; delete the Node object when the machine is gone for good.`
      : `${remedyFor(ready?.message ?? '')} When ${node.metadata.name} does not come back, replace it and delete the Node object, so that its pods are recreated elsewhere.`,
    ...(since ? { since } : {}),
    dueTo: refsOf(plugin.map((pod) => workloadOf(snapshot, pod))),
    // the plugin's own pod is not down because of the node: the node is because of it
    explains: [
      ...refsOf(pods.filter((pod) => !plugin.includes(pod))),
      ...refsOf(workloadsWhollyOn(snapshot, workloads, lost)),
    ],
  }
}

/** Where a look at the node alone knows no workloads, a pod says by its own fields whose it is. */
function ownerName(workload: KubeObject): string {
  if (workload.kind !== 'Pod') return nameOf(workload)
  const { namespace, name } = ownerOfPod(workload)
  return namespace ? `${namespace}/${name}` : name
}

const NETWORK_PLUGIN = /calico|cilium|flannel|weave|canal|antrea|kube-router|aws-node|azure-cni|kindnet|ovn|multus|cni/i

function isNetworkPlugin(pod: KubeObject): boolean {
  return pod.metadata.ownerReferences?.[0]?.kind === 'DaemonSet' && NETWORK_PLUGIN.test(pod.metadata.name)
}

/** A node that is being taken away and is already empty harms nobody. */
function severityOf(snapshot: Snapshot, node: KubeObject, pods: KubeObject[]): Draft['severity'] {
  const lost = pods.filter((pod) => workloadOf(snapshot, pod).kind !== 'DaemonSet')
  const leaves =
    node.metadata.deletionTimestamp !== undefined || taintsOf(node).some((taint) => TAKEN_AWAY.test(taint.key))
  if (lost.length === 0 && leaves) return 'info'
  return pods.length > 0 || snapshot.list('Node').length === 1 ? 'critical' : 'warning'
}

function remedyFor(message: string): string {
  if (/cni|network plugin|NetworkPluginNotReady/i.test(message))
    return 'The network plugin is not ready there: look at its DaemonSet pod on that node.'
  if (/runtime|PLEG/i.test(message)) return 'The container runtime does not answer: look at containerd on the machine.'
  if (/disk/i.test(message)) return 'The disk of the machine is in trouble.'
  return 'Look at the machine (cloud console, ssh, journalctl -u kubelet).'
}

/** Workloads none of whose pods run elsewhere. */
function workloadsWhollyOn(snapshot: Snapshot, workloads: KubeObject[], lost: KubeObject[]): KubeObject[] {
  const gone = new Set(lost)
  return workloads.filter(
    (workload) => workload.kind !== 'Node' && snapshot.podsOf(workload).every((pod) => gone.has(pod)),
  )
}
