// Which kinds the tiers speak of, as data.

/** Any change to these is destructive: RBAC, webhooks, CRDs, Secrets, PVs, namespaces, nodes, and what reaches as far. */
const SENSITIVE = new Set([
  'Secret',
  'Namespace',
  'Node',
  'PersistentVolume',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'APIService',
  'CertificateSigningRequest',
  'FlowSchema',
  'PriorityLevelConfiguration',
])

/** Kinds that run pods; a patch of them is a restart, not a change of something else. */
const WORKLOADS = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'Pod',
  'Rollout',
])

const SCALABLE = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Rollout'])

/** Kinds whose controllers replace a pod that is deleted. */
const REPLACERS = new Set(['ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job'])

/** Groups whose objects fetch and deploy others: what one of them does, its own bytes do not say. */
const DEPLOYERS = ['argoproj.io', 'fluxcd.io', 'helm.cattle.io', 'fleet.cattle.io', 'crossplane.io', 'kro.run']

export function deploysOthers(group: string): boolean {
  return DEPLOYERS.some((name) => group === name || group.endsWith(`.${name}`))
}

const BUILT_IN_GROUPS = new Set(['', 'apps', 'batch', 'argoproj.io'])

export function isSensitive(kind: string): boolean {
  return SENSITIVE.has(kind)
}

/** By kind and group, so that a custom `Job` of another group is no workload. */
export function isWorkload(kind: string, group: string): boolean {
  return WORKLOADS.has(kind) && BUILT_IN_GROUPS.has(group)
}

export function isScalable(kind: string, group: string): boolean {
  return SCALABLE.has(kind) && BUILT_IN_GROUPS.has(group)
}

export function replacesPods(kind: string): boolean {
  return REPLACERS.has(kind)
}
