// Workloads with fewer ready pods than wanted for a good while: the last word, when no other check knows why.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { condition, isLive, isReady, notReadySince, refsOf } from '../look/pods.ts'
import { count, duration, evidence } from '../look/words.ts'
import { desiredReplicas, readyReplicas } from '../look/workloads.ts'

export const replicasShort: Check = {
  name: 'replicas-short',
  title: 'A workload has fewer ready pods than it should',
  why: 'It serves less than planned, or not at all.',
  fix: 'Look at the pods that are not ready and at their events.',
  reads: ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Pod', 'Event'],
  run: (snapshot) =>
    ['Deployment', 'StatefulSet', 'DaemonSet']
      .flatMap((kind) => snapshot.list(kind))
      .flatMap((workload) => draftOf(snapshot, workload)),
}

const PATIENCE_MS = 10 * 60_000

function draftOf(snapshot: Snapshot, workload: KubeObject): Draft[] {
  const want = desiredReplicas(workload)
  const ready = readyReplicas(workload)
  if (ready >= want || workload.metadata.deletionTimestamp || workload.status?.observedGeneration === undefined)
    return []
  const sick = snapshot.podsOf(workload).filter((pod) => isLive(pod) && !isReady(pod))
  const available = condition(workload, 'Available')
  const since =
    available?.status === 'False'
      ? available.lastTransitionTime
      : sick
          .map(notReadySince)
          .filter((time) => time !== undefined)
          .sort()[0]
  const age = snapshot.ageMs(since)
  if (age === undefined || age < PATIENCE_MS) return []
  const [event] = [workload, ...sick.slice(0, 5)].flatMap((object) =>
    eventsAbout(snapshot, object, { type: 'Warning' }),
  )
  return [
    {
      severity: ready === 0 ? 'critical' : 'warning',
      depth: 'symptom',
      lastWord: true,
      object: refOf(workload),
      summary: `${ready} of ${count(want, 'pod')} ready for ${duration(age)}`,
      cause: event
        ? `the last warning about it is ${eventText(event)}`
        : sick.length > 0
          ? `${count(sick.length, 'pod')} not ready, and nothing in the snapshot tells why`
          : 'pods are missing, and nothing in the snapshot tells why',
      evidence: [
        evidence(
          'status',
          workload,
          `${ready} of ${want} ready${available ? `; Available ${available.status}: ${available.reason}` : ''}`,
        ),
        ...(event ? [evidence('event', workload, eventText(event))] : []),
      ],
      remedy: sick[0] ? `Look at pod ${sick[0].metadata.name}.` : 'Look at the events of the workload.',
      ...(since ? { since } : {}),
      pods: refsOf(sick),
    },
  ]
}
