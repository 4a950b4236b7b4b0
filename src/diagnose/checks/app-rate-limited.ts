// The other side limits the requests of an application: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appRateLimited: Check = {
  name: 'app-rate-limited',
  title: 'The other side limits the requests of an application',
  why: 'Retrying harder makes it worse.',
  fix: 'Slow the client down or raise the limit.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'rate-limited'),
}
