// How far a job is: its pods, and what its status has counted of those that are gone.
import type { KubeObject } from '../../../objects/object.ts'
import { isActive } from '../pods.ts'
import { indexOf, parseIndexes } from './indexes.ts'

/** the finalizer that holds a pod until its job has counted it */
export const TRACKING = 'batch.kubernetes.io/job-tracking'

export interface Tally {
  pods: KubeObject[]
  active: KubeObject[]
  succeeded: number
  failed: number
  indexes: Set<number>
}

/** What the status has counted of pods that are gone, and the pods that are there. */
export function count(job: KubeObject, pods: KubeObject[]): Tally {
  const isCounted = (pod: KubeObject) => !pod.metadata.finalizers?.includes(TRACKING)
  const ended = (phase: string) => pods.filter((pod) => pod.status?.phase === phase && !isCounted(pod)).length
  const indexed = job.spec?.completionMode === 'Indexed'
  const indexes = new Set(parseIndexes(job.status?.completedIndexes))
  for (const pod of pods) if (pod.status?.phase === 'Succeeded' && indexed) indexes.add(indexOf(pod))
  // a pod that was deleted while it ran counts as failed as soon as it has ended
  return {
    pods,
    active: pods.filter(isActive),
    succeeded: indexed ? indexes.size : (job.status?.succeeded ?? 0) + ended('Succeeded'),
    failed: (job.status?.failed ?? 0) + ended('Failed'),
    indexes,
  }
}
