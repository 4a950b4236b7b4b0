// Claims whose volume is gone, and volumes that failed.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { isReady, refsOf } from '../look/pods.ts'
import { usersOf } from '../look/volumes.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const claimLost: Check = {
  name: 'claim-lost',
  title: 'A PersistentVolumeClaim has lost its volume',
  why: 'The data is out of reach: pods that mount the claim cannot start again.',
  fix: 'Bring back the PersistentVolume with the same name and claimRef, or restore from a backup into a new claim.',
  reads: ['PersistentVolumeClaim', 'PersistentVolume', 'Pod', 'Event'],
  run(snapshot) {
    const drafts: Draft[] = []
    for (const claim of snapshot.list('PersistentVolumeClaim')) {
      const volume = claim.spec?.volumeName
      const pods = usersOf(snapshot, claim)
      const gone =
        volume &&
        claim.status?.phase === 'Bound' &&
        snapshot.wasRead('PersistentVolume') &&
        snapshot.list('PersistentVolume').length > 0 &&
        !snapshot.get('PersistentVolume', undefined, volume)
      if (claim.status?.phase !== 'Lost' && !gone) continue
      // a pod that runs with it proves that the volume is there, whatever was read
      if (claim.status?.phase !== 'Lost' && pods.some(isReady)) continue
      drafts.push({
        severity: pods.length > 0 || claim.status?.phase === 'Lost' ? 'critical' : 'warning',
        object: refOf(claim),
        depth: 'cause',
        summary: `PersistentVolumeClaim ${nameOf(claim)} has lost its PersistentVolume ${volume ?? ''}`,
        cause: `PersistentVolume ${volume ?? ''} no longer exists or is bound to another claim; the claim is ${claim.status?.phase}`,
        evidence: [evidence('status', claim, `phase ${claim.status?.phase}, volumeName ${volume ?? '(none)'}`)],
        remedy: `Recreate PersistentVolume ${volume ?? ''} for the same disk (with its claimRef), or restore a backup into a new claim. Do not delete the disk.`,
        explains: [...refsOf(pods), ...refsOf([...new Set(pods.map((pod) => workloadOf(snapshot, pod)))])],
      })
    }
    for (const volume of snapshot.list('PersistentVolume')) {
      if (volume.status?.phase !== 'Failed') continue
      drafts.push(failed(volume))
    }
    return drafts
  },
}

function failed(volume: KubeObject): Draft {
  const claim = volume.spec?.claimRef
  return {
    severity: 'warning',
    object: refOf(volume),
    depth: 'cause',
    summary: `PersistentVolume ${volume.metadata.name} is Failed: it could not be reclaimed`,
    cause: oneLine(
      volume.status?.message ??
        volume.status?.reason ??
        `the volume of deleted claim ${claim ? some([`${claim.namespace}/${claim.name}`]) : ''} could not be deleted or recycled`,
    ),
    evidence: [evidence('status', volume, `phase Failed: ${volume.status?.message ?? ''}`)],
    remedy: 'Delete the disk by hand once its data is not needed, then delete the PersistentVolume.',
  }
}
