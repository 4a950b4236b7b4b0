import { afterEach, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { DEPLOYMENT, type Lab, startLab } from './lab.ts'

let lab: Lab
afterEach(() => lab.stop())

const web = () => lab.world.get('Deployment', 'shop', 'web')
const sets = () =>
  lab.world
    .list('ReplicaSet', { namespace: 'shop' })
    .sort((a, b) => revision(a) - revision(b))
    .map((set) => `${revision(set)}: ${set.spec.replicas}`)
const revision = (object: KubeObject) => Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'])
const progressing = () => web().status.conditions.find(({ type }: { type: string }) => type === 'Progressing')
const setImage = (image: string) =>
  lab.world.modify('Deployment', 'shop', 'web', (draft) => {
    draft.spec.template.spec.containers[0].image = image
  })

function started(change: (yaml: string) => string = (yaml) => yaml): void {
  lab = startLab()
  lab.apply(change(DEPLOYMENT))
  lab.pass(3)
}

test('a deployment becomes available through a replica set named by its template hash', () => {
  started()
  expect(web().status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3 })
  expect(web().status.unavailableReplicas).toBeUndefined()
  const [set] = lab.world.list('ReplicaSet', { namespace: 'shop' })
  expect(set?.metadata.name).toBe(`web-${set?.metadata.labels?.['pod-template-hash']}`)
  expect(set?.metadata.annotations).toEqual({
    'deployment.kubernetes.io/desired-replicas': '3',
    'deployment.kubernetes.io/max-replicas': '4',
    'deployment.kubernetes.io/revision': '1',
  })
  expect(progressing()).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
    message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
  })
})

test('a rolling update never has more pods than surge allows nor fewer available than wanted', () => {
  started()
  setImage('nginx:1.28')
  for (let tick = 0; tick < 100; tick++) {
    lab.pass(0.1)
    const live = lab.pods('shop').filter(({ metadata }) => !metadata.deletionTimestamp)
    expect(live.length).toBeLessThanOrEqual(4)
    expect(web().status.availableReplicas).toBeGreaterThanOrEqual(3)
  }
  expect(sets()).toEqual(['1: 0', '2: 3'])
  expect(lab.events('web').filter((event) => event.includes('Scaled down'))).toHaveLength(3)
})

