// The API server denies an application what it asks for: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appRbacDenied: Check = {
  name: 'app-rbac-denied',
  title: 'The API server denies an application what it asks for',
  why: 'Operators and agents end or stand still without the permission.',
  fix: 'Add exactly the verb that is missing to the Role that is bound.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'Role',
    'RoleBinding',
    'ClusterRole',
    'ClusterRoleBinding',
    'ServiceAccount',
  ],
  run: (snapshot) => troublesOf(snapshot, 'rbac'),
}
