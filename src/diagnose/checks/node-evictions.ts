// Pods evicted by a node that has recovered since, and system out-of-memory kills: what is left to know when the pressure is gone.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { isNodeReady } from '../look/nodes.ts'
import { condition, refsOf } from '../look/pods.ts'
import { count, evidence, some } from '../look/words.ts'
import { desiredReplicas, nameOf, readyReplicas, workloadOf } from '../look/workloads.ts'

const RECENT_MS = 60 * 60_000
const OWN_LIMIT = /exceeds the (?:total )?limit/i

export const nodeEvictions: Check = {
  name: 'node-evictions',
  title: 'Pods were evicted from a node that ran short of memory or disk',
  why: 'Pods that use more than they request are evicted first; they come back elsewhere, and it happens again.',
  fix: 'Raise their requests to what they use, set limits, or make room on the nodes.',
  reads: ['Node', 'Pod', 'Event'],
  run(snapshot) {
    const evicted = snapshot
      .list('Pod')
      .filter(
        (pod) =>
          pod.status?.phase === 'Failed' &&
          pod.status?.reason === 'Evicted' &&
          (snapshot.ageMs(pod.status?.startTime ?? pod.metadata.creationTimestamp) ?? 0) < 24 * RECENT_MS,
      )
    return [...groupBy(evicted, (pod) => workloadOf(snapshot, pod))].map(([workload, pods]): Draft => {
      const node = pods[0]?.spec?.nodeName ? snapshot.get('Node', undefined, pods[0].spec.nodeName) : undefined
      const still =
        node !== undefined &&
        (!isNodeReady(node) ||
          ['MemoryPressure', 'DiskPressure', 'PIDPressure'].some((type) => condition(node, type)?.status === 'True'))
      const whole = workload.kind === 'Pod' || readyReplicas(workload) >= desiredReplicas(workload)
      const oom = node ? eventsAbout(snapshot, node, { reason: ['SystemOOM', 'OOMKilling'] }).slice(0, 2) : []
      // beyond a limit of its own, it fills up again by itself; for want of room on a node, it needs the node to run short again
      const own = pods.filter((pod) => OWN_LIMIT.test(String(pod.status?.message)))
      const again = pods.length >= 3 || own.length >= 2
      return {
        // replaced once and for all is history; evicted again and again is not
        severity: !whole || again ? 'warning' : 'info',
        object: refOf(workload),
        depth: 'cause',
        summary: `${workload.kind} ${nameOf(workload)}: ${count(pods.length, 'pod')} evicted from ${some([...new Set(pods.map((pod) => String(pod.spec?.nodeName)))])}`,
        cause: `${pods[0]?.status?.message ?? 'the node was low on resources'}`,
        evidence: [
          ...pods.slice(0, 3).map((pod) => evidence('status', pod, `Evicted: ${pod.status?.message ?? ''}`)),
          ...oom.map((event) => evidence('event', node as KubeObject, eventText(event))),
        ],
        remedy: `${own.length > 0 ? `Raise the limit that ${nameOf(workload)} goes beyond, or have it write less (logs, caches, temporary files)` : `Raise the requests of ${nameOf(workload)} to what it uses and set a limit`}; delete the evicted pods when they are no longer needed.`,
        dueTo: still && node ? [refOf(node)] : [],
        pods: refsOf(pods),
      }
    })
  },
}
