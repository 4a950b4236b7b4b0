// Objects that were deleted and stay: finalizers nobody removes, pods that do not end, claims still in use.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { finalizerOwner, isBuiltIn } from '../look/finalizers.ts'
import { groupBy } from '../look/memo.ts'
import { refsOf } from '../look/pods.ts'
import { usersOf } from '../look/volumes.ts'
import { count, duration, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const PATIENCE_MS = 5 * 60_000

export const stuckDeletion: Check = {
  name: 'stuck-deletion',
  title: 'An object hangs in deletion',
  why: 'It is marked for deletion and waits for a finalizer or a kubelet; a new one of the same name cannot be made.',
  fix: 'Bring back the controller that owns the finalizer, or the node of the pod; remove by hand only what is known to be gone.',
  reads: [
    'Pod',
    'Node',
    'PersistentVolumeClaim',
    'PersistentVolume',
    'Namespace',
    'Deployment',
    'CustomResourceDefinition',
  ],
  run(snapshot) {
    const stuck = snapshot.objects.filter((object) => {
      if (object.kind === 'Namespace' || !object.metadata.deletionTimestamp) return false
      const grace = 1000 * Number(object.metadata.deletionGracePeriodSeconds ?? 0)
      // deletionTimestamp of a pod already lies its grace period after the request
      return (
        (snapshot.ageMs(object.metadata.deletionTimestamp) ?? 0) > PATIENCE_MS + (object.kind === 'Pod' ? 0 : grace)
      )
    })
    const pods = stuck.filter((object) => object.kind === 'Pod')
    const others = stuck.filter((object) => object.kind !== 'Pod' && (object.metadata.finalizers?.length ?? 0) > 0)
    return [
      ...[...groupBy(pods, (pod) => workloadOf(snapshot, pod))].map(([workload, group]) =>
        podDraft(snapshot, workload, group),
      ),
      ...[
        ...groupBy(
          others,
          (object) => `${object.kind}/${object.metadata.namespace ?? ''}/${(object.metadata.finalizers ?? []).join()}`,
        ),
      ].map(([, group]) => objectDraft(snapshot, group)),
    ]
  },
}

function podDraft(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft {
  const [pod] = pods as [KubeObject]
  const age = duration(snapshot.ageMs(pod.metadata.deletionTimestamp) ?? 0)
  const finalizers = [...new Set(pods.flatMap((entry) => entry.metadata.finalizers ?? []))].filter(
    (entry) => !isBuiltIn(entry),
  )
  const nodes = [...new Set(pods.map((entry) => String(entry.spec?.nodeName ?? '')))].filter(Boolean)
  const owner = finalizers[0] ? finalizerOwner(snapshot, finalizers[0]) : undefined
  return {
    severity: 'warning',
    object: refOf(workload),
    depth: 'state',
    summary: `${workload.kind} ${nameOf(workload)}: ${count(pods.length, 'pod')} (${some(pods.map((entry) => entry.metadata.name))}) stuck in Terminating for ${age}`,
    cause: owner
      ? `finalizer ${some(finalizers)} is never removed; ${owner.text}`
      : `the kubelet of ${some(nodes)} has not confirmed that ${pods.length === 1 ? 'it has' : 'they have'} ended: the node does not answer, or a process or mount there does not let go`,
    evidence: pods
      .slice(0, 3)
      .map((entry) =>
        evidence(
          'status',
          entry,
          `deleted ${entry.metadata.deletionTimestamp}, on ${entry.spec?.nodeName ?? 'no node'}${finalizers.length > 0 ? `, finalizers ${some(finalizers)}` : ''}`,
        ),
      ),
    remedy: owner
      ? 'Bring the controller of the finalizer back; remove the finalizer by hand only when its work is known to be done.'
      : `Look at node ${some(nodes)}; only when its processes are surely gone, delete the pod with --force --grace-period=0.`,
    ...(pod.metadata.deletionTimestamp ? { since: pod.metadata.deletionTimestamp } : {}),
    pods: refsOf(pods),
    dueTo: [
      ...nodes.map((name): ObjectRef => ({ apiVersion: 'v1', kind: 'Node', name })),
      ...(owner?.workload && owner.down ? [refOf(owner.workload)] : []),
    ],
  }
}

function objectDraft(snapshot: Snapshot, group: KubeObject[]): Draft {
  const [object] = group as [KubeObject]
  const finalizers = object.metadata.finalizers ?? []
  const names = some(
    group.map((entry) => entry.metadata.name),
    4,
  )
  const age = duration(snapshot.ageMs(object.metadata.deletionTimestamp) ?? 0)
  const custom = finalizers.filter((entry) => !isBuiltIn(entry))
  const owner = finalizerOwner(snapshot, custom[0] ?? finalizers[0] ?? '')
  const users = object.kind === 'PersistentVolumeClaim' ? group.flatMap((claim) => usersOf(snapshot, claim)) : []
  const inUse = users.length > 0 ? `; it is still mounted by ${some(users.map((pod) => pod.metadata.name))}` : ''
  return {
    severity: 'warning',
    object: refOf(object),
    depth: 'cause',
    summary: `${object.kind} ${object.metadata.namespace ? `${object.metadata.namespace}/` : ''}${names} has been hanging in deletion for ${age}: finalizer ${some(custom.length > 0 ? custom : finalizers)} is not removed`,
    cause: `${owner.text}${inUse}`,
    evidence: [
      ...group
        .slice(0, 3)
        .map((entry) =>
          evidence(
            'spec',
            entry,
            `deleted ${entry.metadata.deletionTimestamp}, finalizers ${some(entry.metadata.finalizers ?? [])}`,
          ),
        ),
      ...(owner.workload ? [evidence('status', owner.workload, owner.text)] : []),
    ],
    remedy:
      users.length > 0
        ? `Decide whether its data is still needed: the claim goes, and with it mostly the volume, as soon as the pods that mount it (${some(users.map((pod) => pod.metadata.name))}) end; copy the data first, and do not remove the finalizer by hand.`
        : `${owner.workload ? `Look at ${owner.workload.kind} ${nameOf(owner.workload)}` : 'Bring back the controller that owns the finalizer'}; remove the finalizer by hand only when what it protects is known to be gone.`,
    ...(object.metadata.deletionTimestamp ? { since: object.metadata.deletionTimestamp } : {}),
    dueTo: [
      ...(owner.workload && owner.down ? [refOf(owner.workload)] : []),
      ...(object.metadata.namespace ? [{ apiVersion: 'v1', kind: 'Namespace', name: object.metadata.namespace }] : []),
    ],
    ...(group.length > 1 ? { explains: refsOf(group.slice(1)) } : {}),
  }
}
