// Pods whose containers are ready and that do not count as ready: a readiness gate waits for a condition that somebody else must set.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { byWorkload, condition, isLive, notReadySince, refsOf } from '../look/pods.ts'
import { severityOf } from '../look/sick.ts'
import { count, duration, evidence, oneLine, some } from '../look/words.ts'

const PATIENCE_MS = 3 * 60_000

export const readinessGate: Check = {
  name: 'readiness-gate',
  title: 'A readiness gate keeps pods from being ready',
  why: 'The pods run and get no traffic until a controller, mostly that of a load balancer, sets a condition on them.',
  fix: 'Mend the controller that sets the condition, or remove the readiness gate from the pod template.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run: (snapshot) =>
    byWorkload(
      snapshot,
      snapshot.list('Pod').filter((pod) => isHeld(snapshot, pod)),
    ).flatMap(({ workload, pods }) => draftOf(snapshot, workload, pods)),
}

function isHeld(snapshot: Snapshot, pod: KubeObject): boolean {
  const ready = condition(pod, 'Ready')
  return (
    isLive(pod) &&
    ready?.status === 'False' &&
    ready.reason === 'ReadinessGatesNotReady' &&
    condition(pod, 'ContainersReady')?.status === 'True' &&
    (snapshot.ageMs(notReadySince(pod)) ?? PATIENCE_MS) >= PATIENCE_MS
  )
}

function draftOf(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft[] {
  const [pod] = pods
  if (!pod) return []
  const gates: { conditionType?: string }[] = Array.isArray(pod.spec?.readinessGates) ? pod.spec.readinessGates : []
  const waiting = gates
    .map(({ conditionType }) => String(conditionType))
    .filter((type) => condition(pod, type)?.status !== 'True')
  const since = notReadySince(pod)
  const states = waiting.map((type) => {
    const state = condition(pod, type)
    return state
      ? `${type} is ${state.status} (${oneLine(state.message ?? state.reason, 200)})`
      : `nobody has set ${type}`
  })
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      depth: 'cause',
      summary: `${count(pods.length, 'pod')} held back by a readiness gate for ${duration(snapshot.ageMs(since) ?? 0)}`,
      cause: `the containers are ready, but the readiness gate is not open: ${some(states)}`,
      evidence: pods
        .slice(0, 3)
        .map((each) => evidence('status', each, `Ready=False: ${condition(each, 'Ready')?.message ?? ''}`)),
      remedy: `Look at the controller that sets ${some(waiting)} on pods; without it, remove the readiness gate from ${workload.kind} ${workload.metadata.name}.`,
      ...(since ? { since } : {}),
      pods: refsOf(pods),
    },
  ]
}
