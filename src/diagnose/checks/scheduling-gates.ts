// Pods held back before scheduling: gates nobody removes, or no scheduler of that name.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout } from '../look/events.ts'
import { byWorkload, condition, isLive, refsOf } from '../look/pods.ts'
import { count, duration, evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const PATIENCE_MS = 10 * 60_000

export const schedulingGates: Check = {
  name: 'scheduling-gates',
  title: 'Pods are not scheduled at all: scheduling gates, or nobody schedules them',
  why: 'A gate waits for its controller to remove it; a pod that names a scheduler which does not run is never looked at.',
  fix: 'Find the controller that owns the gate or the scheduler that the pod names, and bring it back.',
  reads: ['Pod', 'Event'],
  run(snapshot) {
    const waiting = snapshot
      .list('Pod')
      .filter(
        (pod) =>
          !pod.spec?.nodeName && isLive(pod) && (snapshot.ageMs(pod.metadata.creationTimestamp) ?? 0) > PATIENCE_MS,
      )
    const gated = waiting.filter((pod) => condition(pod, 'PodScheduled')?.reason === 'SchedulingGated')
    const ignored = waiting.filter(
      (pod) =>
        condition(pod, 'PodScheduled') === undefined &&
        eventsAbout(snapshot, pod, { reason: 'FailedScheduling' }).length === 0,
    )
    return [
      ...byWorkload(snapshot, gated).map(({ workload, pods }): Draft => {
        const gates = [
          ...new Set(
            pods.flatMap((pod) => (pod.spec?.schedulingGates ?? []).map((gate: { name: string }) => gate.name)),
          ),
        ]
        return {
          severity: 'warning',
          object: refOf(workload),
          depth: 'cause',
          summary: `${workload.kind} ${nameOf(workload)}: ${count(pods.length, 'pod')} held back by scheduling gate ${some(gates)} for ${duration(snapshot.ageMs(pods[0]?.metadata.creationTimestamp) ?? 0)}`,
          cause: `scheduling gate ${some(gates)} has not been removed; its controller is missing, or waits (a queue without quota)`,
          evidence: pods.slice(0, 3).map((pod) => evidence('spec', pod, `schedulingGates: ${some(gates)}`)),
          remedy: `Look at the controller that sets ${gates[0] ?? 'the gate'}; the scheduler ignores the pods until it removes the gate.`,
          pods: refsOf(pods),
        }
      }),
      ...byWorkload(snapshot, ignored).map(({ workload, pods }): Draft => {
        const scheduler = pods[0]?.spec?.schedulerName ?? 'default-scheduler'
        return {
          severity: 'warning',
          object: refOf(workload),
          depth: 'cause',
          summary: `${workload.kind} ${nameOf(workload)}: ${count(pods.length, 'pod')} Pending for ${duration(snapshot.ageMs(pods[0]?.metadata.creationTimestamp) ?? 0)} and no scheduler has looked at ${pods.length === 1 ? 'it' : 'them'}`,
          cause: `schedulerName ${scheduler}: no scheduler of that name has said anything about the pods${scheduler === 'default-scheduler' ? '; kube-scheduler seems to be down' : ''}`,
          evidence: pods
            .slice(0, 3)
            .map((pod) => evidence('spec', pod, `schedulerName ${scheduler}, no PodScheduled condition, no event`)),
          remedy: `Check that ${scheduler} runs${scheduler === 'default-scheduler' ? ' on the control plane' : `, or correct schedulerName of ${nameOf(workload)}`}.`,
          pods: refsOf(pods),
        }
      }),
    ]
  },
}
