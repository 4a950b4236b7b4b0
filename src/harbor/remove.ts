// The verb delete, once for all kinds: preconditions, grace, finalizers, propagation.
import type { KubeObject } from '../objects/object.ts'
import type { Realm, VerbOptions } from './realm.ts'
import type { Resource } from './registry.ts'
import { forbidden, notFound, StatusError } from './status.ts'
import type { DeleteOptions } from './world.ts'

export interface Removed {
  object: KubeObject
  /** false: only marked, a finalizer or a grace period keeps it */
  gone: boolean
}

export type RemoveOptions = VerbOptions & DeleteOptions

const IMMORTAL = new Set(['default', 'kube-public', 'kube-system'])
const GARBAGE_FINALIZERS = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const

export function removeObject(
  realm: Realm,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  options: RemoveOptions = {},
): Removed {
  const { store } = realm
  const old = store.get(resource.id, namespace ?? '', name)
  if (!old) throw notFound(resource, name)
  if (resource.id === 'namespaces' && IMMORTAL.has(name))
    throw forbidden(resource, name, 'this namespace may not be deleted')
  checkPreconditions(old, resource, options.preconditions)
  const finalizers = finalizersFor(old, resource, options)
  const grace = resource.rules.gracePeriod?.(old, options.gracePeriodSeconds) ?? 0
  const held = finalizers.length > 0 || grace > 0 || heldBySpec(old)
  if (!held && !resource.rules.gracePeriod) {
    if (!options.dryRun) store.remove(resource.id, old)
    return { object: old, gone: true }
  }
  const marked = mark(realm, resource, old, finalizers, grace)
  if (options.dryRun) return { object: marked, gone: !held }
  const stored = marked === old ? old : store.put(resource.id, marked)
  if (!held) store.remove(resource.id, stored)
  return { object: stored, gone: !held }
}

// namespaces have finalizers in their spec
function heldBySpec(old: KubeObject): boolean {
  return old.kind === 'Namespace' && old.spec?.finalizers?.length > 0
}

function finalizersFor(old: KubeObject, resource: Resource, options: RemoveOptions): string[] {
  const { heldOnDelete } = resource.rules
  const own = old.metadata.finalizers ?? []
  const present = heldOnDelete && !old.metadata.deletionTimestamp ? [...new Set([...own, heldOnDelete])] : own
  // later calls do not change the way the dependents go
  const policy = options.propagationPolicy ?? (resource.rules.orphanByDefault ? 'Orphan' : undefined)
  if (policy === undefined) return present
  const others = present.filter((item) => item !== 'orphan' && item !== 'foregroundDeletion')
  return policy === 'Background' ? others : [...others, GARBAGE_FINALIZERS[policy]]
}

function mark({ world }: Realm, resource: Resource, old: KubeObject, finalizers: string[], grace: number): KubeObject {
  const { metadata } = old
  const same = finalizers.length === (metadata.finalizers?.length ?? 0)
  const shorter = metadata.deletionTimestamp !== undefined && grace < (metadata.deletionGracePeriodSeconds ?? 0)
  if (metadata.deletionTimestamp && same && !shorter) return old
  const { finalizers: _finalizers, ...rest } = metadata
  const marked: KubeObject = {
    ...old,
    metadata: {
      ...rest,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      deletionTimestamp: world.clock.iso(world.clock.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    },
  }
  if (metadata.deletionTimestamp && !shorter) {
    marked.metadata.deletionTimestamp = metadata.deletionTimestamp
    marked.metadata.deletionGracePeriodSeconds = metadata.deletionGracePeriodSeconds
  }
  if (metadata.generation && !metadata.deletionTimestamp) marked.metadata.generation = metadata.generation + 1
  if (resource.rules.markDeleted) resource.rules.markDeleted(marked)
  return marked
}

function checkPreconditions(
  { metadata }: KubeObject,
  { kind, group }: Resource,
  preconditions: DeleteOptions['preconditions'],
): void {
  const differs = (what: string, asked: string, is: string | undefined, guess: string) => {
    const subject = group ? `${kind}.${group}` : kind
    const why = `the ${what} in the precondition (${asked}) does not match the ${what} in record (${is}). The object might have been ${guess}`
    const message = `Operation cannot be fulfilled on ${subject} "${metadata.name}": ${why}`
    return new StatusError(409, 'Conflict', message, { name: metadata.name, ...(group ? { group } : {}), kind })
  }
  if (preconditions?.uid && preconditions.uid !== metadata.uid) {
    throw differs('UID', preconditions.uid, metadata.uid, 'deleted and then recreated')
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== metadata.resourceVersion) {
    throw differs('ResourceVersion', preconditions.resourceVersion, metadata.resourceVersion, 'modified')
  }
}
