// Persistent volumes: claims get one, by class, and grow where the class allows it. Nothing is stored anywhere.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { Controller, World } from '../../world.ts'
import { MANAGER } from '../owners.ts'
import { keyedController, keyOf, splitKey } from '../queue.ts'
import { recordEvent } from '../recorder.ts'
import { bind, sizeOf } from './bind.ts'

type Spec = KubeObject['spec']

const PROTECTION = 'kubernetes.io/pvc-protection'

export const volumeController: Controller = keyedController('persistentvolume-binder', (world, queue) => {
  /** claims that a snapshot shows waiting: they go on waiting for the same until something about volumes changes */
  const waiting = new Set<string>()
  for (const claim of world.list('PersistentVolumeClaim'))
    if (claim.status?.phase === 'Pending') waiting.add(keyOf(claim))

  return {
    initial: () => [],
    concerns({ object, previous, type }) {
      if (object.kind === 'PersistentVolumeClaim') {
        const changed =
          type !== 'MODIFIED' ||
          previous?.metadata.generation !== object.metadata.generation ||
          JSON.stringify([previous?.spec, previous?.metadata.annotations, previous?.metadata.deletionTimestamp]) !==
            JSON.stringify([object.spec, object.metadata.annotations, object.metadata.deletionTimestamp])
        return changed ? [keyOf(object)] : []
      }
      if (object.kind === 'StorageClass' || object.kind === 'PersistentVolume') {
        if (object.kind === 'PersistentVolume' && type === 'MODIFIED') return []
        waiting.clear()
        return world
          .list('PersistentVolumeClaim')
          .filter(({ status }) => status?.phase !== 'Bound')
          .map(keyOf)
      }
      // a claim that is going waits until no pod uses it
      if (object.kind !== 'Pod' || type !== 'DELETED') return []
      return (object.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }: Spec) =>
        persistentVolumeClaim ? [`${object.metadata.namespace}/${persistentVolumeClaim.claimName}`] : [],
      )
    },
    reconcile(key) {
      const [namespace, name] = splitKey(key)
      const claim = world.find('PersistentVolumeClaim', namespace, name)
      if (!claim) return releaseVolume(world, namespace, name)
      if (claim.metadata.deletionTimestamp) return unprotect(world, claim)
      if (claim.status?.phase === 'Bound') return grow(world, claim)
      if (waiting.has(key)) return undefined
      const wait = bind(world, claim)
      if (wait !== undefined) queue.add(key, wait)
      return undefined
    },
  }
})

/** A bound claim that asks for more gets it. */
function grow(world: World, claim: KubeObject): undefined {
  const asked = claim.spec?.resources?.requests?.storage
  const has = parseQuantity(claim.status?.capacity?.storage)
  if (has === undefined || sizeOf(claim) <= has) return undefined
  const storageClass = world.find('StorageClass', undefined, claim.spec?.storageClassName)
  if (storageClass?.allowVolumeExpansion !== true) return undefined
  const options = { manager: MANAGER, subresource: 'status' }
  world.modify(
    'PersistentVolume',
    undefined,
    claim.spec.volumeName,
    (draft) => void (draft.spec.capacity = { ...draft.spec.capacity, storage: asked }),
    { manager: MANAGER },
  )
  world.modify(
    'PersistentVolumeClaim',
    claim.metadata.namespace,
    claim.metadata.name,
    (draft) => void (draft.status.capacity = { ...draft.status.capacity, storage: asked }),
    options,
  )
  recordEvent(
    world,
    claim,
    { component: 'kubelet' },
    {
      type: 'Normal',
      reason: 'FileSystemResizeSuccessful',
      message: 'MountVolume.NodeExpandVolume succeeded for volume',
    },
  )
  return undefined
}

function unprotect(world: World, claim: KubeObject): undefined {
  const { namespace, name, finalizers } = claim.metadata
  if (!finalizers?.includes(PROTECTION)) return undefined
  const isUsed = world
    .list('Pod', { namespace: namespace ?? '' })
    .some(
      ({ spec, status }) =>
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        (spec?.volumes ?? []).some(({ persistentVolumeClaim }: Spec) => persistentVolumeClaim?.claimName === name),
    )
  if (isUsed) return undefined
  world.modify(
    'PersistentVolumeClaim',
    namespace,
    name,
    (draft) => {
      const rest = (draft.metadata.finalizers ?? []).filter((item) => item !== PROTECTION)
      if (rest.length > 0) draft.metadata.finalizers = rest
      else delete draft.metadata.finalizers
    },
    { manager: MANAGER },
  )
  return undefined
}

/** The claim is gone: its volume is deleted or kept, as its reclaim policy says. */
function releaseVolume(world: World, namespace: string | undefined, name: string): undefined {
  for (const volume of world.list('PersistentVolume')) {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec ?? {}
    if (claimRef?.namespace !== namespace || claimRef?.name !== name || volume.status?.phase !== 'Bound') continue
    world.modify(
      'PersistentVolume',
      undefined,
      volume.metadata.name,
      (draft) => void (draft.status = { ...draft.status, phase: 'Released' }),
      {
        manager: MANAGER,
        subresource: 'status',
      },
    )
    if (persistentVolumeReclaimPolicy !== 'Delete') continue
    world.modify(
      'PersistentVolume',
      undefined,
      volume.metadata.name,
      (draft) => void delete draft.metadata.finalizers,
      { manager: MANAGER },
    )
    world.delete('PersistentVolume', undefined, volume.metadata.name, { manager: MANAGER })
  }
  return undefined
}
