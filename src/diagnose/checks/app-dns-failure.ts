// An application cannot resolve a name: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appDnsFailure: Check = {
  name: 'app-dns-failure',
  title: 'An application cannot resolve a name',
  why: 'Either the name is wrong, or DNS is unreachable from the pod.',
  fix: 'Check the name first, then egress policies for port 53, then CoreDNS.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'Service',
    'NetworkPolicy',
  ],
  run: (snapshot) => troublesOf(snapshot, 'dns'),
}
