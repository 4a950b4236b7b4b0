// A limit on open files or watches is reached: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appWatchLimit: Check = {
  name: 'app-watch-limit',
  title: 'A limit on open files or watches is reached',
  why: 'It hits whatever starts last on the node.',
  fix: 'Raise the limits of the node, or spread such pods.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Node'],
  run: (snapshot) => troublesOf(snapshot, 'watch-limit'),
}
