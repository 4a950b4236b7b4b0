// An application may not read or write a file: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appPermissionDenied: Check = {
  name: 'app-permission-denied',
  title: 'An application may not read or write a file',
  why: 'Mostly the user it runs as, the mode of a mounted Secret, or a read-only root file system.',
  fix: 'Set fsGroup, runAsUser or defaultMode, or mount an emptyDir where it writes.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'permission', 'read-only'),
}
