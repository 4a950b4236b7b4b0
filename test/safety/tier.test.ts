// The table of SAFETY.md §2, over exact requests: whatever the door, these bytes have this tier.
import { expect, it } from 'vitest'
import type { Request } from '../../src/core/plan.ts'
import { apply, container, DEPLOY, json, merge, NOTHING, post, remove, strategic, tier } from './requests.ts'

const ROWS: [string, Request, number | 'denied'][] = [
  ['a server dry run', { method: 'DELETE', path: `${DEPLOY}/checkout?dryRun=All` }, 0],
  [
    'a dry run that stands where no server looks',
    { ...remove(`${DEPLOY}/checkout`), path: `${DEPLOY}/checkout?dryRun=All` },
    9,
  ],
  ['scale to n', json(`${DEPLOY}/checkout`, { op: 'replace', path: '/spec/replicas', value: 5 }), 5],
  ['scale by the subresource', merge(`${DEPLOY}/checkout/scale`, { spec: { replicas: 5 } }), 5],
  ['limits', strategic(`${DEPLOY}/checkout`, container({ resources: { limits: { memory: '1Gi' } } })), 5],
  ['a label', json(`${DEPLOY}/checkout`, { op: 'add', path: '/metadata/labels/a', value: 'b' }), 5],
  ['an annotation', merge('/api/v1/namespaces/shop/services/cart', { metadata: { annotations: { a: 'b' } } }), 5],
  [
    'a new autoscaler',
    post('/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers', { metadata: { name: 'a' }, spec: {} }),
    5,
  ],
  [
    'an autoscaler changed',
    merge('/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/frontend', { spec: { maxReplicas: 9 } }),
    5,
  ],
  ['resume', json(`${DEPLOY}/checkout`, { op: 'remove', path: '/spec/paused' }), 5],
  [
    'a claim grows',
    merge('/api/v1/namespaces/payments/persistentvolumeclaims/data-db-0', {
      spec: { resources: { requests: { storage: '20Gi' } } },
    }),
    5,
  ],
  ['to zero, nothing ready', json(`${DEPLOY}/cart`, { op: 'replace', path: '/spec/replicas', value: 0 }), 6],
  ['suspend', merge('/apis/batch/v1/namespaces/shop/cronjobs/nightly-report', { spec: { suspend: true } }), 6],
  ['image', strategic(`${DEPLOY}/checkout`, container({ image: 'x' })), 7],
  ['restart', merge(`${DEPLOY}/checkout`, { spec: { template: { metadata: { annotations: { a: 'b' } } } } }), 7],
  ['pause', merge(`${DEPLOY}/checkout`, { spec: { paused: true } }), 7],
  ['a pod that is replaced', remove('/api/v1/namespaces/shop/pods/checkout-6d5f7c9b8c-4xk2p'), 7],
  ['its eviction', post('/api/v1/namespaces/shop/pods/checkout-6d5f7c9b8c-4xk2p/eviction', {}), 7],
  ['an autoscaler deleted', remove('/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/frontend'), 7],
  ['cordon', json('/api/v1/nodes/worker-a', { op: 'add', path: '/spec/unschedulable', value: true }), 7],
  ['apply of a workload', apply(`${DEPLOY}/checkout`, { spec: { minReadySeconds: 3 } }), 7],
  ['any other object created', post('/api/v1/namespaces/shop/configmaps', { metadata: { name: 'x' } }), 7],
  ['to zero, ready', json(`${DEPLOY}/checkout`, { op: 'replace', path: '/spec/replicas', value: 0 }), 9],
  [
    'to zero by replacing the spec',
    json(`${DEPLOY}/checkout`, { op: 'replace', path: '/spec', value: { replicas: 0 } }),
    9,
  ],
  ['to zero, unknown', json(`${DEPLOY}/ghost`, { op: 'replace', path: '/spec/replicas', value: 0 }), 9],
  [
    'to a copied count',
    json(`${DEPLOY}/checkout`, { op: 'copy', from: '/spec/minReadySeconds', path: '/spec/replicas' }),
    9,
  ],
  ['a bare pod deleted', remove('/api/v1/namespaces/shop/pods/debug-shell'), 9],
  ['a bare pod evicted', post('/api/v1/namespaces/shop/pods/debug-shell/eviction', {}), 9],
  ['by force', remove('/api/v1/namespaces/shop/pods/checkout-6d5f7c9b8c-4xk2p', { gracePeriodSeconds: 0 }), 9],
  ['a workload deleted', remove(`${DEPLOY}/cart`), 9],
  ['RBAC', post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'x' } }), 9],
  ['a Secret', merge('/api/v1/namespaces/shop/secrets/db-credentials', { metadata: { labels: { a: 'b' } } }), 9],
  [
    'a CRD',
    merge('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com', { metadata: { labels: {} } }),
    9,
  ],
  ['a namespace', merge('/api/v1/namespaces/shop', { metadata: { labels: { a: 'b' } } }), 9],
  ['a node beyond cordon', merge('/api/v1/nodes/worker-a', { spec: { unschedulable: true, taints: [] } }), 9],
  [
    'a claim shrinks',
    merge('/api/v1/namespaces/payments/persistentvolumeclaims/data-db-0', {
      spec: { resources: { requests: { storage: '1Gi' } } },
    }),
    9,
  ],
  ['no workload', merge('/api/v1/namespaces/shop/configmaps/app-config', { data: { a: 'b' } }), 9],
  [
    'a finalizer',
    json('/apis/example.com/v1/namespaces/shop/widgets/blue', { op: 'remove', path: '/metadata/finalizers/0' }),
    9,
  ],
  ['status', merge(`${DEPLOY}/checkout/status`, { status: { readyReplicas: 0 } }), 9],
  ['exec', post('/api/v1/namespaces/shop/pods/debug-shell/exec?command=id', {}), 9],
  ['a binding', post('/api/v1/namespaces/shop/pods/debug-shell/binding', {}), 9],
  ['an unknown kind', post('/apis/unknown.example.com/v1/namespaces/shop/things', { metadata: { name: 'x' } }), 9],
  [
    'an unknown media type',
    { ...merge(`${DEPLOY}/checkout`, { spec: { replicas: 3 } }), contentType: 'text/plain' },
    9,
  ],
  [
    'fields taken by force',
    { ...apply(`${DEPLOY}/checkout`, {}), path: `${DEPLOY}/checkout?fieldManager=x&force=true` },
    9,
  ],
  ['privileged', strategic(`${DEPLOY}/checkout`, container({ securityContext: { privileged: true } })), 9],
  [
    'privileged by JSON patch',
    json(`${DEPLOY}/checkout`, {
      op: 'add',
      path: '/spec/template/spec/containers/0/securityContext',
      value: { privileged: true },
    }),
    9,
  ],
  [
    'a copied pod template',
    json(`${DEPLOY}/checkout`, { op: 'copy', from: '/metadata/annotations/a', path: '/spec/template' }),
    9,
  ],
  [
    'capabilities',
    strategic(`${DEPLOY}/checkout`, container({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })),
    9,
  ],
  ['host network', merge(`${DEPLOY}/checkout`, { spec: { template: { spec: { hostNetwork: true } } } }), 9],
  [
    'hostPath',
    strategic(`${DEPLOY}/checkout`, {
      spec: { template: { spec: { volumes: [{ name: 'x', hostPath: { path: '/' } }] } } },
    }),
    9,
  ],
  [
    'another account',
    merge(`${DEPLOY}/checkout`, { spec: { template: { spec: { serviceAccountName: 'deployer' } } } }),
    9,
  ],
  [
    'a privileged pod',
    post('/api/v1/namespaces/shop/pods', {
      metadata: { name: 'x' },
      spec: { containers: [{ name: 'a', securityContext: { privileged: true } }] },
    }),
    9,
  ],
  [
    'a privileged Job',
    post('/apis/batch/v1/namespaces/shop/jobs', {
      metadata: { name: 'x' },
      spec: { template: { spec: { hostPID: true } } },
    }),
    9,
  ],
  [
    'a Job that pretends to come from a CronJob',
    post('/apis/batch/v1/namespaces/shop/jobs', {
      metadata: {
        name: 'x',
        annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
        ownerReferences: [{ kind: 'CronJob', name: 'nightly-report', uid: '1d4a8682-063b-549a-bc11-d1ecc9430792' }],
      },
      spec: { template: { spec: { containers: [{ name: 'a', image: 'evil' }] } } },
    }),
    7,
  ],
  [
    'a protected namespace',
    merge('/apis/apps/v1/namespaces/kube-system/deployments/coredns', { metadata: { labels: { a: 'b' } } }),
    'denied',
  ],
  ['the protected namespace itself', remove('/api/v1/namespaces/kube-public'), 'denied'],
  ["Firstmate's own", remove('/api/v1/namespaces/firstmate/pods/x'), 'denied'],
  ['a node deleted', remove('/api/v1/nodes/worker-a'), 'denied'],
  ['a collection deleted', remove('/api/v1/namespaces/shop/pods'), 'denied'],
  ['a token', post('/api/v1/namespaces/shop/serviceaccounts/deployer/token', {}), 'denied'],
  ['into a node', post('/api/v1/nodes/worker-a/proxy/run/shop/debug-shell/c', {}), 'denied'],
  ['into a Service', post('/api/v1/namespaces/shop/services/cart/proxy/admin', {}), 'denied'],
  ['a pod bound to a node', post('/api/v1/namespaces/shop/pods/debug-shell/binding', {}), 9],
  [
    'a certificate approved',
    merge('/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', { status: {} }),
    9,
  ],
  [
    'a default storage class',
    merge('/apis/storage.k8s.io/v1/storageclasses/standard', {
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'false' } },
    }),
    7,
  ],
  [
    'an annotation that an operator acts on',
    merge('/api/v1/namespaces/shop/services/cart', {
      metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } },
    }),
    7,
  ],
  ['who owns it', merge(`${DEPLOY}/checkout`, { metadata: { ownerReferences: [] } }), 9],
  [
    'a DaemonSet where no node fits',
    strategic('/apis/apps/v1/namespaces/monitoring/daemonsets/node-exporter', {
      spec: { template: { spec: { nodeSelector: { never: 'here' } } } },
    }),
    9,
  ],
  [
    'a Deployment for other nodes',
    strategic(`${DEPLOY}/checkout`, { spec: { template: { spec: { nodeSelector: { disk: 'ssd' } } } } }),
    7,
  ],
  [
    'apply of what is not known, by uid',
    apply('/api/v1/namespaces/shop/services/ghost', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'ghost', uid: 'u' },
      spec: { selector: { app: 'cart' } },
    }),
    9,
  ],
  ['an API taken over', post('/apis/apiregistration.k8s.io/v1/apiservices', { metadata: { name: 'v1.x' } }), 9],
  [
    'what binds a role',
    post('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', { metadata: { name: 'x' } }),
    9,
  ],
  ['a priority class', post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'x' }, value: 1 }), 9],
  [
    'what becomes of a volume',
    merge('/api/v1/persistentvolumes/pvc-3f1c0d52', { spec: { persistentVolumeReclaimPolicy: 'Delete' } }),
    9,
  ],
  ['a path of two spellings', remove('/api/v1/namespaces/shop/../kube-system/pods/x'), 9],
  ['an encoded path', remove('/api/v1/namespaces/kube%2dsystem/pods/x'), 9],
]

it.each(ROWS)('%s', (_name, request, expected) => expect(tier(request)).toBe(expected))

it('without state none is milder', () => {
  const rank = (value: number | 'denied') => (value === 'denied' ? 100 : value)
  const milder = ROWS.filter(([, request, known]) => rank(tier(request, NOTHING)) < rank(known)).map(([name]) => name)
  expect(milder).toEqual([])
})
