// An application is rejected by what it logs in to: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appAuthRejected: Check = {
  name: 'app-auth-rejected',
  title: 'An application is rejected by what it logs in to, or may not do there what it asks for',
  why: 'A rotated or mistyped password looks like an outage of the database.',
  fix: 'Compare the credentials the workload uses with what the other side expects, and restart it after correcting the Secret; grant its user there what the message names.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Secret'],
  run: (snapshot) => troublesOf(snapshot, 'auth', 'not-granted'),
}
