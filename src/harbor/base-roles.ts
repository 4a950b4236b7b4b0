// The roles that every cluster brings: what the admin, edit and view of a namespace may, and what everybody may.
import type { KubeObject } from '../objects/object.ts'

interface Rule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  nonResourceURLs?: string[]
}

const READ = ['get', 'list', 'watch']
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update']

const VIEWED: [group: string, resources: string[]][] = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'resourcequotas',
      'resourcequotas/status',
      'serviceaccounts',
      'services',
      'services/status',
    ],
  ],
  ['discovery.k8s.io', ['endpointslices']],
  [
    'apps',
    [
      'controllerrevisions',
      'daemonsets',
      'daemonsets/status',
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
      'statefulsets',
      'statefulsets/scale',
      'statefulsets/status',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers', 'horizontalpodautoscalers/status']],
  ['batch', ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status']],
  ['policy', ['poddisruptionbudgets', 'poddisruptionbudgets/status']],
  ['networking.k8s.io', ['ingresses', 'ingresses/status', 'networkpolicies']],
  ['metrics.k8s.io', ['pods', 'nodes']],
]

const EDITED: [group: string, resources: string[]][] = [
  [
    '',
    [
      'configmaps',
      'events',
      'persistentvolumeclaims',
      'pods',
      'pods/attach',
      'pods/eviction',
      'pods/exec',
      'pods/portforward',
      'pods/proxy',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'secrets',
      'serviceaccounts',
      'services',
      'services/proxy',
    ],
  ],
  [
    'apps',
    [
      'daemonsets',
      'deployments',
      'deployments/rollback',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['policy', ['poddisruptionbudgets']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
]

const rules = (list: [string, string[]][], verbs: string[]): Rule[] =>
  list.map(([group, resources]) => ({ verbs, apiGroups: [group], resources }))

const view = rules(VIEWED, READ)
const edit: Rule[] = [
  ...view,
  ...rules(EDITED, WRITE),
  {
    verbs: READ,
    apiGroups: [''],
    resources: ['secrets', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy'],
  },
  { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'] },
  { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] },
  { verbs: [...READ, ...WRITE], apiGroups: ['coordination.k8s.io'], resources: ['leases'] },
]
const admin: Rule[] = [
  ...edit,
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'] },
  { verbs: [...READ, ...WRITE], apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'] },
]

const DISCOVERED = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]
const KNOWN = ['/.well-known', '/.well-known/*']
const PUBLIC = ['/healthz', '/livez', '/readyz', '/version', '/version/']

const ROLES: [name: string, rules: Rule[]][] = [
  [
    'cluster-admin',
    [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
  ],
  ['admin', admin],
  ['edit', edit],
  ['view', view],
  [
    'system:basic-user',
    [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
  ],
  ['system:discovery', [{ verbs: ['get'], nonResourceURLs: DISCOVERED }]],
  ['system:service-account-issuer-discovery', [{ verbs: ['get'], nonResourceURLs: KNOWN }]],
  ['system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: PUBLIC }]],
]

const BINDINGS: [role: string, groups: string[]][] = [
  ['cluster-admin', ['system:masters']],
  ['system:basic-user', ['system:authenticated']],
  ['system:discovery', ['system:authenticated']],
  ['system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']],
  ['system:service-account-issuer-discovery', ['system:authenticated']],
]

const API = 'rbac.authorization.k8s.io'
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

export function standardRoles(): KubeObject[] {
  const roles = ROLES.map(
    ([name, list]): KubeObject => ({
      apiVersion: `${API}/v1`,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: list,
    }),
  )
  const bindings = BINDINGS.map(
    ([role, groups]): KubeObject => ({
      apiVersion: `${API}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: role, labels },
      roleRef: { apiGroup: API, kind: 'ClusterRole', name: role },
      subjects: groups.map((name) => ({ apiGroup: API, kind: 'Group', name })),
    }),
  )
  return [...roles, ...bindings]
}
