// A program is built for another processor: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appWrongArchitecture: Check = {
  name: 'app-wrong-architecture',
  title: 'A program is built for another processor',
  why: 'It cannot run on that node, but may on others.',
  fix: 'Use a multi-arch image, or a nodeSelector on kubernetes.io/arch.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Node'],
  run: (snapshot) => troublesOf(snapshot, 'exec-format', 'cpu-feature'),
}
