// Preemption as recorded from a 1.36.2 scheduler (two nodes, one host port), and who has to go where there is a choice.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNode, type Lab, startLab } from './lab.ts'

let lab: Lab
beforeEach(() => {
  lab = startLab('')
  for (const { metadata } of lab.world.list('Node')) lab.world.delete('Node', undefined, metadata.name)
  createNode(lab.world, 'node-a')
  createNode(lab.world, 'node-b')
  for (const [name, value, policy] of [
    ['middle', 500, 'PreemptLowerPriority'],
    ['high', 1000, 'PreemptLowerPriority'],
    ['never', 1000, 'Never'],
  ])
    lab.apply(
      `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: ${name}}, value: ${value}, preemptionPolicy: ${policy}}`,
    )
})
afterEach(() => lab.stop())

const ON_A = 'nodeSelector: {kubernetes.io/hostname: node-a},'
const PORT = 'ports: [{containerPort: 80, hostPort: 31987}]'

function pod(name: string, priority: string, spec: string, container: string, labels = '{}'): void {
  const important = priority ? `priorityClassName: ${priority},` : ''
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: shop, labels: ${labels}}, spec: {${important} ${spec} terminationGracePeriodSeconds: 5, containers: [{name: a, image: 'nginx:1.27', ${container}}]}}`,
  )
}
const cpu = (amount: string) => `resources: {requests: {cpu: '${amount}'}}`
const find = (name: string) => lab.world.find('Pod', 'shop', name)
const nodeOf = (name: string) => find(name)?.spec.nodeName
const conditionOf = (name: string, wanted: string) =>
  find(name)?.status.conditions?.find(({ type }: { type: string }) => type === wanted)
const isLeaving = (name: string) => !find(name) || find(name)?.metadata.deletionTimestamp !== undefined

test('a pod of a higher priority is told nothing of preemption, and gets the place when its victim has gone', () => {
  pod('low', '', ON_A, PORT)
  lab.pass(5)
  pod('equal', 'never', ON_A, PORT)
  lab.pass(1)
  const why =
    "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't match Pod's node affinity/selector."
  expect(conditionOf('equal', 'PodScheduled').message).toBe(
    `${why} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`,
  )
  pod('high', 'high', ON_A, PORT)
  lab.pass(0.02)
  expect(conditionOf('high', 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable', message: why })
  expect(find('high')?.status.nominatedNodeName).toBe('node-a')
  expect(conditionOf('low', 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  })
  expect(isLeaving('low')).toBe(true)
  expect(lab.events('low')).toContain(`Normal Preempted: Preempted by pod ${find('high')?.metadata.uid} on node node-a`)
  lab.pass(10)
  expect([find('low'), nodeOf('high'), nodeOf('equal')]).toEqual([undefined, 'node-a', undefined])
  expect(find('high')?.status.nominatedNodeName).toBeUndefined()
})

test('only as many go as must, and the least important first', () => {
  pod('small', '', ON_A, cpu('1'))
  pod('middle', 'middle', ON_A, cpu('1'))
  pod('large', '', ON_A, cpu('2'))
  lab.pass(5)
  pod('high', 'high', ON_A, cpu('2'))
  lab.pass(1)
  expect(['small', 'middle', 'large'].filter(isLeaving)).toEqual(['large'])
})

test('the node whose victims matter least is chosen, and no budget is broken where another way is', () => {
  pod('guarded', '', ON_A, cpu('3'), '{app: guarded}')
  pod('free', 'middle', 'nodeSelector: {kubernetes.io/hostname: node-b},', cpu('3'))
  lab.apply(
    '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: guarded, namespace: shop}, spec: {minAvailable: 1, selector: {matchLabels: {app: guarded}}}}',
  )
  lab.pass(5)
  pod('high', 'high', '', cpu('3'))
  lab.pass(1)
  expect(['guarded', 'free'].filter(isLeaving)).toEqual(['free'])
})

test('while its room is being left nobody else goes, and nobody else moves in', () => {
  pod('low-a', '', ON_A, cpu('3'))
  pod('low-b', '', 'nodeSelector: {kubernetes.io/hostname: node-b},', cpu('3'))
  lab.pass(5)
  pod('high', 'high', '', cpu('3'))
  lab.pass(0.02)
  const leaving = ['low-a', 'low-b'].filter(isLeaving)
  expect(leaving).toHaveLength(1)
  // any news of a node has it looked at again
  lab.world.modify(
    'Node',
    undefined,
    'node-a',
    (node) => void (node.metadata.labels = { ...node.metadata.labels, x: 'y' }),
  )
  lab.pass(0.02)
  expect(['low-a', 'low-b'].filter(isLeaving)).toEqual(leaving)
  expect(conditionOf('high', 'PodScheduled').message).toContain(
    'preemption: not eligible due to a terminating pod on the nominated node.',
  )
  pod('late', '', '', cpu('3'))
  lab.pass(10)
  expect([nodeOf('high') === undefined, nodeOf('late')]).toEqual([false, undefined])
})
