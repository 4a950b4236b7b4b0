// An application may not listen on its port: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appPortTaken: Check = {
  name: 'app-port-taken',
  title: 'An application may not listen on its port',
  why: 'The port is taken in the pod or on the node, or is below 1024 for an unprivileged user.',
  fix: 'Use another port, or allow NET_BIND_SERVICE.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'port-in-use', 'port-privileged'),
}
