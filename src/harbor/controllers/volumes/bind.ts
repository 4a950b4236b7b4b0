// How a claim gets its volume: one that is free and fits, or a new one from its storage class.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import { matchesSelector } from '../../../objects/selector.ts'
import type { World } from '../../world.ts'
import { MANAGER } from '../owners.ts'
import { recordEvent } from '../recorder.ts'

type Spec = KubeObject['spec']

const COMPONENT = { component: 'persistentvolume-controller' }
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
const SELECTED = 'volume.kubernetes.io/selected-node'
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
// unbound claims are looked at again this often, as --pvclaimbinder-sync-period
const AGAIN = 15_000

function say(world: World, claim: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, claim, COMPONENT, { type, reason, message })
}

/** Binds the claim, or says what it waits for; returns when to look again. */
export function bind(world: World, claim: KubeObject): number | undefined {
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

export function sizeOf(claim: KubeObject): number {
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
