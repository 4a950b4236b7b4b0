// The garbage collector: what is owned goes with its owner, before it, or stays behind as an orphan.
import type { KubeObject } from '../../objects/object.ts'
import type { Controller, World } from '../world.ts'
import { kindName, MANAGER } from './owners.ts'
import { keyedController } from './queue.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

export const garbageCollector: Controller = keyedController('generic-garbage-collector', (world) => {
  // owners that a loaded dump mentions without having them: nothing of theirs is garbage
  const unseen = unseenOwners(world)

  function isGone(uid: string): boolean {
    return !unseen.has(uid) && !world.byUid(uid)
  }

  return {
    initial: () => [],
    concerns({ object, type }) {
      const { uid = '', ownerReferences, finalizers, deletionTimestamp } = object.metadata
      if (type === 'DELETED') {
        const dependents = world.ownedBy(uid).map(({ metadata }) => metadata.uid ?? '')
        // an owner in foreground deletion waits for this one
        return [...dependents, ...(ownerReferences ?? []).map((owner) => owner.uid)]
      }
      const waits = deletionTimestamp && (finalizers?.includes(FOREGROUND) || finalizers?.includes(ORPHAN))
      const absent = type === 'ADDED' && ownerReferences?.some((owner) => isGone(owner.uid))
      return waits || absent ? [uid] : []
    },
    reconcile(uid) {
      const object = world.byUid(uid)
      if (!object) return
      const { finalizers, deletionTimestamp } = object.metadata
      if (deletionTimestamp && finalizers?.includes(ORPHAN)) return orphan(world, object)
      if (deletionTimestamp && finalizers?.includes(FOREGROUND)) {
        if (!removeDependents(world, object)) return
        return release(world, object, FOREGROUND)
      }
      if (!deletionTimestamp) collect(world, object, isGone)
    },
  }
})

function unseenOwners(world: World): Set<string> {
  const uids = new Set<string>()
  for (const kind of OWNED) {
    for (const { metadata } of world.list(kind)) {
      for (const { uid } of metadata.ownerReferences ?? []) if (!world.byUid(uid)) uids.add(uid)
    }
  }
  return uids
}
// kinds that dumps hold and others own; what else turns up later is judged as it comes
const OWNED = [
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ControllerRevision',
  'Service',
  'Endpoints',
  'EndpointSlice',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Lease',
]

/** Deletes an object whose owners are all gone; drops references to those that are. */
function collect(world: World, object: KubeObject, isGone: (uid: string) => boolean): void {
  const owners = object.metadata.ownerReferences ?? []
  const alive = owners.filter(({ uid }) => !isGone(uid))
  if (owners.length === 0 || alive.length === owners.length) return
  const { namespace, name, uid } = object.metadata
  if (alive.length > 0) {
    world.modify(kindName(object), namespace, name, (draft) => void (draft.metadata.ownerReferences = alive), {
      manager: MANAGER,
    })
    return
  }
  world.delete(kindName(object), namespace, name, {
    propagationPolicy: 'Background',
    preconditions: uid ? { uid } : {},
    manager: MANAGER,
  })
}

/** Deletes what blocks the owner's deletion; true when nothing of it is left. */
function removeDependents(world: World, owner: KubeObject): boolean {
  const blocking = world
    .ownedBy(owner.metadata.uid ?? '')
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion),
    )
  for (const dependent of blocking) {
    const { namespace, name, uid = '', deletionTimestamp } = dependent.metadata
    if (deletionTimestamp) continue
    const hasOwn = world.ownedBy(uid).length > 0
    world.delete(kindName(dependent), namespace, name, {
      propagationPolicy: hasOwn ? 'Foreground' : 'Background',
      preconditions: { uid },
      manager: MANAGER,
    })
  }
  const { uid = '' } = owner.metadata
  return !world
    .ownedBy(uid)
    .some(({ metadata }) =>
      metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
    )
}

function orphan(world: World, owner: KubeObject): void {
  const { uid } = owner.metadata
  for (const dependent of world.ownedBy(uid ?? '')) {
    world.modify(
      kindName(dependent),
      dependent.metadata.namespace,
      dependent.metadata.name,
      (draft) => {
        const rest = (draft.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid)
        if (rest.length > 0) draft.metadata.ownerReferences = rest
        else delete draft.metadata.ownerReferences
      },
      { manager: MANAGER },
    )
  }
  release(world, owner, ORPHAN)
}

function release(world: World, object: KubeObject, finalizer: string): void {
  world.modify(
    kindName(object),
    object.metadata.namespace,
    object.metadata.name,
    (draft) => {
      const rest = (draft.metadata.finalizers ?? []).filter((item) => item !== finalizer)
      if (rest.length > 0) draft.metadata.finalizers = rest
      else delete draft.metadata.finalizers
    },
    { manager: MANAGER },
  )
}
