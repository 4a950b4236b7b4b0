// One action of each verb, and a world in which each of them has something to do.
import { compilePlan } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { loadWorld } from '../safety/world.ts'

export const now = new Date('2026-11-21T00:00:00Z')
export const target = (name: string, namespace = 'shop', kind = 'Deployment') => ({ kind, namespace, name })

/** The corpus snapshot, with an older revision of checkout, a paused Deployment and a quarantined one. */
export const world = loadWorld((objects) => {
  const find = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name)
  const checkout = find('Deployment', 'checkout')
  const current = find('ReplicaSet', 'checkout-6d5f7c9b8c')
  if (!checkout || !current) throw new Error('the snapshot has changed')
  current.metadata.annotations = { 'deployment.kubernetes.io/revision': '4' }
  current.spec.template = { ...structuredClone(checkout.spec.template) }
  const older: KubeObject = structuredClone(current)
  older.metadata = {
    ...older.metadata,
    name: 'checkout-old',
    uid: 'rs-old',
    annotations: { 'deployment.kubernetes.io/revision': '3' },
  }
  older.spec.template.metadata = {
    ...older.spec.template.metadata,
    labels: { ...older.spec.template.metadata?.labels, 'pod-template-hash': 'old' },
  }
  older.spec.template.spec.containers[0].image = 'registry.example.com/shop/checkout:2.3.0'
  older.spec.template.spec.containers[0].env = [{ name: 'MODE', value: 'safe' }]
  objects.push(older)
  const frontend = find('Deployment', 'frontend')
  if (frontend) frontend.spec.paused = true
  const batcher = find('Deployment', 'batcher')
  if (batcher) {
    batcher.metadata.annotations = {
      ...batcher.metadata.annotations,
      'firstmate.dev/quarantine': '{"replicas":4,"reason":"oom","at":""}',
    }
    batcher.spec.replicas = 0
  }
  const cron = find('CronJob', 'nightly-report')
  if (cron)
    objects.push({
      ...structuredClone(cron),
      metadata: { ...cron.metadata, name: 'asleep', uid: 'cron-2' },
      spec: { ...cron.spec, suspend: true },
    })
  const node = find('Node', 'worker-b')
  if (node)
    objects.push({
      ...structuredClone(node),
      metadata: { ...node.metadata, name: 'worker-c', uid: 'node-c' },
      spec: { unschedulable: true },
    })
})

export const EXAMPLES: Record<Action['verb'], Action> = {
  scale: { verb: 'scale', target: target('checkout'), replicas: 5 },
  'set-resources': {
    verb: 'set-resources',
    target: target('checkout'),
    container: 'checkout',
    limits: { memory: '1Gi' },
    requests: { cpu: '200m' },
  },
  'create-hpa': { verb: 'create-hpa', target: target('checkout'), min: 2, max: 6, cpuPercent: 70 },
  'update-hpa': { verb: 'update-hpa', target: target('frontend'), max: 9, cpuPercent: 60 },
  'delete-hpa': { verb: 'delete-hpa', target: target('frontend', 'shop', 'HorizontalPodAutoscaler') },
  quarantine: { verb: 'quarantine', target: target('cart'), reason: 'crash loop' },
  unquarantine: { verb: 'unquarantine', target: target('batcher', 'staging') },
  restart: { verb: 'restart', target: target('checkout') },
  rollback: { verb: 'rollback', target: target('checkout') },
  pause: { verb: 'pause', target: target('checkout') },
  resume: { verb: 'resume', target: target('frontend') },
  'set-image': { verb: 'set-image', target: target('checkout'), image: 'registry.example.com/shop/checkout:9' },
  'set-env': {
    verb: 'set-env',
    target: target('checkout'),
    env: [
      { name: 'MODE', value: 'safe' },
      { name: 'URL', from: { kind: 'Secret', name: 'db-credentials', key: 'url' } },
    ],
  },
  'delete-pod': { verb: 'delete-pod', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') },
  evict: { verb: 'evict', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') },
  cordon: { verb: 'cordon', node: 'worker-a' },
  uncordon: { verb: 'uncordon', node: 'worker-c' },
  drain: { verb: 'drain', node: 'worker-b' },
  taint: { verb: 'taint', node: 'worker-a', key: 'dedicated', value: 'gpu', effect: 'NoSchedule', remove: false },
  label: { verb: 'label', target: target('checkout'), set: { tier: 'front', app: null } },
  annotate: { verb: 'annotate', target: target('blue', 'shop', 'Widget'), set: { note: 'looked at; fine' } },
  patch: {
    verb: 'patch',
    target: target('checkout'),
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'checkout', imagePullPolicy: 'Always' }] } } } },
  },
  apply: {
    verb: 'apply',
    manifest: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app-config', namespace: 'shop' },
      data: { LOG_LEVEL: 'debug' },
    },
  },
  create: {
    verb: 'create',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fresh', namespace: 'shop' }, data: { a: 'b' } },
  },
  delete: { verb: 'delete', target: target('checkout', 'shop', 'PodDisruptionBudget') },
  'create-job': { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name: 'again' },
  suspend: { verb: 'suspend', target: target('nightly-report', 'shop', 'CronJob') },
  unsuspend: { verb: 'unsuspend', target: target('asleep', 'shop', 'CronJob') },
  'grow-pvc': { verb: 'grow-pvc', target: target('data-db-0', 'payments', 'PersistentVolumeClaim'), size: '20Gi' },
  'delete-namespace': { verb: 'delete-namespace', name: 'staging' },
}

export function compile(action: Action, lookup = world): Promise<Plan> {
  return compilePlan(action, 'test', lookup, { now })
}
