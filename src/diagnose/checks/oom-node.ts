// Containers killed because their node ran out of memory, not because of a limit of their own.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { allSick, type Sick } from '../look/ailments.ts'
import { messageText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { nodeOomEvents, victimOf } from '../look/memory.ts'
import { containersOf, isLive, refsOf } from '../look/pods.ts'
import { sinceOf } from '../look/sick.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const oomNode: Check = {
  name: 'oom-node',
  title: 'A node runs out of memory and its kernel kills processes',
  why: 'Requests promise less than pods use: whoever sits on the node can be killed, though it keeps to its limit.',
  fix: 'Give the pods that use most a memory request and limit that fit, or move them to larger nodes.',
  reads: ['Pod', 'Node', 'Event', 'PodMetrics', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run: (snapshot) =>
    [...groupBy(victims(snapshot), ({ pod }) => String(pod.spec?.nodeName ?? ''))].flatMap(([node, sick]) =>
      draftOf(snapshot, node, sick),
    ),
}

/** Killed by SIGKILL while the node says it was out of memory, or OOMKilled without a limit that could have been reached. */
function victims(snapshot: Snapshot): Sick[] {
  const sick = allSick(snapshot)
  return [...(sick.get('oom') ?? []), ...(sick.get('crash') ?? [])].filter(({ container, pod, ailment }) => {
    const ended = container.terminated ?? container.last
    if (ailment === 'oom') return !container.spec?.resources?.limits?.memory
    return ended?.exitCode === 137 && nodeOomEvents(snapshot, String(pod.spec?.nodeName ?? '')).length > 0
  })
}

function draftOf(snapshot: Snapshot, node: string, sick: Sick[]): Draft[] {
  const events = nodeOomEvents(snapshot, node)
  const hogs = biggest(snapshot, node)
  const workloads = [...new Set(sick.map(({ workload }) => workload))]
  const killed = some(workloads.map(nameOf))
  const [event] = events
  const since = sinceOf(sick)
  const object = snapshot.get('Node', undefined, node) ?? { apiVersion: 'v1', kind: 'Node', metadata: { name: node } }
  const unlimited = workloads.length === 1 && events.length === 0
  const first = workloads[0]
  const use = hogs.length > 0 ? `; most is used by ${hogs.join(', ')}` : ''
  return [
    {
      severity: 'critical',
      depth: 'cause',
      object: unlimited && first ? refOf(first) : refOf(object),
      summary: unlimited
        ? `${count(sick.length, 'container')} OOMKilled on node ${node} without a memory limit of its own`
        : `out of memory: its kernel kills processes, among them ${killed}`,
      cause: `node ${node} has not enough memory for what its pods use${use}; the containers that were killed have not reached a limit of their own (OOM by the node)`,
      evidence: [
        ...events
          .slice(0, 3)
          .map((entry) =>
            evidence('event', entry.involvedObject ? object : object, `${entry.reason}: ${messageText(entry)}`),
          ),
        ...sick
          .slice(0, 3)
          .map(({ pod, container }) =>
            evidence(
              'status',
              pod,
              `container ${container.name}: ${(container.terminated ?? container.last)?.reason ?? 'ended'}, exit ${(container.terminated ?? container.last)?.exitCode}, memory limit ${container.spec?.resources?.limits?.memory ?? 'none'}`,
            ),
          ),
      ],
      remedy: `Set memory requests and limits on ${hogs[0] ? `${hogs[0]} first` : `what runs on ${node}`}${event && victimOf(event) ? ` (the kernel killed ${victimOf(event)})` : ''}, so that the scheduler leaves enough room.`,
      ...(since ? { since } : {}),
      pods: refsOf(sick.map(({ pod }) => pod)),
      explains: unlimited ? [] : [...workloads.map(refOf), ...refsOf(sick.map(({ pod }) => pod))],
    },
  ]
}

/** The three that use most memory on a node, by metrics; without metrics those that have no limit. */
function biggest(snapshot: Snapshot, node: string): string[] {
  const pods = snapshot.list('Pod').filter((pod) => pod.spec?.nodeName === node && isLive(pod))
  const used = pods
    .map((pod) => ({ pod, bytes: usageOf(snapshot, pod) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
  if (used.length > 0)
    return used.slice(0, 3).map(({ pod, bytes }) => `${nameOf(workloadOf(snapshot, pod))} (${formatBytes(bytes)})`)
  const free = pods.filter((pod) =>
    containersOf(pod).some(({ kind, spec }) => kind === 'main' && !spec?.resources?.limits?.memory),
  )
  return [...new Set(free.map((pod) => nameOf(workloadOf(snapshot, pod))))]
    .slice(0, 3)
    .map((name) => `${name} (no limit)`)
}

function usageOf(snapshot: Snapshot, pod: KubeObject): number {
  const metrics = snapshot.get('PodMetrics', pod.metadata.namespace, pod.metadata.name)
  const containers: { usage?: { memory?: string } }[] = Array.isArray(metrics?.containers) ? metrics.containers : []
  return containers.reduce((sum, { usage }) => sum + (parseQuantity(usage?.memory) ?? 0), 0)
}
