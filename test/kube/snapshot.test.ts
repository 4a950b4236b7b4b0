import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../src/core/errors.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { fileSnapshot, readSnapshot, type SnapshotOptions } from '../../src/kube/snapshot.ts'
import { type LoadedFiles, parseObjects, printObjects } from '../../src/objects/files.ts'
import { type Answer, type Asked, type FakeApi, fakeApi, json, later, listOf, object, status } from './fake-api.ts'
import { worldApi } from './world-api.ts'

const open: FakeApi[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()))
})

async function read(api: FakeApi, options: SnapshotOptions) {
  open.push(api)
  return readSnapshot(clusterAt('prod', api.url).reader, options)
}
const fake = async (answer: Answer, options: SnapshotOptions) => read(await fakeApi(answer), options)
const paths = (api: FakeApi) => api.asked.map(({ path }) => path).filter((path) => path !== '/api' && path !== '/apis')

const NOW = new Date('2026-10-14T10:00:00Z')
const KINDS = [
  'Pod',
  'Event',
  'Namespace',
  'Node',
  'Service',
  'Deployment',
  'ConfigMap',
  'Secret',
  'StorageClass',
  'Role',
  'RoleBinding',
]
// more than a question may ask for at once
const MANY = [
  ...KINDS,
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PersistentVolumeClaim',
  'Ingress',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'EndpointSlice',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'PersistentVolume',
  'PodMetrics',
  'IngressClass',
  'PriorityClass',
]

const crash = {
  ready: false,
  restartCount: 5,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
  lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-10-14T09:59:00Z' } },
}