test('undo reuses the earlier replica set under a new revision and keeps its history', () => {
  started()
  const template = structuredClone(web().spec.template)
  setImage('nginx:1.28')
  lab.pass(10)
  lab.world.modify('Deployment', 'shop', 'web', (draft) => void (draft.spec.template = template))
  lab.pass(10)
  expect(sets()).toEqual(['2: 0', '3: 3'])
  const third = lab.world.list('ReplicaSet').find((set) => revision(set) === 3)
  expect(third?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1')
  expect(revision(web())).toBe(3)
})

test('a rollout whose image cannot be pulled stops, keeps the old pods and times out', () => {
  started()
  setImage('registry.example.com/app:doesnotexist')
  lab.pass(90)
  expect(web().status.availableReplicas).toBe(3)
  expect(sets()).toEqual(['1: 3', '2: 1'])
  expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  const stuck = lab.pods('shop').find((pod) => pod.status.phase === 'Pending')
  expect(stuck?.status.containerStatuses[0].state.waiting.reason).toBe('ImagePullBackOff')
})

test('a paused deployment scales but does not roll', () => {
  started()
  lab.world.modify('Deployment', 'shop', 'web', (draft) => {
    draft.spec.paused = true
    draft.spec.replicas = 2
  })
  setImage('nginx:1.28')
  lab.pass(5)
  expect(progressing()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
  expect(sets()).toEqual(['1: 2'])
  lab.world.modify('Deployment', 'shop', 'web', (draft) => void delete draft.spec.paused)
  lab.pass(10)
  expect(sets()).toEqual(['1: 0', '2: 2'])
})

test('Recreate waits for the last old pod to be gone', () => {
  started((yaml) => yaml.replace(/strategy: .*/, 'strategy: {type: Recreate}'))
  setImage('nginx:1.28')
  lab.pass(0.2)
  expect(lab.pods('shop').every((pod) => pod.spec.containers[0].image === 'nginx:1.27')).toBe(true)
  lab.pass(10)
  expect(lab.pods('shop').map((pod) => pod.spec.containers[0].image)).toEqual(Array(3).fill('nginx:1.28'))
})

test('only as many old replica sets stay as revisionHistoryLimit says', () => {
  started((yaml) => yaml.replace('revisionHistoryLimit: 10', 'revisionHistoryLimit: 1'))
  for (const image of ['nginx:1.28', 'nginx:1.29', 'nginx:1.30']) {
    setImage(image)
    lab.pass(15)
  }
  expect(sets()).toEqual(['3: 0', '4: 3'])
})

test('a name that is taken leads to another hash', () => {
  started()
  const [first] = lab.world.list('ReplicaSet')
  lab.world.delete('Deployment', 'shop', 'web', { propagationPolicy: 'Orphan' })
  lab.pass(1)
  const foreign = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'other',
    uid: 'b1e5a7f0-0000-4000-8000-000000000001',
    controller: true,
  }
  lab.world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other', namespace: 'shop' } })
  const uid = lab.world.get('ConfigMap', 'shop', 'other').metadata.uid ?? ''
  lab.world.modify('ReplicaSet', 'shop', first?.metadata.name ?? '', (set) => {
    set.metadata.ownerReferences = [{ ...foreign, uid }]
  })
  lab.apply(DEPLOYMENT)
  lab.pass(5)
  expect(web().status.collisionCount).toBe(1)
  expect(web().status.availableReplicas).toBe(3)
})

test('deleting in the background takes replica sets and pods along; Orphan leaves them', () => {
  started()
  lab.world.delete('Deployment', 'shop', 'web', { propagationPolicy: 'Orphan' })
  lab.pass(2)
  expect(lab.world.find('Deployment', 'shop', 'web')).toBeUndefined()
  const [set] = lab.world.list('ReplicaSet')
  expect(set?.metadata.ownerReferences).toBeUndefined()
  expect(lab.pods('shop')).toHaveLength(3)
  lab.world.delete('ReplicaSet', 'shop', set?.metadata.name ?? '', { propagationPolicy: 'Background' })
  lab.pass(3)
  expect(lab.pods('shop')).toEqual([])
})

test('deleting in the foreground lets the owner go last', () => {
  started()
  lab.world.delete('Deployment', 'shop', 'web', { propagationPolicy: 'Foreground' })
  lab.pass(0.1)
  expect(web().metadata.deletionTimestamp).toBeDefined()
  lab.pass(5)
  expect(lab.world.find('Deployment', 'shop', 'web')).toBeUndefined()
  expect(lab.pods('shop')).toEqual([])
})

test('a stateful set starts in order, keeps names and claims, and rolls from the top', () => {
  lab = startLab()
  lab.apply(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: 'postgres:17', volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: standard, resources: {requests: {storage: 1Gi}}}
`)
  lab.pass(0.2)
  expect(lab.pods('shop').map(({ metadata }) => metadata.name)).toEqual(['db-0'])
  lab.pass(5)
  expect(lab.world.get('StatefulSet', 'shop', 'db').status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 })
  expect(lab.world.list('PersistentVolumeClaim').map(({ metadata, status }) => [metadata.name, status.phase])).toEqual([
    ['data-db-0', 'Bound'],
    ['data-db-1', 'Bound'],
  ])
  lab.world.modify('StatefulSet', 'shop', 'db', (set) => {
    set.spec.template.spec.containers[0].image = 'postgres:17.1'
  })
  lab.pass(0.3)
  expect(lab.world.get('Pod', 'shop', 'db-1').metadata.deletionTimestamp).toBeDefined()
  expect(lab.world.get('Pod', 'shop', 'db-0').metadata.deletionTimestamp).toBeUndefined()
  lab.pass(10)
  const { status } = lab.world.get('StatefulSet', 'shop', 'db')
  expect(status).toMatchObject({ updatedReplicas: 2, readyReplicas: 2 })
  expect(status.currentRevision).toBe(status.updateRevision)
  expect(lab.world.list('ControllerRevision').map((object) => object.revision)).toEqual([1, 2])
})

test('a daemon set runs on every node that fits', () => {
  lab = startLab()
  lab.apply(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: 'agent:1'}]}
`)
  lab.pass(3)
  const count = lab.world.list('Node').length
  expect(lab.world.get('DaemonSet', 'shop', 'agent').status).toMatchObject({
    desiredNumberScheduled: count,
    numberReady: count,
    numberAvailable: count,
  })
  lab.world.modify('DaemonSet', 'shop', 'agent', (set) => void (set.spec.template.spec.nodeSelector = { none: 'here' }))
  lab.pass(3)
  expect(lab.pods('shop')).toEqual([])
})
