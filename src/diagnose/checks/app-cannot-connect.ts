// An application cannot reach a host it needs: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appCannotConnect: Check = {
  name: 'app-cannot-connect',
  title: 'An application cannot reach a host it needs',
  why: 'The trouble is mostly at the other end: the finding names the Service, the workload behind it, or the wrong host or port.',
  fix: 'Mend what is behind the Service that is named; correct the host or port where it is wrong.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'Service',
    'ConfigMap',
    'NetworkPolicy',
  ],
  run: (snapshot) => troublesOf(snapshot, 'connection'),
}
