// An application cannot write because a disk is full: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appDiskFull: Check = {
  name: 'app-disk-full',
  title: 'An application cannot write because a disk is full',
  why: 'Databases and queues stop, and may damage their data.',
  fix: 'Enlarge the volume or free space on it; a restart frees nothing.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'PersistentVolumeClaim'],
  run: (snapshot) => troublesOf(snapshot, 'disk-full'),
}
