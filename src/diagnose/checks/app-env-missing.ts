// An environment variable that an application needs is not set: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appEnvMissing: Check = {
  name: 'app-env-missing',
  title: 'An environment variable that an application needs is not set',
  why: 'The application ends at once; often a revision dropped the variable or misspelled it.',
  fix: 'Set the variable, or roll back to the revision that had it.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'ConfigMap', 'Secret'],
  run: (snapshot) => troublesOf(snapshot, 'env-missing'),
}
