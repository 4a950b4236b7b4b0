// Reading workloads: who owns a pod, how many replicas are wanted and ready.
import type { ObjectRef } from '../../core/ref.ts'
import { controllerOf, type KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

const WORKLOADS = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'ReplicaSet',
  'ReplicationController',
  'Rollout',
  'StatefulSet',
])
export const WORKLOAD_KINDS: readonly string[] = [...WORKLOADS]

/**
 * The workload a person would name: Pod → ReplicaSet → Deployment. It stops below owners that are no workload
 * (an operator's resource, the Node of a static pod); an object without owner is its own workload.
 */
export function workloadOf(snapshot: Snapshot, object: KubeObject): KubeObject {
  let top = object
  for (let depth = 0; depth < 6; depth++) {
    const owner = snapshot.ownerOf(top) ?? deploymentByHash(snapshot, top)
    if (!owner || !WORKLOADS.has(owner.kind)) return top
    top = owner
  }
  return top
}

/** Old ReplicaSets may be missing from a snapshot: a pod of one still carries its hash, and the owner's name minus the hash is the Deployment's. */
function deploymentByHash(snapshot: Snapshot, pod: KubeObject): KubeObject | undefined {
  const hash = pod.metadata.labels?.['pod-template-hash']
  const owner = controllerOf(pod)
  if (pod.kind !== 'Pod' || !hash || owner?.kind !== 'ReplicaSet' || !owner.name.endsWith(`-${hash}`)) return undefined
  return snapshot.get('Deployment', pod.metadata.namespace, owner.name.slice(0, -hash.length - 1))
}

/** The pod template of a workload (a CronJob's is two levels down); a pod is its own. */
export function templateOf(object: KubeObject): KubeObject | undefined {
  if (object.kind === 'Pod') return object
  return object.spec?.template ?? object.spec?.jobTemplate?.spec?.template
}

/** Replicas wanted: `spec.replicas` (absent means 1), the nodes a DaemonSet should run on, a Job's parallelism. */
export function desiredReplicas(workload: KubeObject): number {
  if (workload.kind === 'DaemonSet') return Number(workload.status?.desiredNumberScheduled ?? 0)
  if (workload.kind === 'Job') return workload.spec?.suspend ? 0 : Number(workload.spec?.parallelism ?? 1)
  if (workload.kind === 'Pod') return 1
  if (workload.kind === 'CronJob') return 0
  return Number(workload.spec?.replicas ?? 1)
}

export function readyReplicas(workload: KubeObject): number {
  if (workload.kind === 'DaemonSet') return Number(workload.status?.numberReady ?? 0)
  if (workload.kind === 'Job') return Number(workload.status?.ready ?? 0)
  return Number(workload.status?.readyReplicas ?? 0)
}

/** All top-level workloads: those no other workload owns. */
export function topWorkloads(snapshot: Snapshot): KubeObject[] {
  return WORKLOAD_KINDS.flatMap((kind) => snapshot.list(kind)).filter(
    (workload) => workloadOf(snapshot, workload) === workload,
  )
}

export function nameOf(ref: ObjectRef | KubeObject): string {
  const { namespace, name } = 'metadata' in ref ? (ref as KubeObject).metadata : (ref as ObjectRef)
  return namespace ? `${namespace}/${name}` : name
}
