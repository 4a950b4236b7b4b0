// Whose trouble is it: the workload that a person would name, told from a pod's own fields, so that no further kind has to be watched.
import type { ObjectRef } from '../core/ref.ts'
import { controllerOf, type KubeObject } from './object.ts'

const WORKLOADS = new Set([
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'ReplicationController',
  'Deployment',
  'CronJob',
  'Rollout',
])
const HASH = /^[bcdf-hj-np-tv-z0-9]{5,10}$/

/** Pod → ReplicaSet → Deployment and Pod → Job → CronJob, by the names that their controllers give; a pod without controller owns itself. */
export function ownerOfPod(pod: KubeObject): ObjectRef {
  const { namespace = '', name, labels } = pod.metadata
  const owner = controllerOf(pod)
  if (!owner || !WORKLOADS.has(owner.kind)) return { kind: 'Pod', namespace, name }
  const hash = labels?.['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)) {
    return {
      kind: labels?.['rollouts-pod-template-hash'] ? 'Rollout' : 'Deployment',
      namespace,
      name: owner.name.slice(0, -hash.length - 1),
    }
  }
  const cronJob = owner.kind === 'Job' ? cronJobName(owner.name) : undefined
  if (cronJob !== undefined) return { kind: 'CronJob', namespace, name: cronJob }
  return { kind: owner.kind, namespace, name: owner.name }
}

/**
 * Of an object that events speak of, when no pod is known that tells more: the name of a ReplicaSet or of a Deployment's pod ends with a
 * generated hash. `known` answers for pods that are watched.
 */
export function ownerOfEvent(about: ObjectRef, known: (ref: ObjectRef) => ObjectRef | undefined): ObjectRef {
  const { kind, namespace, name } = about
  const ref = namespace ? { kind, namespace, name } : { kind, name }
  const watched = known(ref)
  if (watched) return watched
  const parts = name.split('-')
  if (kind === 'Pod' && parts.length > 2 && /^[a-z0-9]{5}$/.test(parts.at(-1) ?? '') && HASH.test(parts.at(-2) ?? '')) {
    return { kind: 'Deployment', ...(namespace ? { namespace } : {}), name: parts.slice(0, -2).join('-') }
  }
  if (kind === 'ReplicaSet' && parts.length > 1 && HASH.test(parts.at(-1) ?? '')) {
    return { kind: 'Deployment', ...(namespace ? { namespace } : {}), name: parts.slice(0, -1).join('-') }
  }
  const cronJob = kind === 'Job' ? cronJobName(name) : undefined
  return cronJob === undefined ? ref : { ...ref, kind: 'CronJob', name: cronJob }
}

/** Jobs of a CronJob end with the minute they are due, counted since 1970. */
function cronJobName(job: string): string | undefined {
  return /^(.+)-\d{8}$/.exec(job)?.[1]
}
