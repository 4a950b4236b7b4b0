// Rollouts that do not get on: the deadline passed, or somebody paused them half way.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { condition, isLive, isReady, refsOf } from '../look/pods.ts'
import { lastChange, revisionsOf, rollbackOf, templateChanges } from '../look/revisions.ts'
import { duration, evidence } from '../look/words.ts'

export const rolloutStuck: Check = {
  name: 'rollout-stuck',
  title: 'A rollout does not finish',
  why: 'The new revision does not become ready while the old one serves, or serves no longer.',
  fix: 'Mend what keeps the new pods from being ready, or roll back; resume a rollout that was paused and forgotten.',
  reads: ['Deployment', 'ReplicaSet', 'Pod', 'StatefulSet', 'ControllerRevision'],
  run: (snapshot) => [
    ...snapshot
      .list('Deployment')
      .flatMap((deployment) => [...stuck(snapshot, deployment), ...paused(snapshot, deployment)]),
    ...snapshot.list('StatefulSet').flatMap((set) => stuckSet(snapshot, set)),
  ],
}

function stuck(snapshot: Snapshot, deployment: KubeObject): Draft[] {
  const { spec, status } = deployment
  const progressing = condition(deployment, 'Progressing')
  const wanted = Number(spec?.replicas ?? 1)
  const updated = Number(status?.updatedReplicas ?? 0)
  const available = Number(status?.availableReplicas ?? 0)
  const done = updated >= wanted && available >= wanted
  if (progressing?.reason !== 'ProgressDeadlineExceeded' || done || wanted === 0) return []
  const change = lastChange(snapshot, deployment)
  const back = change && rollbackOf(deployment, change)
  const age = snapshot.ageMs(progressing.lastTransitionTime)
  return [
    {
      severity: available > 0 ? 'warning' : 'critical',
      depth: 'symptom',
      object: refOf(deployment),
      summary: `rollout stuck: ${updated} of ${wanted} pods updated, ${available} available${age === undefined ? '' : `, deadline passed ${duration(age)} ago`}`,
      cause: progressing.message ?? 'it made no progress within progressDeadlineSeconds',
      ...(change ? { changed: change.words } : {}),
      evidence: [
        evidence(
          'status',
          deployment,
          `Progressing ${progressing.status}: ${progressing.reason}: ${progressing.message}`,
        ),
        ...(change ? [evidence('spec', change.to.object, `Changed: ${change.words}`)] : []),
      ],
      remedy:
        back && change
          ? `Roll back to revision ${change.from.number}, which was healthy.`
          : 'Find what keeps the new pods from being ready.',
      ...(back ? { action: back } : {}),
      ...(progressing.lastTransitionTime ? { since: progressing.lastTransitionTime } : {}),
      pods: unreadyPods(snapshot, deployment),
    },
  ]
}

function unreadyPods(snapshot: Snapshot, workload: KubeObject): ObjectRef[] {
  return refsOf(snapshot.podsOf(workload).filter((pod) => isLive(pod) && !isReady(pod)))
}

/** Paused is a decision; paused in the middle of a change that nobody finishes is a trouble. */
function paused(snapshot: Snapshot, deployment: KubeObject): Draft[] {
  if (deployment.spec?.paused !== true || Number(deployment.spec?.replicas ?? 1) === 0) return []
  const [newest] = revisionsOf(snapshot, deployment)
  const pending = newest
    ? templateChanges(newest.template, deployment.spec?.template).filter(({ path }) => path !== 'annotation')
    : []
  const half = Number(deployment.status?.updatedReplicas ?? 0) < Number(deployment.spec?.replicas ?? 1)
  if (pending.length === 0 && !half) return []
  const since = condition(deployment, 'Progressing')?.lastUpdateTime
  const age = snapshot.ageMs(since)
  const what =
    pending.length > 0
      ? `not rolled out: ${pending.map(({ words }) => words).join('; ')}`
      : `${deployment.status?.updatedReplicas ?? 0} of ${deployment.spec?.replicas ?? 1} pods are of the new revision`
  return [
    {
      severity: 'warning',
      object: refOf(deployment),
      summary: `rollout is paused half way${age === undefined ? '' : `, since ${duration(age)}`}`,
      cause: `spec.paused is true while a change waits; ${what}`,
      evidence: [evidence('spec', deployment, 'spec.paused: true'), evidence('status', deployment, what)],
      remedy: 'Resume the rollout, or undo the change if it was paused because it is bad.',
      action: { verb: 'resume', target: refOf(deployment) },
      ...(since ? { since } : {}),
    },
  ]
}

/** A StatefulSet waits for the pod it updated last; when that never becomes ready, correcting the template alone does not help. */
function stuckSet(snapshot: Snapshot, set: KubeObject): Draft[] {
  const { spec, status } = set
  const wanted = Number(spec?.replicas ?? 1)
  const updated = Number(status?.updatedReplicas ?? 0)
  const moving = status?.updateRevision && status.currentRevision !== status.updateRevision
  if (!moving || updated >= wanted || (spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return []
  const partition = Number(spec?.updateStrategy?.rollingUpdate?.partition ?? 0)
  const sick = snapshot
    .podsOf(set)
    .filter(
      (pod) => isLive(pod) && !isReady(pod) && (snapshot.ageMs(pod.metadata.creationTimestamp) ?? 0) > 10 * 60_000,
    )
  if (sick.length === 0 || updated >= wanted - partition) return []
  const change = lastChange(snapshot, set)
  const [pod] = sick
  return [
    {
      severity: 'warning',
      depth: 'symptom',
      object: refOf(set),
      summary: `update stuck: ${updated} of ${wanted} pods updated, waiting for ${pod?.metadata.name}`,
      cause: `${pod?.metadata.name} does not become ready, and a StatefulSet goes on only after it`,
      ...(change ? { changed: change.words } : {}),
      evidence: [
        evidence('status', set, `currentRevision ${status.currentRevision}, updateRevision ${status.updateRevision}`),
      ],
      remedy: `Mend the template (or roll back), then delete ${pod?.metadata.name}: a StatefulSet does not replace a broken pod by itself.`,
      pods: refsOf(sick),
    },
  ]
}
