import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEPLOYMENT, type Lab, startLab } from './lab.ts'

let lab: Lab
beforeEach(() => {
  lab = startLab()
  lab.apply(DEPLOYMENT)
  lab.pass(3)
})
afterEach(() => lab.stop())

const [namespace, name] = ['shop', 'web']
const condition = (kind: string, type: string, scope = namespace, object = name) =>
  lab.world.get(kind, scope, object).status.conditions.find((item: { type: string }) => item.type === type)

test('a service lists its ready pods in Endpoints and EndpointSlices', () => {
  lab.apply(
    '{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80}]}}',
  )
  lab.pass(1)
  const slices = () => lab.world.list('EndpointSlice', { namespace })
  expect(slices()).toHaveLength(1)
  expect(slices()[0]?.endpoints).toHaveLength(3)
  expect(lab.world.get('Endpoints', namespace, name).subsets[0].addresses).toHaveLength(3)
  lab.world.modify('Deployment', namespace, name, (draft) => void (draft.spec.replicas = 1))
  lab.pass(5)
  expect(slices()[0]?.endpoints).toHaveLength(1)
  lab.world.delete('Service', namespace, name)
  lab.pass(1)
  expect([...slices(), ...lab.world.list('Endpoints', { namespace })]).toEqual([])
})

test('a budget allows what its pods can spare', () => {
  lab.apply(
    '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: shop}, spec: {maxUnavailable: 34%, selector: {matchLabels: {app: web}}}}',
  )
  lab.pass(1)
  expect(lab.world.get('PodDisruptionBudget', namespace, name).status).toMatchObject({
    expectedPods: 3,
    currentHealthy: 3,
    desiredHealthy: 1,
    disruptionsAllowed: 2,
  })
  expect(condition('PodDisruptionBudget', 'DisruptionAllowed')).toMatchObject({
    status: 'True',
    reason: 'SufficientPods',
  })
})

test('a quota keeps pods from being created until it is raised', () => {
  lab.apply(
    "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: shop}, spec: {hard: {requests.cpu: 350m, pods: '10'}}}",
  )
  lab.pass(1)
  expect(lab.world.get('ResourceQuota', namespace, 'q').status.used).toEqual({ pods: '3', 'requests.cpu': '300m' })
  lab.world.modify('Deployment', namespace, name, (draft) => void (draft.spec.replicas = 4))
  lab.pass(5)
  expect(condition('Deployment', 'ReplicaFailure')).toMatchObject({
    reason: 'FailedCreate',
    message: expect.stringContaining(
      'exceeded quota: q, requested: requests.cpu=100m, used: requests.cpu=300m, limited: requests.cpu=350m',
    ),
  })
  lab.world.modify('ResourceQuota', namespace, 'q', (quota) => void (quota.spec.hard['requests.cpu'] = '1'))
  lab.pass(5)
  expect(lab.world.get('Deployment', namespace, name).status.readyReplicas).toBe(4)
  expect(condition('Deployment', 'ReplicaFailure')).toBeUndefined()
})

test('every namespace has its service account and root CA; deleting it empties it, finalizers and all', () => {
  expect(lab.world.find('ServiceAccount', namespace, 'default')).toBeDefined()
  lab.world.delete('ConfigMap', namespace, 'kube-root-ca.crt')
  lab.pass(1)
  expect(lab.world.find('ConfigMap', namespace, 'kube-root-ca.crt')).toBeDefined()
  lab.world.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace, finalizers: ['example.com/hold'] },
  })
  lab.world.delete('Namespace', undefined, namespace)
  lab.pass(30)
  expect(lab.pods(namespace)).toEqual([])
  expect(condition('Namespace', 'NamespaceContentRemaining', '', namespace).message).toBe(
    'Some resources are remaining: configmaps. has 1 resource instances',
  )
  expect(condition('Namespace', 'NamespaceFinalizersRemaining', '', namespace).message).toBe(
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  )
  lab.world.modify('ConfigMap', namespace, 'held', (draft) => void delete draft.metadata.finalizers)
  lab.pass(10)
  expect(lab.world.find('Namespace', undefined, namespace)).toBeUndefined()
})

