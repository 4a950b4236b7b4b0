// Namespaces that hang in Terminating, with what holds them: objects, finalizers, a dead API.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { finalizerOwner } from '../look/finalizers.ts'
import { type Condition, condition } from '../look/pods.ts'
import { count, duration, evidence, oneLine, some } from '../look/words.ts'

const PATIENCE_MS = 5 * 60_000
const TYPES = [
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceFinalizersRemaining',
  'NamespaceContentRemaining',
]

export const namespaceTerminating: Check = {
  name: 'namespace-terminating',
  title: 'A namespace hangs in Terminating',
  why: 'Something in it waits for a finalizer whose controller is gone, or an API that is down keeps the rest from being listed.',
  fix: 'Bring the controller back so that it cleans up; only when what it manages is gone, remove the finalizer by hand.',
  reads: ['Namespace', 'APIService', 'Deployment', 'Pod', 'CustomResourceDefinition'],
  run(snapshot) {
    return snapshot.list('Namespace').flatMap((namespace) => {
      const age = snapshot.ageMs(namespace.metadata.deletionTimestamp)
      return age !== undefined && age > PATIENCE_MS ? draftOf(snapshot, namespace, age) : []
    })
  },
}

function draftOf(snapshot: Snapshot, namespace: KubeObject, age: number): Draft {
  const name = namespace.metadata.name
  const told = TYPES.flatMap((type) => {
    const found = condition(namespace, type)
    return found?.status === 'True' ? [found] : []
  })
  const stuck = snapshot.objects.filter(
    (object) =>
      object.metadata.namespace === name &&
      object.kind !== 'Event' &&
      object.metadata.deletionTimestamp &&
      (object.metadata.finalizers?.length ?? 0) > 0,
  )
  const finalizers = [
    ...new Set([...stuck.flatMap((object) => object.metadata.finalizers ?? []), ...finalizersIn(told)]),
  ].slice(0, 6)
  const own = (namespace.metadata.finalizers ?? []).filter((entry) => entry !== 'kubernetes')
  const discovery = told.find((entry) => entry.type === 'NamespaceDeletionDiscoveryFailure')
  const owners = finalizers.map((finalizer) => finalizerOwner(snapshot, finalizer))
  const dueTo: ObjectRef[] = [
    ...owners.flatMap((owner) => (owner.workload && owner.down ? [refOf(owner.workload)] : [])),
    ...(discovery
      ? snapshot
          .list('APIService')
          .filter((api) => condition(api, 'Available')?.status === 'False')
          .map(refOf)
      : []),
    ...stuck.flatMap((object) =>
      object.kind === 'Pod' && object.spec?.nodeName
        ? [{ apiVersion: 'v1', kind: 'Node', name: String(object.spec.nodeName) }]
        : [],
    ),
  ]
  const objects = stuck.map((object) => `${object.kind} ${object.metadata.name}`)
  const holder =
    finalizers.length > 0
      ? `finalizer ${some(finalizers)}${objects.length > 0 ? ` on ${some(objects, 4)}` : ''} is never removed`
      : own.length > 0
        ? `the namespace itself has finalizer ${some(own)}`
        : told[0]
          ? oneLine(told[0].message)
          : 'what remains in it could not be read'
  const who = owners[0]
  return {
    severity: 'warning',
    object: refOf(namespace),
    depth: 'cause',
    summary: `Namespace ${name} has been hanging in Terminating for ${duration(age)}: ${discovery ? 'an API does not answer' : `${objects.length > 0 ? count(objects.length, 'object') : 'something'} in it ${finalizers.length > 0 ? `held by finalizer ${some(finalizers)}` : 'is not deleted'}`}`,
    cause: discovery
      ? `the namespace controller cannot list everything: ${oneLine(discovery.message)}`
      : `${holder}${who ? `; ${who.text}` : ''}`,
    evidence: [
      ...told.slice(0, 4).map((entry) => evidence('status', namespace, `${entry.type}: ${entry.message ?? ''}`)),
      ...stuck
        .slice(0, 4)
        .map((object) =>
          evidence(
            'spec',
            object,
            `deleted ${object.metadata.deletionTimestamp}, finalizers ${some(object.metadata.finalizers ?? [])}`,
          ),
        ),
      ...(who?.workload ? [evidence('status', who.workload, who.text)] : []),
    ],
    remedy: discovery
      ? 'Mend or delete the APIService that does not answer; the deletion then goes on by itself.'
      : `${who?.workload ? `Start ${who.workload.kind} ${who.workload.metadata.namespace}/${who.workload.metadata.name} again, so that it removes the finalizer` : `Reinstall the controller that owns ${finalizers[0] ?? 'the finalizer'}, so that it cleans up`}; remove the finalizer by hand only when what it protects is known to be gone.`,
    ...(who?.workload && who.scaledToZero
      ? { action: { verb: 'scale', target: refOf(who.workload), replicas: 1 } as const }
      : {}),
    ...(namespace.metadata.deletionTimestamp ? { since: namespace.metadata.deletionTimestamp } : {}),
    dueTo,
    explains: stuck.map(refOf),
  }
}

/** "Some content in the namespace has finalizers remaining: a/b in 2 resource instances, c/d in 1 …" */
function finalizersIn(told: readonly Condition[]): string[] {
  const message = told.find((entry) => entry.type === 'NamespaceFinalizersRemaining')?.message ?? ''
  return [...message.matchAll(/([\w.-]{1,200}(?:\/[\w.-]{1,100})?) in \d+ resource instances/g)].map(
    (match) => match[1] ?? '',
  )
}
