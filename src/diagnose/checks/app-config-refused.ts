// An application refuses its configuration: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appConfigRefused: Check = {
  name: 'app-config-refused',
  title: 'An application refuses its configuration',
  why: 'A single wrong value keeps the whole workload down; the finding names the ConfigMap or variable that holds it.',
  fix: 'Correct the value, then restart the workload.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'ConfigMap'],
  run: (snapshot) => troublesOf(snapshot, 'config'),
}
