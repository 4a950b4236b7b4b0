// A program refuses to run as root: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appRunsAsRoot: Check = {
  name: 'app-runs-as-root',
  title: 'A program refuses to run as root',
  why: 'It is a decision of the program, which no restart changes.',
  fix: 'Set runAsUser and runAsNonRoot in the pod template.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'runs-as-root'),
}
