// Something an application needs is locked by another process: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appLocked: Check = {
  name: 'app-locked',
  title: 'Something an application needs is locked by another process',
  why: 'Two instances on one volume, or a lock left by a crash.',
  fix: 'Run only one instance on the data; remove a stale lock only when none does.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'locked'),
}
