// A program is started with an option it does not know: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appOptionUnknown: Check = {
  name: 'app-option-unknown',
  title: 'A program is started with an option it does not know',
  why: 'Mostly an argument for another version of the image.',
  fix: 'Correct args, or use the image version that knows the option.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'flag'),
}
