// Workloads whose pods are refused when they are created, and what the API server said.
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { eventTime, type Snapshot } from '../../objects/snapshot.ts'
import type { Draft } from '../check.ts'
import { eventsAbout, messageText } from './events.ts'
import { perSnapshot } from './memo.ts'
import { condition } from './pods.ts'
import { evidence, oneLine, restartText } from './words.ts'
import { desiredReplicas, workloadOf } from './workloads.ts'

export interface Refused {
  workload: KubeObject
  /** who creates the pods: the ReplicaSet of a Deployment, else the workload itself */
  owner: KubeObject
  message: string
  /** pods that exist, and that should */
  have: number
  want: number
  since: string | undefined
}

/** One per workload; only while pods are really lacking. */
export const refusedCreations = perSnapshot((snapshot): Refused[] => {
  const found = new Map<string, Refused>()
  for (const kind of ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController', 'CronJob']) {
    for (const owner of snapshot.list(kind)) {
      const lack = lackOf(snapshot, owner)
      if (!lack) continue
      const said = lastRefusal(snapshot, owner)
      if (!said) continue
      const workload = workloadOf(snapshot, owner)
      const key = refKey(refOf(workload))
      if (!found.has(key)) found.set(key, { workload, owner, ...lack, ...said })
    }
  }
  for (const workload of snapshot.list('Deployment')) {
    const failure = condition(workload, 'ReplicaFailure')
    const key = refKey(refOf(workload))
    if (failure?.status !== 'True' || found.has(key)) continue
    const have = Number(workload.status?.replicas ?? 0)
    found.set(key, {
      workload,
      owner: workload,
      message: clean(failure.message ?? ''),
      have,
      want: desiredReplicas(workload),
      since: failure.lastTransitionTime,
    })
  }
  return [...found.values()]
})

function lackOf(snapshot: Snapshot, owner: KubeObject): { have: number; want: number } | undefined {
  const { spec, status } = owner
  if (owner.kind === 'CronJob') {
    const [made] = eventsAbout(snapshot, owner, { reason: 'SuccessfulCreate' })
    const [refused] = eventsAbout(snapshot, owner, { reason: ['FailedCreate', 'FailedCreateJob'] })
    return refused && (!made || eventTime(made) < eventTime(refused)) ? { have: 0, want: 1 } : undefined
  }
  if (owner.kind === 'Job') {
    const done = condition(owner, 'Complete')?.status === 'True' || condition(owner, 'Failed')?.status === 'True'
    const have = Number(status?.active ?? 0) + Number(status?.succeeded ?? 0)
    return done || spec?.suspend || have > 0 ? undefined : { have: 0, want: Number(spec?.parallelism ?? 1) }
  }
  const want = owner.kind === 'DaemonSet' ? Number(status?.desiredNumberScheduled ?? 0) : Number(spec?.replicas ?? 1)
  const have = Number((owner.kind === 'DaemonSet' ? status?.currentNumberScheduled : status?.replicas) ?? 0)
  return have < want ? { have, want } : undefined
}

function lastRefusal(snapshot: Snapshot, owner: KubeObject): Pick<Refused, 'message' | 'since'> | undefined {
  const failure = condition(owner, 'ReplicaFailure')
  const [event] = eventsAbout(snapshot, owner, {
    reason: ['FailedCreate', 'FailedCreateJob', 'FailedDaemonPod'],
    type: 'Warning',
  })
  const message = failure?.status === 'True' && failure.message ? failure.message : event && messageText(event)
  if (!message) return undefined
  return {
    message: clean(message),
    since: failure?.status === 'True' ? failure.lastTransitionTime : event?.firstTimestamp,
  }
}

/** Without the names of single pods, so that the same refusal reads the same. */
function clean(message: string): string {
  return oneLine(message.replace('(combined from similar events): ', '').replace(/^Error creating: /, ''), 500)
}

/** The parts that drafts about refused pods share. */
export function refusedDraft(
  snapshot: Snapshot,
  refused: Refused,
): Pick<Draft, 'severity' | 'object' | 'depth' | 'summary' | 'evidence'> & { since?: string } {
  const { workload, owner, have, want, message, since } = refused
  return {
    severity: have === 0 ? 'critical' : 'warning',
    object: refOf(workload),
    depth: 'cause',
    summary: `${have} of ${want} pods can be created${restartText(snapshot, since, 0)}`,
    evidence: [evidence('event', owner, `FailedCreate: ${message}`)],
    ...(since ? { since } : {}),
  }
}

/** Several workloads refused for the same reason are one trouble about the object behind it. */
export function explainsOf(refused: readonly Refused[]): ObjectRef[] {
  return refused.flatMap(({ workload, owner }) => [refOf(workload), refOf(owner)])
}
