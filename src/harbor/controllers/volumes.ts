// Persistent volumes: claims get one, by class, and grow where the class allows it. Nothing is stored anywhere.
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import { matchesSelector } from '../../objects/selector.ts'
import type { Controller, World } from '../world.ts'
import { MANAGER } from './owners.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'

type Spec = KubeObject['spec']

const COMPONENT = { component: 'persistentvolume-controller' }
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
const SELECTED = 'volume.kubernetes.io/selected-node'
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
const PROTECTION = 'kubernetes.io/pvc-protection'
// unbound claims are looked at again this often, as --pvclaimbinder-sync-period
const AGAIN = 15_000

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

function say(world: World, claim: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, claim, COMPONENT, { type, reason, message })
}

/** Binds the claim, or says what it waits for; returns when to look again. */
function bind(world: World, claim: KubeObject): number | undefined {
  const className: string | undefined = claim.spec?.storageClassName
  const free = matchingVolume(world, claim)
  if (free) return complete(world, claim, free)
  if (!className) {
    say(
      world,
      claim,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    )
    return AGAIN
  }
  const storageClass = world.find('StorageClass', undefined, className)
  if (!storageClass) {
    say(world, claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`)
    return AGAIN
  }
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !claim.metadata.annotations?.[SELECTED]) {
    say(world, claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
    return undefined
  }
  if (storageClass.provisioner === NO_PROVISIONER) return AGAIN
  return complete(world, claim, provision(world, claim, storageClass))
}

function matchingVolume(world: World, claim: KubeObject): KubeObject | undefined {
  const size = sizeOf(claim)
  const { accessModes = [], storageClassName = '', volumeName, selector, volumeMode = 'Filesystem' } = claim.spec ?? {}
  return world
    .list('PersistentVolume')
    .filter(({ spec, status, metadata }) => {
      if (metadata.deletionTimestamp) return false
      const reference = spec?.claimRef
      if (reference)
        return (
          reference.namespace === claim.metadata.namespace &&
          reference.name === claim.metadata.name &&
          (!reference.uid || reference.uid === claim.metadata.uid)
        )
      if (volumeName) return metadata.name === volumeName
      return (
        (status?.phase ?? 'Available') === 'Available' &&
        (spec?.storageClassName ?? '') === storageClassName &&
        (spec?.volumeMode ?? 'Filesystem') === volumeMode &&
        accessModes.every((mode: string) => spec?.accessModes?.includes(mode)) &&
        (parseQuantity(spec?.capacity?.storage) ?? 0) >= size &&
        (!selector || matchesSelector(selector, metadata.labels))
      )
    })
    .sort(
      (a, b) => (parseQuantity(a.spec?.capacity?.storage) ?? 0) - (parseQuantity(b.spec?.capacity?.storage) ?? 0),
    )[0]
}

function sizeOf(claim: KubeObject): number {
  return parseQuantity(claim.spec?.resources?.requests?.storage) ?? 0
}

function provision(world: World, claim: KubeObject, storageClass: KubeObject): KubeObject {
  const { provisioner, reclaimPolicy = 'Delete', metadata } = storageClass
  const name = `pvc-${claim.metadata.uid}`
  say(
    world,
    claim,
    'Normal',
    'ExternalProvisioning',
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  )
  const node = claim.metadata.annotations?.[SELECTED]
  const zone = node && world.find('Node', undefined, node)?.metadata.labels?.['topology.kubernetes.io/zone']
  const term = { key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }
  const volume = world.create(
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name,
        annotations: { 'pv.kubernetes.io/provisioned-by': provisioner },
        finalizers: ['kubernetes.io/pv-protection'],
      },
      spec: {
        capacity: { storage: claim.spec?.resources?.requests?.storage ?? '1Gi' },
        accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: reclaimPolicy,
        storageClassName: metadata.name,
        volumeMode: claim.spec?.volumeMode ?? 'Filesystem',
        csi: { driver: provisioner, volumeHandle: name, fsType: 'ext4' },
        claimRef: referenceTo(claim),
        ...(zone ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [term] }] } } } : {}),
      },
    },
    { manager: MANAGER },
  )
  say(world, claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
  return volume
}

function referenceTo({ metadata }: KubeObject): Spec {
  return {
    kind: 'PersistentVolumeClaim',
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    apiVersion: 'v1',
  }
}

function complete(world: World, claim: KubeObject, volume: KubeObject): undefined {
  const { namespace, name } = claim.metadata
  const provisioner = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by']
  world.modify(
    'PersistentVolume',
    undefined,
    volume.metadata.name,
    (draft) => void (draft.spec.claimRef = referenceTo(claim)),
    { manager: MANAGER },
  )
  world.modify(
    'PersistentVolume',
    undefined,
    volume.metadata.name,
    (draft) => void (draft.status = { ...draft.status, phase: 'Bound' }),
    {
      manager: MANAGER,
      subresource: 'status',
    },
  )
  world.modify(
    'PersistentVolumeClaim',
    namespace,
    name,
    (draft) => {
      draft.spec.volumeName = volume.metadata.name
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
        ...(provisioner
          ? { [PROVISIONER]: provisioner, [`volume.beta.kubernetes.io/storage-provisioner`]: provisioner }
          : {}),
      }
    },
    { manager: MANAGER },
  )
  world.modify(
    'PersistentVolumeClaim',
    namespace,
    name,
    (draft) => {
      draft.status = {
        ...draft.status,
        phase: 'Bound',
        accessModes: volume.spec.accessModes,
        capacity: { ...volume.spec.capacity },
      }
    },
    { manager: MANAGER, subresource: 'status' },
  )
  return undefined
}

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
