// Reading Jobs and CronJobs: whether a run failed for good, whether a later one made up for it, how often a schedule fires.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { condition } from './pods.ts'
import { workloadOf } from './workloads.ts'

export interface JobFailure {
  /** BackoffLimitExceeded, DeadlineExceeded, PodFailurePolicy … or Retrying */
  reason: string
  message: string
  failed: number
  /** it will not be tried again */
  final: boolean
  /** long ago: worth knowing, no trouble of today */
  old: boolean
  since: string | undefined
}

const OLD_MS = 3 * 24 * 3600_000
const RETRIES = 2

/** Undefined for Jobs that are well, suspended, retried with success, or whose CronJob has had a good run since. */
export function jobFailure(snapshot: Snapshot, job: KubeObject): JobFailure | undefined {
  if (job.metadata.deletionTimestamp || job.spec?.suspend || condition(job, 'Complete')?.status === 'True')
    return undefined
  const ended = [condition(job, 'Failed'), condition(job, 'FailureTarget')].find((entry) => entry?.status === 'True')
  const failed = Number(job.status?.failed ?? 0)
  if (!ended && failed < RETRIES) return undefined
  const since = ended?.lastTransitionTime ?? job.status?.startTime
  if (madeUpFor(snapshot, job, since)) return undefined
  return {
    reason: ended?.reason ?? 'Retrying',
    message: ended?.message ?? `${failed} pods failed so far`,
    failed: Math.max(failed, ended ? 1 : 0),
    final: ended !== undefined,
    old: (snapshot.ageMs(since) ?? 0) > OLD_MS && workloadOf(snapshot, job) === job,
    since,
  }
}

/** A later run of the same CronJob ended well. */
function madeUpFor(snapshot: Snapshot, job: KubeObject, since: string | undefined): boolean {
  const owner = workloadOf(snapshot, job)
  if (owner === job) return false
  const success = Date.parse(owner.status?.lastSuccessfulTime ?? '')
  const at = Date.parse(since ?? job.metadata.creationTimestamp ?? '')
  if (!Number.isNaN(success) && !Number.isNaN(at) && success > at) return true
  return snapshot
    .ownedBy(owner)
    .some(
      (other) =>
        other.kind === 'Job' &&
        condition(other, 'Complete')?.status === 'True' &&
        String(other.metadata.creationTimestamp) > String(job.metadata.creationTimestamp),
    )
}

export function jobPods(snapshot: Snapshot, job: KubeObject): KubeObject[] {
  return snapshot.ownedBy(job).filter(({ kind }) => kind === 'Pod')
}

/** Runs of a CronJob that have not ended, oldest first. */
export function activeJobs(snapshot: Snapshot, cronJob: KubeObject): KubeObject[] {
  return snapshot
    .ownedBy(cronJob)
    .filter((job) => job.kind === 'Job' && !job.metadata.deletionTimestamp && Number(job.status?.active ?? 0) > 0)
    .sort((a, b) => String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)))
}
