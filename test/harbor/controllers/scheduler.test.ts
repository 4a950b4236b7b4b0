import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNode, type Lab, startLab } from './lab.ts'

let lab: Lab
beforeEach(() => {
  lab = startLab('')
  for (const { metadata } of lab.world.list('Node')) lab.world.delete('Node', undefined, metadata.name)
  createNode(lab.world, 'node-a')
  createNode(lab.world, 'node-b')
})
afterEach(() => lab.stop())

const END = 'no new claims to deallocate, preemption: 0/2 nodes are available:'
const NO_VICTIMS = `${END} 2 No preemption victims found for incoming pod.`
const NO_HELP = `${END} 2 Preemption is not helpful for scheduling.`

function pod(name: string, spec: string, labels = '{}'): void {
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: shop, labels: ${labels}}, spec: {${spec} containers: [{name: a, image: 'nginx:1.27', resources: {requests: {cpu: 100m}}}]}}`,
  )
}
const why = (name: string) =>
  lab.world.get('Pod', 'shop', name).status.conditions.find(({ type }: { type: string }) => type === 'PodScheduled')
    ?.message
const nodeOf = (name: string) => lab.world.get('Pod', 'shop', name).spec.nodeName

test('says what there is too little of', () => {
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: huge, namespace: shop}, spec: {containers: [{name: a, image: nginx, resources: {requests: {cpu: '3', memory: 1Gi}}}]}}`,
  )
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: huge2, namespace: shop}, spec: {containers: [{name: a, image: nginx, resources: {requests: {cpu: '3', memory: 1Gi}}}]}}`,
  )
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: huge3, namespace: shop}, spec: {containers: [{name: a, image: nginx, resources: {requests: {cpu: '3', memory: 1Gi}}}]}}`,
  )
  lab.pass(1)
  expect(why('huge3')).toBe(`0/2 nodes are available: 2 Insufficient cpu. ${NO_VICTIMS}`)
  expect(lab.events('huge3')).toContain(`Warning FailedScheduling: ${why('huge3')}`)
  lab.world.delete('Pod', 'shop', 'huge')
  lab.pass(2)
  expect(nodeOf('huge3')).toBeDefined()
})

test.each([
  [
    'nodeSelector: {disk: ssd},',
    `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${NO_HELP}`,
  ],
  [
    'volumes: [{name: d, persistentVolumeClaim: {claimName: none}}],',
    `0/2 nodes are available: persistentvolumeclaim "none" not found. ${NO_HELP}`,
  ],
])('%s', (spec, message) => {
  pod('p', spec)
  lab.pass(1)
  expect(why('p')).toBe(message)
})

test('cordons and taints keep pods away until they are lifted', () => {
  lab.world.modify('Node', undefined, 'node-a', (node) => void (node.spec.unschedulable = true))
  lab.world.modify(
    'Node',
    undefined,
    'node-b',
    (node) => void (node.spec.taints = [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }]),
  )
  lab.pass(1)
  pod('p', '')
  pod('q', 'tolerations: [{key: dedicated, operator: Exists}],')
  lab.pass(1)
  expect(why('p')).toBe(
    `0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${NO_HELP}`,
  )
  expect(nodeOf('q')).toBe('node-b')
  lab.world.modify('Node', undefined, 'node-a', (node) => void delete node.spec.unschedulable)
  lab.pass(1)
  expect(nodeOf('p')).toBe('node-a')
})

test('anti-affinity keeps replicas apart, also from those that ask for nothing', () => {
  const apart =
    'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: x}}, topologyKey: kubernetes.io/hostname}]}},'
  for (const name of ['a', 'b', 'c']) pod(name, apart, '{app: x}')
  pod('d', '', '{app: x}')
  lab.pass(1)
  expect(new Set([nodeOf('a'), nodeOf('b')])).toEqual(new Set(['node-a', 'node-b']))
  expect(why('c')).toBe(`0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. ${NO_VICTIMS}`)
  expect(why('d')).toContain("2 node(s) didn't satisfy existing pods anti-affinity rules")
})

test('spreads over zones as far as maxSkew allows', () => {
  lab.world.modify('Node', undefined, 'node-b', (node) => void (node.spec.unschedulable = true))
  lab.pass(1)
  const spread =
    'topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: s}}}],'
  pod('a', spread, '{app: s}')
  pod('b', spread, '{app: s}')
  lab.pass(1)
  expect([nodeOf('a'), nodeOf('b')].filter(Boolean)).toEqual(['node-a'])
  expect(why('b')).toContain("node(s) didn't match pod topology spread constraints")
})

test('without nodes it says so, and events are in the form of events.k8s.io', () => {
  for (const name of ['node-a', 'node-b']) lab.world.delete('Node', undefined, name)
  pod('p', '')
  lab.pass(1)
  expect(why('p')).toBe('no nodes available to schedule pods')
  const event = lab.world.list('Event').find(({ reason }) => reason === 'FailedScheduling')
  expect(event).toMatchObject({ action: 'Scheduling', reportingComponent: 'default-scheduler', type: 'Warning' })
  expect(event?.eventTime).toMatch(/\.\d{6}Z$/)
  expect(event?.count).toBeUndefined()
})
