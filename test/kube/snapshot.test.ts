// A snapshot of a namespace: what is there and what its trouble leads to, with few requests.
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { fileSnapshot } from '../../src/kube/snapshot.ts'
import { parseObjects, printObjects } from '../../src/objects/files.ts'
import { KINDS, MANY, NOW, paths, read, world } from './snapshot-world.ts'
import { worldApi } from './world-api.ts'

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
