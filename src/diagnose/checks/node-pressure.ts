// Nodes short of memory, disk or process ids, with the pods evicted from them.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { isNodeReady, podsByNode } from '../look/nodes.ts'
import { condition, refsOf } from '../look/pods.ts'
import { usageByPod } from '../look/room.ts'
import { count, duration, evidence, oneLine, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const PRESSURES = [
  {
    type: 'MemoryPressure',
    resource: 'memory',
    word: 'memory',
    fix: 'Find the pods without memory limits that use most, set limits, or add a node.',
  },
  {
    type: 'DiskPressure',
    resource: 'ephemeral-storage',
    word: 'disk space',
    fix: 'Find what fills the disk (images, logs, emptyDir volumes), set ephemeral-storage limits, or enlarge the disk.',
  },
  {
    type: 'PIDPressure',
    resource: 'pids',
    word: 'process ids',
    fix: 'Find the pod that leaks processes and restart it; set a pod pid limit on the kubelet.',
  },
]
const EVENTS =
  /^(EvictionThresholdMet|FreeDiskSpaceFailed|ImageGCFailed|SystemOOM|NodeHasDiskPressure|NodeHasInsufficientMemory|NodeHasInsufficientPID)$/

export const nodePressure: Check = {
  name: 'node-pressure',
  title: 'A node is under pressure: memory, disk or process ids',
  why: 'The kubelet evicts pods until the pressure is gone, and the node takes no new ones meanwhile.',
  fix: 'Remove what uses it up, set requests and limits, or make the node larger.',
  reads: ['Node', 'Pod', 'Event', 'PodMetrics'],
  run(snapshot) {
    const evicted = groupBy(
      snapshot.list('Pod').filter((pod) => pod.status?.phase === 'Failed' && pod.status?.reason === 'Evicted'),
      (pod): string | undefined => pod.spec?.nodeName,
    )
    return snapshot.list('Node').flatMap((node) =>
      // a node that does not answer has stale conditions
      isNodeReady(node)
        ? PRESSURES.flatMap(
            (pressure) => draftOf(snapshot, node, pressure, evicted.get(node.metadata.name) ?? []) ?? [],
          )
        : [],
    )
  },
}

function draftOf(
  snapshot: Snapshot,
  node: KubeObject,
  pressure: (typeof PRESSURES)[number],
  evictedHere: KubeObject[],
): Draft | undefined {
  const found = condition(node, pressure.type)
  if (found?.status !== 'True') return undefined
  const evicted = evictedHere.filter(
    (pod) =>
      String(pod.status?.message ?? '').includes(pressure.resource) ||
      String(pod.status?.message ?? '').includes('DiskPressure'),
  )
  const events = eventsAbout(snapshot, node, { reason: EVENTS }).slice(0, 3)
  const since = found.lastTransitionTime
  const users = biggestUsers(snapshot, node, pressure.resource, evicted)
  const workloads = [...new Set(evicted.map((pod) => workloadOf(snapshot, pod)))]
  return {
    severity: 'critical',
    object: refOf(node),
    depth: 'cause',
    summary: `Node ${node.metadata.name} is short of ${pressure.word} (${pressure.type})${since ? ` for ${duration(snapshot.ageMs(since) ?? 0)}` : ''}${evicted.length > 0 ? `: ${count(evicted.length, 'pod')} evicted (${some(workloads.map(nameOf), 6)})` : ''}`,
    cause: `${oneLine(found.message ?? found.reason ?? pressure.type)}${users ? `; ${users}` : ''}`,
    evidence: [
      evidence('status', node, `${pressure.type}=True (${found.reason ?? ''}): ${found.message ?? ''}`),
      ...events.map((event) => evidence('event', node, eventText(event))),
      ...evicted.slice(0, 4).map((pod) => evidence('status', pod, `Evicted: ${pod.status?.message ?? ''}`)),
    ],
    remedy: pressure.fix,
    ...(since ? { since } : {}),
    explains: [...refsOf(evicted), ...refsOf(workloads)],
  }
}

/** Who uses most, as far as metrics and the words of an eviction tell. */
function biggestUsers(
  snapshot: Snapshot,
  node: KubeObject,
  resource: string,
  evicted: KubeObject[],
): string | undefined {
  for (const pod of evicted) {
    const words = /Container \S{1,100} was using \S{1,40}, request is \S{1,40}[^.]{0,80}/.exec(
      messageText({ ...pod, message: pod.status?.message }),
    )?.[0]
    if (words) return oneLine(`${nameOf(workloadOf(snapshot, pod))}: ${words}`)
  }
  const usage = usageByPod(snapshot)
  const used = (podsByNode(snapshot).get(node.metadata.name) ?? [])
    .map((pod) => ({ pod, amount: usage.get(nameOf(pod))?.get(resource) ?? 0 }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount)
  if (used.length === 0) return undefined
  return `most is used by ${some(used.slice(0, 3).map(({ pod, amount }) => `${nameOf(pod)} (${formatBytes(amount)})`))}`
}
