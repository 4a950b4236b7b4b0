// An application runs out of the memory it allows itself: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appOutOfMemory: Check = {
  name: 'app-out-of-memory',
  title: 'An application runs out of the memory it allows itself',
  why: 'Its own heap limit is reached before that of the container.',
  fix: 'Raise the heap together with the container limit, or find what fills it.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'app-memory'),
}
