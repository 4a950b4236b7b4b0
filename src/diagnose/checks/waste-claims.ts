// Claims that nothing mounts, and volumes left over from deleted claims.
import { refOf } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Check, Draft } from '../check.ts'
import { savingEvidence } from '../look/saving.ts'
import { references } from '../look/uses.ts'
import { usersOf } from '../look/volumes.ts'
import { duration, evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const OLD_MS = 86_400_000

export const wasteClaims: Check = {
  name: 'waste-claims',
  title: 'A volume is paid for and mounted by nobody',
  why: 'Disks cost the same whether they are used or not; scaled-down StatefulSets and deleted applications leave them behind.',
  fix: 'Take a snapshot if the data may be wanted, then delete the claim or the released volume.',
  reads: [
    'PersistentVolumeClaim',
    'PersistentVolume',
    'Pod',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'ReplicaSet',
  ],
  run(snapshot) {
    if (!['Pod', 'Deployment', 'StatefulSet', 'CronJob'].every((kind) => snapshot.wasRead(kind))) return []
    const used = references(snapshot)
    const claims = snapshot.list('PersistentVolumeClaim').flatMap((claim): Draft[] => {
      const age = snapshot.ageMs(claim.metadata.creationTimestamp)
      if (claim.status?.phase !== 'Bound' || claim.metadata.deletionTimestamp || age === undefined || age < OLD_MS)
        return []
      if (usersOf(snapshot, claim).length > 0 || used.has(`PersistentVolumeClaim/${nameOf(claim)}`)) return []
      const size = claim.status?.capacity?.storage ?? claim.spec?.resources?.requests?.storage
      return [
        {
          severity: 'info',
          object: refOf(claim),
          depth: 'cause',
          summary: `PersistentVolumeClaim ${nameOf(claim)} (${size ?? '?'}) is mounted by nobody`,
          cause: `no pod, and no workload's template, names it${age === undefined ? '' : `; it is ${duration(age)} old`}`,
          evidence: [
            savingEvidence(refOf(claim), { storage: parseQuantity(size) ?? 0 }),
            evidence('status', claim, `Bound, ${size ?? '?'}, class ${claim.spec?.storageClassName ?? '(default)'}`),
          ],
          remedy: `Make sure nobody wants the data (a snapshot costs little), then delete ${claim.metadata.name}.`,
        },
      ]
    })
    const volumes = snapshot.list('PersistentVolume').flatMap((volume): Draft[] => {
      if (volume.status?.phase !== 'Released' && volume.status?.phase !== 'Available') return []
      const age = snapshot.ageMs(volume.status?.lastPhaseTransitionTime ?? volume.metadata.creationTimestamp)
      // a local volume that waits for a claim costs nothing
      if (age === undefined || age < OLD_MS || (volume.status.phase === 'Available' && !volume.spec?.csi)) return []
      const size = volume.spec?.capacity?.storage
      const claim = volume.spec?.claimRef
      return [
        {
          severity: 'info',
          object: refOf(volume),
          depth: 'cause',
          summary: `PersistentVolume ${volume.metadata.name} (${size ?? '?'}) is ${volume.status.phase} and used by nobody for ${duration(age)}`,
          cause: claim
            ? `its claim ${claim.namespace}/${claim.name} is gone and its reclaim policy is ${volume.spec?.persistentVolumeReclaimPolicy ?? 'Retain'}`
            : 'no claim has ever asked for it',
          evidence: [
            savingEvidence(refOf(volume), { storage: parseQuantity(size) ?? 0 }),
            evidence('status', volume, `${volume.status.phase}, ${size ?? '?'}`),
          ],
          remedy: 'Make sure nobody wants the data, then delete the PersistentVolume and its disk.',
        },
      ]
    })
    return [...claims, ...volumes]
  },
}