function world(): LoadedFiles {
  const pods = Array.from({ length: 6 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${index}`,
      namespace: 'shop',
      uid: `p${index}`,
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web', uid: 'rs', apiVersion: 'apps/v1', controller: true }],
    },
    spec: { containers: [{ name: 'app', env: [{ name: 'DB', value: 'postgres.data.svc:5432' }] }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', ...crash }] },
  }))
  const space = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return {
    objects: [
      space('shop'),
      space('data'),
      ...pods,
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'a' },
        status: { images: [{ names: ['x'] }], conditions: [{ type: 'Ready', status: 'True' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'postgres', namespace: 'data' },
        spec: { selector: { app: 'pg' } },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'db', namespace: 'shop' },
        data: { password: 'aHVudGVyMg==' },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'big', namespace: 'shop' },
        data: { blob: 'x'.repeat(100_000) },
      },
    ],
    logs: pods.map(({ metadata }) => ({
      namespace: 'shop',
      pod: metadata.name,
      container: 'app',
      previous: true,
      text: 'connect ECONNREFUSED postgres.data.svc:5432',
    })),
  }
}

describe('a snapshot of a namespace', () => {
  it('holds what is there, with the logs of what fails', async () => {
    const snapshot = await read(await worldApi(world()), { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(snapshot.cluster).toBe('prod')
    expect(snapshot.list('Pod', 'shop')).toHaveLength(6)
    expect(snapshot.get('Node', undefined, 'a')?.status.images).toBeUndefined()
    expect(snapshot.partial).toEqual([])
    // two replicas tell for six
    expect(new Set(snapshot.logs.map(({ pod }) => pod)).size).toBe(2)
    expect(snapshot.logs[0]).toMatchObject({ container: 'app', previous: true, text: /ECONNREFUSED/ })
  })

  it('keeps Secret values and large values out', async () => {
    const snapshot = await read(await worldApi(world()), { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(snapshot.get('Secret', 'shop', 'db')?.data).toEqual({ password: '(hidden, 7 bytes)' })
    expect(snapshot.get('ConfigMap', 'shop', 'big')?.data.blob.length).toBeLessThan(40_000)
    const { objects, logs } = world()
    const files = await fileSnapshot(['-'], { stdin: Readable.from([printObjects(objects, logs)]) })
    expect(files.logs).toHaveLength(6)
    expect(files.get('Secret', 'shop', 'db')?.data).toEqual({ password: '(hidden, 7 bytes)' })
  })

  it('follows trouble into the namespace it names', async () => {
    const snapshot = await read(await worldApi(world()), { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(snapshot.get('Service', 'data', 'postgres')).toBeDefined()
    expect(snapshot.namespaces).toEqual(['shop'])
  })

  it('asks little of what is well, and says that the rest was not read', async () => {
    const healthy = parseObjects(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nstatus: {phase: Running, conditions: [{type: Ready, status: "True"}]}',
    )
    const api = await worldApi(healthy)
    const snapshot = await read(api, { namespaces: ['shop'], kinds: MANY, now: NOW })
    expect(paths(api)).toHaveLength(15)
    const unread = MANY.filter((kind) => !snapshot.wasRead(kind))
    expect(unread).toContain('ConfigMap')
    expect(unread).toContain('Role')
    expect(snapshot.wasRead('Deployment')).toBe(true)
    expect(snapshot.partial).toEqual([])
  })

  it('asks no more because a namespace nobody asked about hangs', async () => {
    const elsewhere = parseObjects(
      `apiVersion: v1
kind: Namespace
metadata: {name: old, deletionTimestamp: "2026-11-20T10:00:00Z"}
status: {phase: Terminating, conditions: [{type: NamespaceContentRemaining, status: "True", message: Some resources are remaining}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}`,
    )
    const asked = async (namespace: string) => {
      const api = await worldApi(elsewhere)
      await read(api, { namespaces: [namespace], kinds: MANY, now: NOW })
      return paths(api).length
    }
    expect(await asked('shop')).toBe(15)
    expect(await asked('old')).toBeGreaterThan(15)
  })

  it('reads all of a few kinds, sick or well', async () => {
    const api = await worldApi({ objects: [], logs: [] })
    const snapshot = await read(api, { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(paths(api)).toHaveLength(KINDS.length)
    expect(KINDS.filter((kind) => !snapshot.wasRead(kind))).toEqual([])
  })

  it('reads rights when logs speak of them', async () => {
    const loaded = world()
    loaded.logs = loaded.logs.map((log) => ({
      ...log,
      text: 'pods is forbidden: User "system:serviceaccount:shop:x" cannot list resource "pods"',
    }))
    const api = await worldApi(loaded)
    const snapshot = await read(api, { namespaces: ['shop'], kinds: MANY, now: NOW })
    expect(snapshot.wasRead('Role')).toBe(true)
    expect(paths(api)).toContain('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings')
  })

  it('stays within 25 requests for 200 failing pods', async () => {
    const loaded = world()
    const [, , template] = loaded.objects
    for (let index = 6; index < 200; index++) {
      loaded.objects.push({
        ...template!,
        metadata: { ...template!.metadata, name: `web-${index}`, uid: `p${index}` },
        spec: {},
      })
    }
    loaded.logs = []
    loaded.objects = loaded.objects.map((one) => (one.kind === 'Pod' ? { ...one, spec: {} } : one))
    const api = await worldApi(loaded)
    const snapshot = await read(api, { namespaces: ['shop'], kinds: MANY, now: NOW })
    expect(snapshot.list('Pod')).toHaveLength(200)
    expect(api.asked.length).toBeLessThanOrEqual(25)
  })
})

describe('a partial snapshot', () => {
  it('names what is not permitted, and does not take it for absent', async () => {
    const refuse = ({ path }: Asked) => path.endsWith('/nodes') || path.endsWith('/log')
    const snapshot = await read(await worldApi(world(), refuse), { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(snapshot.partial).toEqual(['not permitted: list nodes', 'not permitted: read logs in shop'])
    expect(snapshot.wasRead('Node')).toBe(false)
    expect(snapshot.list('Pod', 'shop')).toHaveLength(6)
  })

  it('says once that it may not follow trouble elsewhere, and keeps what it knows of its own', async () => {
    const refuse = ({ path }: Asked) => path.includes('/namespaces/data/')
    const snapshot = await read(await worldApi(world(), refuse), { namespaces: ['shop'], kinds: KINDS, now: NOW })
    expect(snapshot.partial).toEqual(['not permitted: look into namespace data, which this trouble points to'])
    expect(snapshot.wasRead('Pod')).toBe(true)
    expect(snapshot.wasRead('Service')).toBe(false)
  })

  it('takes a kind that is not served for one there are none of', async () => {
    const snapshot = await read(await worldApi(world()), { namespaces: ['shop'], kinds: [...MANY, 'Issuer'], now: NOW })
    expect(snapshot.wasRead('Issuer')).toBe(true)
  })

  it('reads the one namespace when listing them is not permitted', async () => {
    const refuse = ({ path }: Asked) => path === '/api/v1/namespaces'
    const snapshot = await read(await worldApi(world(), refuse), {
      namespaces: ['shop'],
      kinds: ['Namespace', 'Pod'],
      now: NOW,
      logs: 'none',
    })
    expect(snapshot.list('Namespace').map(({ metadata }) => metadata.name)).toEqual(['shop'])
    expect(snapshot.partial).toEqual([])
  })

  it('reads what it can when it may not discover', async () => {
    const api = await fakeApi(({ path }, response) => {
      if (path === '/api' || path === '/apis') return status(response, 403, 'forbidden')
      return path === '/api/v1/namespaces/shop/pods' ? listOf([object('web')]) : status(response, 404, 'not found')
    })
    const snapshot = await read(api, { namespaces: ['shop'], kinds: ['Pod', 'Gateway'] })
    expect(snapshot.list('Pod')).toHaveLength(1)
    expect(snapshot.partial).toEqual([])
  })

  it('leaves out what is slow, in time', async () => {
    const began = Date.now()
    const answer: Answer = ({ path }, response) =>
      path.endsWith('/nodes') ? later(response) : path.startsWith('/api/v1/') ? listOf([object('web')]) : undefined
    const snapshot = await fake(answer, { kinds: ['Pod', 'Node'], budget: { timeoutMs: 400 } })
    expect(Date.now() - began).toBeLessThan(2000)
    expect(snapshot.partial.join()).toMatch(/^not available: list nodes: Cluster prod gave no answer within/)
    expect(snapshot.wasRead('Node')).toBe(false)
    expect(snapshot.list('Pod')).toHaveLength(1)
  })

  it('says when there was more than it may keep', async () => {
    const answer: Answer = ({ path, query }) => {
      if (!path.endsWith('/pods')) return undefined
      return listOf(
        Array.from({ length: Number(query.get('limit')) }, (_, index) =>
          object(`web-${query.get('continue') ?? ''}${index}`),
        ),
        { continue: 'more' },
      )
    }
    const snapshot = await fake(answer, { kinds: ['Pod'], budget: { objects: 800 }, logs: 'none' })
    expect(snapshot.list('Pod')).toHaveLength(800)
    expect(snapshot.partial).toEqual(['too many: only the first 800 pods were read'])
    expect(snapshot.wasRead('Pod')).toBe(false)
  })

  it('says which API does not answer', async () => {
    const answer: Answer = ({ path }, response) => {
      if (path !== '/apis') return path === '/api/v1/pods' ? listOf([]) : undefined
      return json(response, 200, {
        kind: 'APIGroupDiscoveryList',
        items: [
          {
            metadata: { name: 'metrics.k8s.io' },
            versions: [{ version: 'v1beta1', freshness: 'Stale', resources: [] }],
          },
        ],
      })
    }
    const snapshot = await fake(answer, { kinds: ['Pod', 'PodMetrics'] })
    expect(snapshot.partial).toEqual([
      'not available: the API metrics.k8s.io/v1beta1, so nothing is known about any PodMetrics',
    ])
    expect(snapshot.wasRead('PodMetrics')).toBe(false)
  })

  it('does not ask for what the cluster does not serve', async () => {
    const api = await worldApi(world())
    const snapshot = await read(api, { kinds: ['Pod', 'Certificate', 'NoSuchKind'], logs: 'none' })
    expect(paths(api)).toEqual(['/api/v1/pods'])
    expect(snapshot.partial).toEqual([])
  })

  it('fails only when nothing at all could be read', async () => {
    const answer: Answer = ({ path }, response) =>
      path.startsWith('/api/v1/') ? status(response, 500, 'etcd is down') : undefined
    await expect(fake(answer, { kinds: ['Pod', 'Node'] })).rejects.toThrow(UnavailableError)
    const api = await fakeApi(() => undefined)
    await api.close()
    await expect(readSnapshot(clusterAt('prod', api.url).reader, { kinds: ['Pod'] })).rejects.toThrow(
      'Cluster prod cannot be reached: connection refused.',
    )
  })

  it('never asks for more than eight things at a time', async () => {
    let now = 0
    let most = 0
    const answer: Answer = ({ path }, response) => {
      if (path === '/api' || path === '/apis') return undefined
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        json(response, 200, listOf([]))
      }, 20)
      return later(response)
    }
    await fake(answer, { kinds: [...KINDS, 'Job', 'CronJob', 'Ingress', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] })
    expect(most).toBe(8)
  })
})
