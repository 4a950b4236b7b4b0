// A command of the container is not in its image: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appCommandMissing: Check = {
  name: 'app-command-missing',
  title: 'A command of the container is not in its image',
  why: 'The container ends at once, whatever else is right.',
  fix: 'Correct the command or args, or use an image that contains the program.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'command-missing'),
}
