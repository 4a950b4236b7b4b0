// Words and numbers about a group of sick containers of one workload.
import type { Severity } from '../../core/finding.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Sick, SickGroup } from './ailments.ts'
import { eventsAbout } from './events.ts'
import { isLive, notReadySince } from './pods.ts'
import { count } from './words.ts'
import { desiredReplicas, readyReplicas } from './workloads.ts'

/** "2 of 3 pods", "the only pod". The whole is what is wanted, or what there is while a rollout has more. */
export function podsOfGroup(snapshot: Snapshot, group: Pick<SickGroup, 'workload' | 'pods'>): string {
  const sick = new Set(group.pods).size
  if (group.workload.kind === 'Pod') return 'the pod'
  const live = snapshot.podsOf(group.workload).filter(isLive).length
  const all = Math.max(desiredReplicas(group.workload), live, sick)
  if (all === 1) return 'the only pod'
  return `${sick} of ${count(all, 'pod')}`
}

export function restartsOf(sick: readonly Sick[]): number {
  return sick.reduce((sum, { container }) => sum + container.restarts, 0)
}

/**
 * When the pods stopped being ready, or were made: the earliest of them, RFC 3339. A container without a readiness probe is
 * ready for a moment at each start, so the events that the kubelet repeats about a loop tell an earlier beginning.
 */
export function sinceOf(snapshot: Snapshot, sick: readonly Sick[]): string | undefined {
  return sick
    .flatMap(({ pod, container }) => [
      notReadySince(pod),
      ...(container.restarts > 0 ? [loopingSince(snapshot, pod)] : []),
    ])
    .filter((time) => time !== undefined)
    .sort()[0]
}

function loopingSince(snapshot: Snapshot, pod: KubeObject): string | undefined {
  const [first] = eventsAbout(snapshot, pod, {
    reason: 'BackOff',
    message: /restarting failed container/,
    withinMs: 20 * 60_000,
  })
    .map(({ firstTimestamp }) => firstTimestamp)
    .filter((time) => typeof time === 'string')
    .sort()
  return first
}

/** Some pods of it still serve: a warning. None does: critical. */
export function severityOf(workload: KubeObject): Severity {
  return readyReplicas(workload) > 0 ? 'warning' : 'critical'
}
