// The kinds that every cluster has (Kubernetes 1.36) and the custom kinds Firstmate knows by name: data, one line each.
// What a live cluster serves beyond them is found by discovery (`kube/`).
export interface Kind {
  apiVersion: string
  kind: string
  /** the name in paths: `deployments` */
  plural: string
  singular: string
  short: string[]
  namespaced: boolean
  categories: string[]
}

type Row = [apiVersion: string, kind: string, plural: string, short: string, namespaced: 0 | 1, categories?: string]

// the order is the order of preference where a name is served by several groups, as in kubectl
const ROWS: Row[] = [
  ['v1', 'Pod', 'pods', 'po', 1, 'all'],
  ['v1', 'Service', 'services', 'svc', 1, 'all'],
  ['v1', 'ReplicationController', 'replicationcontrollers', 'rc', 1, 'all'],
  ['v1', 'Node', 'nodes', 'no', 0],
  ['v1', 'Namespace', 'namespaces', 'ns', 0],
  ['v1', 'Event', 'events', 'ev', 1],
  ['v1', 'ConfigMap', 'configmaps', 'cm', 1],
  ['v1', 'Secret', 'secrets', '', 1],
  ['v1', 'ServiceAccount', 'serviceaccounts', 'sa', 1],
  ['v1', 'Endpoints', 'endpoints', 'ep', 1],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc', 1],
  ['v1', 'PersistentVolume', 'persistentvolumes', 'pv', 0],
  ['v1', 'ResourceQuota', 'resourcequotas', 'quota', 1],
  ['v1', 'LimitRange', 'limitranges', 'limits', 1],
  ['v1', 'PodTemplate', 'podtemplates', '', 1],
  ['v1', 'ComponentStatus', 'componentstatuses', 'cs', 0],
  ['apps/v1', 'Deployment', 'deployments', 'deploy', 1, 'all'],
  ['apps/v1', 'ReplicaSet', 'replicasets', 'rs', 1, 'all'],
  ['apps/v1', 'StatefulSet', 'statefulsets', 'sts', 1, 'all'],
  ['apps/v1', 'DaemonSet', 'daemonsets', 'ds', 1, 'all'],
  ['apps/v1', 'ControllerRevision', 'controllerrevisions', '', 1],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'hpa', 1, 'all'],
  ['batch/v1', 'Job', 'jobs', '', 1, 'all'],
  ['batch/v1', 'CronJob', 'cronjobs', 'cj', 1, 'all'],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'pdb', 1],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses', 'ing', 1],
  ['networking.k8s.io/v1', 'IngressClass', 'ingressclasses', '', 0],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', 'netpol', 1],
  ['networking.k8s.io/v1', 'IPAddress', 'ipaddresses', 'ip', 0],
  ['networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', '', 0],
  ['discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', '', 1],
  ['storage.k8s.io/v1', 'StorageClass', 'storageclasses', 'sc', 0],
  ['storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', '', 0],
  ['storage.k8s.io/v1', 'CSIDriver', 'csidrivers', '', 0],
  ['storage.k8s.io/v1', 'CSINode', 'csinodes', '', 0],
  ['storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', '', 1],
  ['storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', 'vac', 0],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles', '', 1],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', '', 1],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', '', 0],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', '', 0],
  ['scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', 'pc', 0],
  ['coordination.k8s.io/v1', 'Lease', 'leases', '', 1],
  ['events.k8s.io/v1', 'Event', 'events', 'ev', 1],
  ['node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', '', 0],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', '', 0],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', '', 0],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', '', 0],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', '', 0],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'crd,crds', 0, 'api-extensions'],
  ['apiregistration.k8s.io/v1', 'APIService', 'apiservices', '', 0, 'api-extensions'],
  ['certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', 'csr', 0],
  ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', '', 0],
  ['flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', 'prioritylevelconfigurations', '', 0],
  ['metrics.k8s.io/v1beta1', 'PodMetrics', 'pods', '', 1],
  ['metrics.k8s.io/v1beta1', 'NodeMetrics', 'nodes', '', 0],
  ['gateway.networking.k8s.io/v1', 'Gateway', 'gateways', 'gtw', 1],
  ['gateway.networking.k8s.io/v1', 'GatewayClass', 'gatewayclasses', 'gc', 0],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes', '', 1],
  ['gateway.networking.k8s.io/v1', 'GRPCRoute', 'grpcroutes', '', 1],
  ['gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', 'referencegrants', 'refgrant', 1],
  ['cert-manager.io/v1', 'Certificate', 'certificates', 'cert,certs', 1],
  ['cert-manager.io/v1', 'CertificateRequest', 'certificaterequests', 'cr,crs', 1],
  ['cert-manager.io/v1', 'Issuer', 'issuers', '', 1],
  ['cert-manager.io/v1', 'ClusterIssuer', 'clusterissuers', '', 0],
  ['argoproj.io/v1alpha1', 'Application', 'applications', 'app,apps', 1],
  ['argoproj.io/v1alpha1', 'Rollout', 'rollouts', 'ro', 1],
  ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'kustomizations', 'ks', 1],
  ['helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'helmreleases', 'hr', 1],
  ['source.toolkit.fluxcd.io/v1', 'GitRepository', 'gitrepositories', 'gitrepo', 1],
  ['source.toolkit.fluxcd.io/v1', 'HelmRepository', 'helmrepositories', 'helmrepo', 1],
  ['keda.sh/v1alpha1', 'ScaledObject', 'scaledobjects', 'so', 1],
  ['security.istio.io/v1', 'AuthorizationPolicy', 'authorizationpolicies', 'ap', 1],
  ['security.istio.io/v1', 'PeerAuthentication', 'peerauthentications', 'pa', 1],
  ['networking.istio.io/v1', 'VirtualService', 'virtualservices', 'vs', 1],
  ['networking.istio.io/v1', 'DestinationRule', 'destinationrules', 'dr', 1],
]

export const KINDS: readonly Kind[] = ROWS.map(([apiVersion, kind, plural, short, namespaced, categories]) => ({
  apiVersion,
  kind,
  plural,
  singular: kind.toLowerCase(),
  short: short ? short.split(',') : [],
  namespaced: namespaced === 1,
  categories: categories ? categories.split(',') : [],
}))

const BY_NAME = new Map<string, Kind>()
for (const kind of KINDS) {
  for (const name of [kind.plural, kind.singular, ...kind.short]) {
    if (!BY_NAME.has(name)) BY_NAME.set(name, kind)
    const [group = '', version] = kind.apiVersion.includes('/') ? kind.apiVersion.split('/') : ['', kind.apiVersion]
    if (group) {
      BY_NAME.set(`${name}.${group}`, kind)
      BY_NAME.set(`${name}.${version}.${group}`, kind)
    }
  }
}

/** By any name that kubectl takes: `deploy`, `deployments`, `Deployment`, `deployments.apps`, `deployments.v1.apps`. */
export function kindByName(name: string): Kind | undefined {
  return BY_NAME.get(name.toLowerCase())
}

/** By `kind` and, to tell same-named kinds apart, apiVersion. */
export function kindOf(kind: string, apiVersion?: string): Kind | undefined {
  return KINDS.find((known) => known.kind === kind && (apiVersion === undefined || known.apiVersion === apiVersion))
}

/** `/apis/apps/v1/namespaces/shop/deployments/checkout`; the name and namespace are percent-encoded. */
export function pathOf(
  kind: Pick<Kind, 'apiVersion' | 'plural' | 'namespaced'>,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const leaf = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${scope}/${kind.plural}${leaf}${subresource ? `/${subresource}` : ''}`
}
