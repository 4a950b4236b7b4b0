// Pods pushed off their node by pods of a higher priority, and not back since.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { eventTime, type Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventText, messageText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { condition } from '../look/pods.ts'
import { evidence, oneLine } from '../look/words.ts'
import { desiredReplicas, nameOf, readyReplicas, topWorkloads, workloadOf } from '../look/workloads.ts'

const RECENT_MS = 60 * 60_000

export const preempted: Check = {
  name: 'preempted',
  title: 'Pods were preempted by pods of a higher priority',
  why: 'When the cluster is full, the scheduler removes pods of lower priority; they come back only when there is room.',
  fix: 'Add room, or give the workload a priority that fits its worth.',
  reads: ['Event', 'Pod', 'Deployment', 'StatefulSet', 'PriorityClass'],
  run(snapshot) {
    const events = snapshot
      .list('Event')
      .filter((event) => event.reason === 'Preempted' && snapshot.now.getTime() - eventTime(event) < RECENT_MS)
    const marked = snapshot
      .list('Pod')
      .filter((pod) => condition(pod, 'DisruptionTarget')?.reason === 'PreemptionByScheduler')
    const victims = [
      ...events.flatMap((event) => {
        const workload = workloadByPodName(snapshot, event)
        return workload
          ? [
              {
                workload,
                text: eventText(event),
                message: messageText(event),
                about: event.involvedObject ?? event.regarding,
              },
            ]
          : []
      }),
      ...marked.map((pod) => ({
        workload: workloadOf(snapshot, pod),
        text: `DisruptionTarget: ${condition(pod, 'DisruptionTarget')?.message ?? ''}`,
        message: String(condition(pod, 'DisruptionTarget')?.message ?? ''),
        about: refOf(pod),
      })),
    ]
    return [...groupBy(victims, (victim) => victim.workload)].flatMap(([workload, group]): Draft[] => {
      const [first] = group
      const missing = desiredReplicas(workload) - readyReplicas(workload)
      // back again elsewhere: history
      if (!first || missing <= 0) return []
      return [
        {
          severity: 'warning',
          object: refOf(workload),
          depth: 'cause',
          summary: `${workload.kind} ${nameOf(workload)}: ${missing} of ${desiredReplicas(workload)} pods missing since pods of a higher priority preempted them`,
          cause: oneLine(first.message || 'preempted by a pod of a higher priority'),
          evidence: group.slice(0, 3).map((victim) =>
            evidence(
              'event',
              {
                kind: 'Pod',
                ...(workload.metadata.namespace ? { namespace: workload.metadata.namespace } : {}),
                name: String(victim.about?.name ?? ''),
              },
              victim.text,
            ),
          ),
          remedy: `Add room for both, lower requests, or give ${nameOf(workload)} a PriorityClass as high as it needs.`,
        },
      ]
    })
  },
}

/** The pod is gone; its name still tells whose it was. */
function workloadByPodName(snapshot: Snapshot, event: KubeObject): KubeObject | undefined {
  const about = event.involvedObject ?? event.regarding
  if (about?.kind !== 'Pod') return undefined
  const pod = snapshot.get('Pod', about.namespace, about.name)
  if (pod) return workloadOf(snapshot, pod)
  const base = String(about.name).replace(/-[a-z0-9]{1,10}$/, '')
  return topWorkloads(snapshot).find(
    (workload) =>
      workload.metadata.namespace === about.namespace &&
      (base === workload.metadata.name || base.replace(/-[a-z0-9]{6,10}$/, '') === workload.metadata.name),
  )
}
