// A snapshot that could not see everything: it says what is missing, and does not take it for absent.
import { expect, it } from 'vitest'
import { UnavailableError } from '../../src/core/errors.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { readSnapshot } from '../../src/kube/snapshot.ts'
import { type Answer, type Asked, fakeApi, json, later, listOf, object, status } from './fake-api.ts'
import { fake, KINDS, MANY, NOW, paths, read, world } from './snapshot-world.ts'
import { worldApi } from './world-api.ts'

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
  const snapshot = await fake(answer, { kinds: ['Pod', 'Node'], budget: { timeoutMs: 1500 } })
  expect(Date.now() - began).toBeLessThan(10_000)
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
