// Pods that nobody owns and that ended badly: nothing starts them again.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { blame } from '../blame/index.ts'
import type { Check, Draft } from '../check.ts'
import { exitMeaning } from '../look/exits.ts'
import { lastErrorLine, logReason, logText } from '../look/logs.ts'
import { containersOf } from '../look/pods.ts'
import { duration, evidence } from '../look/words.ts'

export const podFailed: Check = {
  name: 'pod-failed',
  title: 'A pod without owner failed',
  why: 'A bare pod is not replaced: whatever it should do is not done.',
  fix: 'Mend what its log complains about and create it anew, best as a Job or Deployment.',
  reads: ['Pod'],
  run: (snapshot) => snapshot.list('Pod').flatMap((pod) => draftOf(snapshot, pod)),
}

const OLD_MS = 24 * 3600_000

function draftOf(snapshot: Snapshot, pod: KubeObject): Draft[] {
  const owned = (pod.metadata.ownerReferences ?? []).length > 0
  // evictions and refusals of the kubelet carry a reason of their own, and are told elsewhere
  if (owned || pod.status?.phase !== 'Failed' || pod.status?.reason || pod.metadata.deletionTimestamp) return []
  const container = containersOf(pod).find(({ terminated }) => (terminated?.exitCode ?? 0) !== 0)
  const age = snapshot.ageMs(container?.terminated?.finishedAt ?? pod.metadata.creationTimestamp)
  if (!container || age === undefined || age > OLD_MS) return []
  const exit = exitMeaning(container, container.terminated)
  const text = logText(snapshot, pod, container.name, false)
  const reason = text === undefined ? undefined : logReason(text)
  const why = reason && blame({ snapshot, workload: pod, pod, container, reason, change: undefined })
  const line = text === undefined ? undefined : lastErrorLine(text)
  return [
    {
      severity: 'warning',
      object: refOf(pod),
      summary: `failed ${duration(age)} ago`,
      cause: why?.cause ?? (line ? `${exit.words}; it said last: "${line}"` : exit.words),
      evidence: [
        evidence('status', pod, `container ${container.name}: ${exit.words}`),
        ...(reason?.lines ?? (line ? [line] : [])).map((said) => evidence('log', pod, said)),
      ],
      remedy: `${why?.remedy ?? exit.remedy} Then create the pod anew.`,
      dueTo: why?.dueTo ?? [],
    },
  ]
}
