// Who owns what: claiming by selector and controller reference, as every workload controller does.
import { controllerOf, type KubeObject, type OwnerReference } from '../../objects/object.ts'
import { matchesSelector } from '../../objects/selector.ts'
import type { World } from '../world.ts'

export const MANAGER = 'kube-controller-manager'

export function ownerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The key of the controlling owner when it is of this kind. */
export function ownerKey(object: KubeObject, kind: string): string | undefined {
  const owner = controllerOf(object)
  return owner?.kind === kind ? `${object.metadata.namespace ?? ''}/${owner.name}` : undefined
}

/**
 * The objects of `kind` that `owner` controls. An orphan that its selector matches is adopted; one of its own that no longer
 * matches is released. Without a selector (or while the owner is going) nothing changes hands.
 */
export function claim(world: World, owner: KubeObject, kind: string): KubeObject[] {
  const uid = owner.metadata.uid ?? ''
  const owned = world.ownedBy(uid).filter((object) => object.kind === kind && controllerOf(object)?.uid === uid)
  const selector = owner.spec?.selector
  if (!selector || owner.metadata.deletionTimestamp) return owned
  const kept = owned.filter(
    (object) => matchesSelector(selector, object.metadata.labels) || !release(world, object, uid),
  )
  const namespace = owner.metadata.namespace
  const adopted = world
    .list(kind, namespace === undefined ? {} : { namespace })
    .filter(
      (object) =>
        !controllerOf(object) &&
        !object.metadata.deletionTimestamp &&
        matchesSelector(selector, object.metadata.labels),
    )
    .flatMap((object) => adopt(world, object, owner) ?? [])
  return [...kept, ...adopted]
}

function adopt(world: World, object: KubeObject, owner: KubeObject): KubeObject | undefined {
  return world.modify(
    object.kind,
    object.metadata.namespace,
    object.metadata.name,
    (draft) => {
      draft.metadata.ownerReferences = [...(draft.metadata.ownerReferences ?? []), ownerReference(owner)]
    },
    { manager: MANAGER },
  )
}

function release(world: World, object: KubeObject, uid: string): boolean {
  if (object.metadata.deletionTimestamp) return false
  world.modify(
    object.kind,
    object.metadata.namespace,
    object.metadata.name,
    (draft) => {
      const rest = (draft.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)
      if (rest.length > 0) draft.metadata.ownerReferences = rest
      else delete draft.metadata.ownerReferences
    },
    { manager: MANAGER },
  )
  return true
}

/** Keys of the owners of `kind` in the object's namespace that might adopt it. */
export function possibleOwners(world: World, object: KubeObject, kind: string): string[] {
  const namespace = object.metadata.namespace ?? ''
  if (!object.metadata.labels) return []
  return world
    .list(kind, { namespace })
    .filter((owner) => matchesSelector(owner.spec?.selector, object.metadata.labels))
    .map((owner) => `${namespace}/${owner.metadata.name}`)
}

/** "Kind.group", so that kinds of the same name are told apart. */
export function kindName({ apiVersion, kind }: KubeObject): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? kind : `${kind}.${apiVersion.slice(0, slash)}`
}
