// An application finds its data damaged or of another version: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appDataDamaged: Check = {
  name: 'app-data-damaged',
  title: 'An application finds its data damaged or of another version',
  why: 'Restarting cannot mend data, and careless repair can lose it.',
  fix: 'Copy the volume first; then repair, restore a backup, or go back to the version that wrote the data.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'PersistentVolumeClaim'],
  run: (snapshot) => troublesOf(snapshot, 'data-corrupt'),
}
