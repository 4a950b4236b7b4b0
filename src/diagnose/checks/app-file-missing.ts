// A file or module that an application needs is missing: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appFileMissing: Check = {
  name: 'app-file-missing',
  title: 'A file or module that an application needs is missing',
  why: 'Either the path is wrong, or a volume or the image does not hold what it should.',
  fix: 'Correct the path, add the key to the mounted ConfigMap or Secret, or rebuild the image.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'ConfigMap', 'Secret'],
  run: (snapshot) => troublesOf(snapshot, 'file-missing', 'module-missing'),
}
