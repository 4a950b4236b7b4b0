// The reader, the watcher and the writer together, on a practice cluster whose controllers are at work.
import { afterEach, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { type Cluster, clusterAt } from '../../src/kube/clusters.ts'
import { readSnapshot } from '../../src/kube/snapshot.ts'
import { type Change, type Watch, watchKinds } from '../../src/kube/watch.ts'
import { createWriter } from '../../src/kube/write.ts'
import type { KubeObject } from '../../src/objects/object.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function practice(): Promise<{ harbor: Harbor; cluster: Cluster }> {
  const harbor = await startHarbor({ seed: 7 })
  cleanups.push(() => harbor.close())
  return { harbor, cluster: clusterAt('practice', harbor.url) }
}

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'shop/web:1' }] } },
  },
})
const create = {
  method: 'POST',
  path: '/apis/apps/v1/namespaces/default/deployments',
  contentType: 'application/json',
  body: deployment(2),
} as const

async function until(what: () => boolean | Promise<boolean>, label: string): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 25)))
    if (await what()) return
  throw new Error(`${label} did not happen`)
}

function watch(cluster: Cluster, watches: Partial<Watch<string>>[]): Change<string>[] {
  const changes: Change<string>[] = []
  const controller = new AbortController()
  const project = (object: KubeObject) => object.metadata.name
  const running = watchKinds(
    cluster.reader,
    watches.map((one) => ({ kind: 'Pod', from: 'all', project, ...one })),
    { onChange: (change) => void changes.push(change) },
    { signal: controller.signal, timing: { minPauseMs: 20, maxPauseMs: 100 } },
  )
  cleanups.push(async () => {
    controller.abort()
    await running
  })
  return changes
}

describe('on the practice cluster', () => {
  it('a dry run changes nothing, a write does, and a watch sees what follows', async () => {
    const { cluster } = await practice()
    const changes = watch(cluster, [{ namespace: 'default' }, { kind: 'Event', from: 'now' }])
    const writer = createWriter(cluster)
    expect((await writer.send(create, { dryRun: true })).status).toBe(201)
    await expect(cluster.reader.read({ kind: 'Deployment', namespace: 'default', name: 'web' })).rejects.toThrow(
      'deployments.apps "web" not found',
    )
    expect((await writer.send(create, { dryRun: false })).status).toBe(201)
    const pods = () =>
      new Set(changes.filter(({ kind, type }) => kind === 'Pod' && type !== 'deleted').map(({ name }) => name))
    await until(() => pods().size === 2, 'two pods')
    await until(() => changes.some(({ kind }) => kind === 'Event'), 'an event')
    const again = await writer.send(create, { dryRun: false })
    expect(again).toMatchObject({ status: 409, body: { reason: 'AlreadyExists' } })
  })

  it('a snapshot holds what the controllers made', async () => {
    const { cluster } = await practice()
    await createWriter(cluster).send(create, { dryRun: false })
    const look = () =>
      readSnapshot(cluster.reader, {
        namespaces: ['default'],
        kinds: ['Pod', 'Deployment', 'ReplicaSet', 'Node', 'Namespace'],
      })
    await until(async () => (await look()).list('Deployment')[0]?.status?.readyReplicas === 2, 'a ready deployment')
    const snapshot = await look()
    expect(snapshot.partial).toEqual([])
    expect(snapshot.podsOf(snapshot.list('Deployment')[0]!)).toHaveLength(2)
    expect(snapshot.list('Node').length).toBeGreaterThan(0)
  })
})
