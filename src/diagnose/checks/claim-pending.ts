// PersistentVolumeClaims that are not bound and never will be as they are, with the reason.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { classNameOf, defaultClasses, usersOf } from '../look/volumes.ts'
import { duration, evidence, oneLine, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const PATIENCE_MS = 60_000
/** provisioners may take a while: without an error nothing is said before this */
const SLOW_MS = 5 * 60_000
const FAILED = ['ProvisioningFailed', 'FailedBinding', 'ProvisioningCleanupFailed', 'FailedProvisioning']

interface Why {
  cause: string
  remedy: string
  evidence?: Draft['evidence']
  dueTo?: ObjectRef[]
  action?: Draft['action']
  severity?: Draft['severity']
}

export const claimPending: Check = {
  name: 'claim-pending',
  title: 'A PersistentVolumeClaim is not bound',
  why: 'Pods that mount it cannot start.',
  fix: 'Name an existing StorageClass, mend the provisioner, or offer a PersistentVolume of that class, size and access mode.',
  reads: ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass', 'Event', 'Pod'],
  run(snapshot) {
    return snapshot.list('PersistentVolumeClaim').flatMap((claim) => {
      if (claim.status?.phase !== 'Pending' || claim.metadata.deletionTimestamp) return []
      if ((snapshot.ageMs(claim.metadata.creationTimestamp) ?? PATIENCE_MS) < PATIENCE_MS) return []
      return draftOf(snapshot, claim) ?? []
    })
  },
}

function draftOf(snapshot: Snapshot, claim: KubeObject): Draft | undefined {
  const why = whyPending(snapshot, claim)
  if (!why) return undefined
  const pods = usersOf(snapshot, claim)
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  const age = snapshot.ageMs(claim.metadata.creationTimestamp)
  return {
    // without a pod that wants it nobody is hurt yet, but it will not mend itself either
    severity: why.severity ?? (pods.length > 0 ? 'critical' : 'warning'),
    object: refOf(claim),
    depth: 'cause',
    summary: `PersistentVolumeClaim ${nameOf(claim)} has been Pending${age === undefined ? '' : ` for ${duration(age)}`}${pods.length > 0 ? `, so ${some(workloads.map((workload) => `${workload.kind} ${workload.metadata.name}`))} cannot start` : ''}`,
    cause: why.cause,
    evidence: [
      evidence(
        'status',
        claim,
        `phase Pending, storageClassName ${classNameOf(claim) ?? '(default)'}, asks for ${claim.spec?.resources?.requests?.storage ?? '?'} ${some(claim.spec?.accessModes ?? [])}`,
      ),
      ...(why.evidence ?? []),
    ],
    remedy: why.remedy,
    ...(why.action ? { action: why.action } : {}),
    ...(claim.metadata.creationTimestamp ? { since: claim.metadata.creationTimestamp } : {}),
    dueTo: why.dueTo ?? [],
    explains: [...refsOf(workloads), ...refsOf(pods)],
  }
}

function whyPending(snapshot: Snapshot, claim: KubeObject): Why | undefined {
  const name = classNameOf(claim)
  const [failed] = eventsAbout(snapshot, claim, { reason: FAILED, withinMs: 6 * 3_600_000 })
  const shown = failed ? [evidence('event', claim, eventText(failed))] : []
  if (name === undefined) return withoutClass(snapshot, claim, shown)
  if (name === '') return byHand(snapshot, claim, shown)
  const storageClass = snapshot.get('StorageClass', undefined, name)
  if (!storageClass) {
    // who waits for a consumer knows the class, whether it is in what was read or not
    const waits = eventsAbout(snapshot, claim, { reason: 'WaitForFirstConsumer' }).length > 0
    if (!failed && (waits || !snapshot.wasRead('StorageClass'))) return undefined
    // a class that is only a name matches volumes of the same name
    const volumes = snapshot.list('PersistentVolume').filter((volume) => volume.spec?.storageClassName === name)
    if (volumes.length > 0) return byHand(snapshot, claim, shown)
    const classes = snapshot.list('StorageClass').map((entry) => entry.metadata.name)
    const near = nearest(name, classes)
    const [standard] = defaultClasses(snapshot)
    return {
      cause: `StorageClass ${name} does not exist${classes.length > 0 ? `; there ${classes.length === 1 ? 'is' : 'are'} ${some(classes, 5)}${near ? ` (nearest: ${near})` : ''}` : ''}`,
      remedy: `The class of a claim cannot be changed: delete claim ${claim.metadata.name} (it holds no data yet) and create it with storageClassName ${near ?? standard?.metadata.name ?? 'of an existing class'}, in the workload's template too; or create StorageClass ${name}.`,
      evidence: shown,
      dueTo: [{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name }],
    }
  }
  const users = usersOf(snapshot, claim)
  const lazy = storageClass.volumeBindingMode === 'WaitForFirstConsumer'
  if (failed && !/waiting for first consumer|WaitForFirstConsumer/i.test(messageText(failed)))
    return provisioning(snapshot, claim, storageClass, messageText(failed), shown)
  // a lazy class provisions once a pod that mounts the claim has a node: before that, waiting is right
  if (
    lazy &&
    users.every(
      (pod) =>
        !pod.metadata.annotations?.['volume.kubernetes.io/selected-node'] &&
        !claim.metadata.annotations?.['volume.kubernetes.io/selected-node'],
    )
  ) {
    return undefined
  }
  if ((snapshot.ageMs(claim.metadata.creationTimestamp) ?? 0) < SLOW_MS) return undefined
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return byHand(snapshot, claim, shown)
  const [waiting] = eventsAbout(snapshot, claim, { reason: ['ExternalProvisioning', 'Provisioning'] })
  return {
    cause: `the provisioner ${storageClass.provisioner} of StorageClass ${name} has neither made a volume nor reported an error: its pods are probably not running`,
    remedy: `Check that the CSI driver ${storageClass.provisioner} is installed and that its controller runs.`,
    evidence: [
      evidence('spec', storageClass, `provisioner ${storageClass.provisioner}`),
      ...(waiting ? [evidence('event', claim, eventText(waiting))] : []),
    ],
    dueTo: driverWorkloads(snapshot, storageClass.provisioner),
  }
}

function withoutClass(snapshot: Snapshot, claim: KubeObject, shown: Draft['evidence']): Why | undefined {
  if (!snapshot.wasRead('StorageClass') || defaultClasses(snapshot).length > 0) return undefined
  const classes = snapshot.list('StorageClass').map((entry) => entry.metadata.name)
  const fitting = snapshot
    .list('PersistentVolume')
    .some((volume) => volume.status?.phase === 'Available' && !volume.spec?.storageClassName)
  if (fitting) return byHand(snapshot, claim, shown)
  return {
    cause: `the claim names no StorageClass and none is the default${classes.length > 0 ? ` (there ${classes.length === 1 ? 'is' : 'are'} ${some(classes, 5)})` : '; the cluster has no StorageClass at all'}`,
    remedy:
      classes.length > 0
        ? `Mark one class as default (annotation storageclass.kubernetes.io/is-default-class: "true"), or set storageClassName in ${claim.metadata.name}.`
        : 'Install a storage driver with a StorageClass, or create a PersistentVolume by hand.',
    evidence: shown,
  }
}

/** Volumes made by hand: say what keeps each near candidate from binding. */
function byHand(snapshot: Snapshot, claim: KubeObject, shown: Draft['evidence']): Why | undefined {
  if (!snapshot.wasRead('PersistentVolume')) return undefined
  const name = classNameOf(claim) ?? ''
  const wanted = parseQuantity(claim.spec?.resources?.requests?.storage) ?? 0
  const modes: string[] = claim.spec?.accessModes ?? []
  const volumes = snapshot.list('PersistentVolume').filter((volume) => (volume.spec?.storageClassName ?? '') === name)
  const misses = volumes.map((volume) => {
    const size = parseQuantity(volume.spec?.capacity?.storage) ?? 0
    const offered: string[] = volume.spec?.accessModes ?? []
    const owner = volume.spec?.claimRef
    if (owner && (owner.name !== claim.metadata.name || owner.namespace !== claim.metadata.namespace)) {
      const gone = volume.status?.phase === 'Released'
      return `${volume.metadata.name} ${gone ? 'is Released and still reserved for' : 'belongs to'} ${owner.namespace}/${owner.name}`
    }
    if (size < wanted) return `${volume.metadata.name} has ${formatBytes(size)}, less than ${formatBytes(wanted)}`
    const missing = modes.filter((mode) => !offered.includes(mode))
    if (missing.length > 0) return `${volume.metadata.name} offers access mode ${some(offered)}, not ${some(missing)}`
    if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem'))
      return `${volume.metadata.name} has volumeMode ${volume.spec?.volumeMode}`
    if (volume.status?.phase === 'Failed') return `${volume.metadata.name} is Failed`
    return ''
  })
  const told = misses.filter((miss) => miss !== '')
  if (told.length < misses.length && claim.spec?.selector === undefined && !claim.spec?.volumeName) return undefined
  const pinned =
    claim.spec?.volumeName && !snapshot.get('PersistentVolume', undefined, claim.spec.volumeName)
      ? `the claim asks for PersistentVolume ${claim.spec.volumeName}, which does not exist`
      : undefined
  return {
    cause:
      pinned ??
      (told.length > 0
        ? `no PersistentVolume fits: ${some(told, 4)}`
        : `no PersistentVolume of class ${name === '' ? '"" (none)' : name} is available, and nothing provisions one for this class`),
    remedy:
      'Create a PersistentVolume that fits (class, size, access mode), or let the claim use a StorageClass that provisions volumes.',
    evidence: [
      ...shown,
      ...volumes
        .slice(0, 3)
        .map((volume) =>
          evidence(
            'spec',
            volume,
            `${volume.spec?.capacity?.storage ?? '?'} ${some(volume.spec?.accessModes ?? [])} ${volume.status?.phase ?? ''}`,
          ),
        ),
    ],
  }
}

function provisioning(
  snapshot: Snapshot,
  claim: KubeObject,
  storageClass: KubeObject,
  message: string,
  shown: Draft['evidence'],
): Why {
  const text = oneLine(message.replace(/^failed to provision volume with StorageClass "[^"]*": /, ''), 300)
  const why = /quota|limit exceeded|LimitExceeded/i.test(message)
    ? 'a quota or limit of the storage is used up'
    : /unauthorized|forbidden|AccessDenied|not authorized|permission/i.test(message)
      ? 'the driver lacks permission'
      : /no space|not enough|insufficient|capacity|out of space/i.test(message)
        ? 'the storage has no room left'
        : /access ?mode|ReadWriteMany|MULTI_NODE/i.test(message)
          ? `the driver does not support access mode ${some(claim.spec?.accessModes ?? [])}`
          : /topology|zone/i.test(message)
            ? 'the zone asked for does not fit'
            : 'the driver reports an error'
  return {
    cause: `provisioning with StorageClass ${storageClass.metadata.name} (${storageClass.provisioner}) fails, ${why}: ${text}`,
    remedy: /access ?mode/.test(why)
      ? 'Ask for an access mode the driver supports (ReadWriteOnce), or use a class for shared storage.'
      : 'Mend what the driver reports; it tries again by itself.',
    evidence: shown,
    dueTo: [refOf(storageClass), ...driverWorkloads(snapshot, storageClass.provisioner)],
  }
}

/** The controllers of a driver by the words of its name: `ebs.csi.aws.com` → ebs-csi-controller. */
function driverWorkloads(snapshot: Snapshot, provisioner: string): ObjectRef[] {
  const [word = ''] = String(provisioner).replace(/^.*\//, '').split('.')
  if (word.length < 3) return []
  return ['Deployment', 'StatefulSet', 'DaemonSet']
    .flatMap((kind) => snapshot.list(kind))
    .filter(
      (workload) =>
        workload.metadata.name.includes(word) &&
        /csi|provision|storage|nfs|local-path|longhorn|rook|ceph/.test(workload.metadata.name),
    )
    .map(refOf)
}
