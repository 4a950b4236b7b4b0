// A limit of the node on files, watches or maps: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appWatchLimit: Check = {
  name: 'app-watch-limit',
  title: 'A limit of the node on open files, watches or memory maps is reached or too low',
  why: 'It hits whatever starts last on the node.',
  fix: 'Raise the limits of the node, or spread such pods.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Node'],
  run: (snapshot) => troublesOf(snapshot, 'watch-limit'),
}
