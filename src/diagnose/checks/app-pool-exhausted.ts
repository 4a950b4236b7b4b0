// A connection pool or connection limit is exhausted: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appPoolExhausted: Check = {
  name: 'app-pool-exhausted',
  title: 'A connection pool or connection limit is exhausted',
  why: 'Requests wait and fail although the database is up.',
  fix: 'Find what holds the connections; then raise pool or limit.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'pool'),
}
