// An application finds no valid licence: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appLicence: Check = {
  name: 'app-licence',
  title: 'An application finds no valid licence',
  why: 'It stops by its own decision.',
  fix: 'Install a valid licence where the application looks for it.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'license'),
}