test('a node that falls silent is given up, tainted and left by its pods after five minutes', () => {
  const node: string = lab.pods(namespace)[0]?.spec.nodeName
  const silence = (down: boolean) =>
    lab.world.modify('Node', undefined, node, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, 'practice.firstmate.dev/down': String(down) }
    })
  silence(true)
  lab.pass(60)
  expect(condition('Node', 'Ready', '', node)).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' })
  const taints = lab.world
    .get('Node', undefined, node)
    .spec.taints.map(({ key, effect }: Record<string, string>) => `${key}:${effect}`)
  expect(taints).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'])
  const here = () => lab.pods(namespace).filter((pod) => pod.spec.nodeName === node)
  expect(here().every(({ metadata }) => !metadata.deletionTimestamp)).toBe(true)
  lab.pass(310)
  // its kubelet does not answer, so they hang in Terminating, while others have taken over
  expect(here().every(({ metadata }) => metadata.deletionTimestamp)).toBe(true)
  expect(lab.world.get('Deployment', namespace, name).status.readyReplicas).toBe(3)
  silence(false)
  lab.pass(30)
  expect(condition('Node', 'Ready', '', node).status).toBe('True')
  expect(lab.world.get('Node', undefined, node).spec.taints).toBeUndefined()
  expect(here().every(({ metadata }) => !metadata.deletionTimestamp)).toBe(true)
})

test('pressure becomes a taint and goes with it', () => {
  const [node] = lab.world.list('Node')
  const annotate = (value: string) =>
    lab.world.modify('Node', undefined, node?.metadata.name ?? '', (draft) => {
      draft.metadata.annotations = { 'practice.firstmate.dev/condition.MemoryPressure': value }
    })
  annotate('True')
  lab.pass(1)
  const taints = () => lab.world.get('Node', undefined, node?.metadata.name ?? '').spec.taints
  expect(taints()).toMatchObject([{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }])
  annotate('False')
  lab.pass(1)
  expect(taints()).toBeUndefined()
})

function autoscale(): void {
  lab.apply(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`)
}

test('the autoscaler follows the usage figures within its limits', () => {
  for (const { metadata } of lab.pods(namespace))
    lab.world.usage.setPod(namespace, metadata.name, { web: { cpu: 0.095, memory: 1e7 } })
  autoscale()
  lab.pass(10)
  expect(lab.world.get('Deployment', namespace, name).spec.replicas).toBe(6)
  expect(lab.events(name)).toContain(
    'Normal SuccessfulRescale: New size: 6; reason: cpu resource utilization (percentage of request) above target',
  )
  expect(condition('HorizontalPodAutoscaler', 'ScalingActive')).toMatchObject({
    status: 'True',
    reason: 'ValidMetricFound',
  })
  for (const { metadata } of lab.pods(namespace))
    lab.world.usage.setPod(namespace, metadata.name, { web: { cpu: 0.01, memory: 1e7 } })
  lab.pass(60)
  expect(lab.world.get('Deployment', namespace, name).spec.replicas).toBe(6)
  expect(condition('HorizontalPodAutoscaler', 'AbleToScale').reason).toBe('ScaleDownStabilized')
  lab.pass(600)
  expect(lab.world.get('Deployment', namespace, name).spec.replicas).toBe(2)
})

test('without requests the autoscaler says why it cannot work', () => {
  lab.world.modify(
    'Deployment',
    namespace,
    name,
    (draft) => void delete draft.spec.template.spec.containers[0].resources,
  )
  lab.pass(10)
  autoscale()
  lab.pass(5)
  expect(condition('HorizontalPodAutoscaler', 'ScalingActive')).toMatchObject({
    status: 'False',
    reason: 'FailedGetResourceMetric',
    message: expect.stringMatching(
      /^the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container web of Pod web-/,
    ),
  })
})

test('the same seed makes the same world', () => {
  const names = (seed: number) => {
    const other = startLab(undefined, seed)
    other.apply(DEPLOYMENT)
    other.pass(5)
    const found = other.world
      .list('Pod')
      .map(({ metadata, spec, status }) => [metadata.name, metadata.uid, spec.nodeName, status.podIP])
    other.stop()
    return found
  }
  expect(names(3)).toEqual(names(3))
  expect(names(3)).not.toEqual(names(4))
})
