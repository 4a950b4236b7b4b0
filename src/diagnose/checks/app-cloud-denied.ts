// A cloud provider refuses what an application asks for: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appCloudDenied: Check = {
  name: 'app-cloud-denied',
  title: 'A cloud provider refuses what an application asks for',
  why: 'The pod runs, but its identity may not do what it needs.',
  fix: 'Grant the role behind its service account what the message names, and no more.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'ServiceAccount'],
  run: (snapshot) => troublesOf(snapshot, 'cloud-denied'),
}
