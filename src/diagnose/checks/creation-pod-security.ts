// Pods that the PodSecurity level of their namespace forbids.

import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Refused, refusedCreations, refusedDraft } from '../look/creation.ts'
import { evidence } from '../look/words.ts'

const VIOLATES = /violates PodSecurity "(?<level>[\w:.-]{1,60})": (?<why>.{1,500})/

export const creationPodSecurity: Check = {
  name: 'creation-pod-security',
  title: 'PodSecurity forbids the pods of a workload',
  why: 'The namespace enforces a level that the pod template exceeds; the workload exists, but not one pod of it.',
  fix: 'Drop the privileges that are named, or move the workload to a namespace meant for privileged pods.',
  reads: ['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Event', 'Namespace'],
  run: (snapshot) => refusedCreations(snapshot).flatMap((refused) => draftOf(snapshot, refused)),
}

function draftOf(snapshot: Snapshot, refused: Refused): Draft[] {
  const found = VIOLATES.exec(refused.message)?.groups
  if (!found) return []
  const { workload } = refused
  const namespace = snapshot.get('Namespace', undefined, workload.metadata.namespace ?? '')
  const enforced = namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']
  const base = refusedDraft(snapshot, refused)
  return [
    {
      ...base,
      cause: `namespace ${workload.metadata.namespace} enforces PodSecurity "${found.level}", which forbids what the pod template asks for: ${found.why}`,
      evidence: [
        ...base.evidence,
        ...(namespace && enforced
          ? [evidence('spec', namespace, `pod-security.kubernetes.io/enforce: ${enforced}`)]
          : []),
      ],
      remedy: `Change the pod template of ${workload.kind} ${workload.metadata.name} to meet "${found.level}", or run it in a namespace whose level allows it.`,
    },
  ]
}
