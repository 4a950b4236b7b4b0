// @kubernetes/client-node against a practice cluster: reading, writing, and informers that live through 410, disconnects and restarts.
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { afterEach, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'

const open: Harbor[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((harbor) => harbor.close()))
})

async function start(options: Parameters<typeof startHarbor>[0] = {}): Promise<Harbor> {
  const harbor = await startHarbor({ controllers: false, ...options })
  open.push(harbor)
  return harbor
}

function connect(harbor: Harbor): { config: KubeConfig; core: CoreV1Api } {
  const config = new KubeConfig()
  config.loadFromString(harbor.kubeconfig())
  return { config, core: config.makeApiClient(CoreV1Api) }
}

async function until(condition: () => boolean, what: string, seconds = 10): Promise<void> {
  for (let tries = 0; tries < seconds * 20; tries++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`did not happen within ${seconds} s: ${what}`)
}

const configMap = (name: string, value = '1') => ({ metadata: { name, namespace: 'default' }, data: { value } })

describe('@kubernetes/client-node', () => {
  it('creates, reads, lists, replaces and deletes', async () => {
    const { core } = connect(await start())
    await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('a') })
    const read = await core.readNamespacedConfigMap({ namespace: 'default', name: 'a' })
    expect(read.data).toEqual({ value: '1' })
    await core.replaceNamespacedConfigMap({
      namespace: 'default',
      name: 'a',
      body: Object.assign(read, { data: { value: '2' } }),
    })
    const list = await core.listNamespacedConfigMap({ namespace: 'default' })
    expect(list.items.map((item) => item.data)).toEqual([{ value: '2' }])
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'a' })
    await expect(core.readNamespacedConfigMap({ namespace: 'default', name: 'a' })).rejects.toMatchObject({ code: 404 })
  })

  it('keeps an informer right through a disconnect and a compacted revision', { timeout: 60_000 }, async () => {
    const harbor = await start()
    const { config, core } = connect(harbor)
    const informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', () =>
      core.listNamespacedConfigMap({ namespace: 'default' }),
    )
    const errors: unknown[] = []
    informer.on('error', (error) => {
      errors.push(error)
      setTimeout(() => void informer.start(), 50)
    })
    const seen = () =>
      informer
        .list()
        .map((item) => `${item.metadata?.name}=${item.data?.value}`)
        .sort()
    harbor.world.create({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('a') })
    await informer.start()
    await until(() => seen().join() === 'a=1', 'the first object is known')

    harbor.world.create({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('b') })
    harbor.world.modify('ConfigMap', 'default', 'a', (draft) => void (draft.data.value = '2'))
    await until(() => seen().join() === 'a=2,b=1', 'changes arrive')

    harbor.disconnect()
    harbor.world.modify('ConfigMap', 'default', 'b', (draft) => void (draft.data.value = '3'))
    await until(() => seen().join() === 'a=2,b=3', 'changes arrive after a disconnect')

    // while nobody watches, more happens than the history keeps
    harbor.disconnect()
    harbor.world.delete('ConfigMap', 'default', 'a')
    for (let count = 0; count < 6000; count++) {
      harbor.world.modify('ConfigMap', 'default', 'b', (draft) => void (draft.data.value = String(count)))
    }
    await until(() => seen().join() === 'b=5999', 'the informer lists anew after 410')
    await informer.stop()
  })

  it('keeps an informer right through a restart of the API server', { timeout: 60_000 }, async () => {
    const first = await start()
    const port = Number(new URL(first.url).port)
    const { config, core } = connect(first)
    const informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', () =>
      core.listNamespacedConfigMap({ namespace: 'default' }),
    )
    // one restart at a time: two would abort each other's requests
    let pending = false
    const again = () => {
      if (pending) return
      pending = true
      setTimeout(() => {
        pending = false
        informer.start().catch(again)
      }, 300)
    }
    informer.on('error', again)
    first.world.create({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('before') })
    await informer.start()
    await until(() => informer.list().length === 1, 'the object is known')
    first.world.create({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('watched') })
    await until(() => informer.list().length === 2, 'the watch is open')
    await first.close()
    open.length = 0

    const second = await start({ port })
    second.world.create({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('after') })
    await until(
      () =>
        informer
          .list()
          .map((item) => item.metadata?.name)
          .join() === 'after',
      'the new world is known',
      45,
    )
    await informer.stop()
  })
})
