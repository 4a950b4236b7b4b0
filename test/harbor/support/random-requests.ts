// Requests by chance: paths, bodies and queries that are nearly right, from one seed, so that every run sends the same.
import { createRandom } from '../../../src/harbor/random.ts'

const random = createRandom(20260101)
const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T

const WORDS = [
  'a',
  '',
  'pods',
  '__proto__',
  'constructor',
  '..',
  '%',
  'Ü',
  '💥',
  ' ',
  "'",
  '"',
  '\\',
  '\n',
  'x'.repeat(300),
  '-1',
  '1e309',
]
const RESOURCES = [
  '/api/v1/namespaces/default/pods',
  '/api/v1/namespaces/default/configmaps',
  '/api/v1/namespaces/default/secrets',
  '/api/v1/namespaces/default/services',
  '/api/v1/namespaces/default/events',
  '/api/v1/namespaces/default/serviceaccounts',
  '/api/v1/namespaces/default/persistentvolumeclaims',
  '/api/v1/namespaces/default/resourcequotas',
  '/api/v1/namespaces/default/limitranges',
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/apis/apps/v1/namespaces/default/deployments',
  '/apis/apps/v1/namespaces/default/statefulsets',
  '/apis/apps/v1/namespaces/default/daemonsets',
  '/apis/batch/v1/namespaces/default/jobs',
  '/apis/batch/v1/namespaces/default/cronjobs',
  '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
  '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
  '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
  '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
  '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
  '/apis/events.k8s.io/v1/namespaces/default/events',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  '/apis/authentication.k8s.io/v1/tokenreviews',
  '/apis/metrics.k8s.io/v1beta1/pods',
]
const FIELDS = [
  'spec',
  'status',
  'metadata',
  'data',
  'template',
  'containers',
  'name',
  'labels',
  'selector',
  'matchLabels',
  'rules',
  'ports',
  'replicas',
  'env',
  'resources',
  'limits',
  'annotations',
  'ownerReferences',
  'finalizers',
  'namespace',
  'jobTemplate',
  'metrics',
  'type',
  'schedule',
  'versions',
  'names',
  'volumes',
  'subjects',
  'roleRef',
  'taints',
  'strategy',
  'rollingUpdate',
  'clusterIP',
  'involvedObject',
  '__proto__',
  'kind',
  'apiVersion',
]
const TYPES = [
  'application/json',
  'application/yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
  'application/vnd.kubernetes.protobuf',
]
const QUERIES = [
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'gracePeriodSeconds',
  'propagationPolicy',
  'tailLines',
  'sinceSeconds',
  'container',
  'previous',
  'sendInitialEvents',
  'pretty',
]
const VALUES = [
  ...WORDS,
  '0',
  '1',
  'true',
  'All',
  'Strict',
  'Exact',
  'NotOlderThan',
  'a=b',
  'a in (b',
  '!',
  'metadata.name=x',
  'status.phase!=',
  'abc',
  '999',
  'Foreground',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
]

function value(depth: number): unknown {
  const kind = random.int(depth > 5 ? 6 : 9)
  if (kind === 0) return null
  if (kind === 1) return random.int(5) - 2
  if (kind === 2) return pick([1.5, 1e300, -0, 2 ** 53, 2147483648])
  if (kind === 3) return random.int(2) === 0
  if (kind < 6) return pick(WORDS)
  if (kind === 6) return Array.from({ length: random.int(3) }, () => value(depth + 1))
  return map(depth + 1)
}

function map(depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (let count = random.int(5); count > 0; count--) {
    Object.defineProperty(result, pick(FIELDS), {
      value: value(depth),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return result
}

// objects that would be accepted, to be bent in one place
const GOOD: Record<string, Record<string, unknown>> = {
  pods: { spec: { containers: [{ name: 'a', image: 'nginx:1.27' }] } },
  configmaps: { data: { a: '1' } },
  secrets: { stringData: { a: '1' } },
  services: { spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } },
  deployments: workload(),
  statefulsets: workload(),
  daemonsets: workload(),
  jobs: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox' }] } } } },
  clusterroles: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  namespaces: {},
  nodes: {},
}

export function workload(): Record<string, unknown> {
  const labels = { app: 'a' }
  return {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'nginx:1.27' }] } },
    },
  }
}

// replaces one value somewhere inside
function bend(object: unknown): void {
  let at = object as Record<string, unknown>
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0) return
    const key = pick(keys)
    const inner = at[key]
    if (typeof inner !== 'object' || inner === null || random.int(4) === 0) {
      at[key] = value(2)
      return
    }
    at = inner as Record<string, unknown>
  }
}

function patchBody(): string {
  const operation = () => ({
    op: pick(['add', 'remove', 'replace', 'test', 'move', 'copy', 'x']),
    path: pick(['/spec', '/metadata/labels/a', '', '/data/-', '/a/b/c', 'x', '/spec/containers/0', '/metadata']),
    from: '/metadata',
    value: value(2),
  })
  return JSON.stringify(Array.from({ length: random.int(4) }, operation))
}

const GARBAGE = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"a":1,"a":2}',
  '[[[[',
  '{"metadata":',
  '0',
  'a: &x [*x]',
  '- a\n- b',
  '\0',
]

function body(resource: string, name: string): string {
  const form = random.int(12)
  if (form === 0) return pick(GARBAGE)
  if (form < 3) return patchBody()
  if (form < 6) return JSON.stringify({ metadata: random.int(3) ? { name } : value(1), ...map(0) })
  const plural = resource.split('/').at(-1) ?? ''
  const object = structuredClone({ metadata: { name, labels: { app: 'a' } }, ...(GOOD[plural] ?? map(0)) })
  if (form < 9) bend(object)
  return JSON.stringify(object)
}

function queryText(): string {
  const list = Array.from({ length: random.int(6) - 3 }, () => `${pick(QUERIES)}=${encodeURIComponent(pick(VALUES))}`)
  return list.length > 0 ? `?${list.join('&')}` : ''
}

const SUBRESOURCES = [
  '/status',
  '/scale',
  '/log',
  '/eviction',
  '/binding',
  '/token',
  '/finalize',
  '/exec',
  '/x/y',
  '/proxy/a',
]

export interface Shot {
  method: string
  path: string
  body: string | undefined
  headers: Record<string, string>
}

export function shot(): Shot {
  const method = pick(['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE'])
  const resource = pick(RESOURCES)
  const name = `f${random.int(15)}`
  const named = method === 'POST' ? random.int(8) === 0 : random.int(6) > 0
  const leaf = !named ? '' : `/${random.int(12) === 0 ? encodeURIComponent(pick(WORDS)) : name}`
  const below = leaf && random.int(5) === 0 ? pick(SUBRESOURCES) : ''
  const types = method === 'PATCH' ? TYPES.slice(2, 6) : TYPES.slice(0, 1)
  const headers = { 'content-type': random.int(6) ? pick(types) : pick(TYPES), accept: pick(ACCEPTED) }
  return {
    method,
    path: resource + leaf + below + queryText(),
    body: method === 'GET' ? undefined : body(resource, name),
    headers,
  }
}

const ACCEPTED = ['application/json', '*/*', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io']
