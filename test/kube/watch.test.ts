import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { clusterAt } from '../../src/kube/clusters.ts'
import { type Change, type Watch, type WatchState, watchKinds } from '../../src/kube/watch.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { type FakeApi, fakeApi, later, listOf, object, status } from './fake-api.ts'

/** A small store of pods with versions, whose watches a test can cut, hold or expire. */
class Store {
  version = 100
  oldest = 0
  objects = new Map<string, Record<string, unknown>>()
  history: { version: number; type: string; object: Record<string, unknown> }[] = []
  open = new Set<ServerResponse>()
  lists = 0
  watches: string[] = []
  silent = false
  /** a watch that would tell of this version ends with an error instead, each time */
  poison = 0

  put(name: string, more: Record<string, unknown> = {}): void {
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED'
    const next = object(
      name,
      { kind: 'Pod', apiVersion: 'v1', secretField: 'x'.repeat(50), ...more },
      { resourceVersion: String(++this.version) },
    )
    this.objects.set(name, next)
    this.emit(type, next)
  }
  remove(name: string): void {
    const old = this.objects.get(name)
    this.objects.delete(name)
    if (old)
      this.emit('DELETED', {
        ...old,
        metadata: { ...(old.metadata as object), resourceVersion: String(++this.version) },
      })
  }
  bookmark(): void {
    this.send({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: String(this.version) } } })
  }
  private emit(type: string, one: Record<string, unknown>): void {
    this.history.push({ version: this.version, type, object: one })
    this.send({ type, object: one })
  }
  send(event: unknown): void {
    if (!this.silent) for (const response of this.open) response.write(`${JSON.stringify(event)}\n`)
  }
  cut(): void {
    for (const response of this.open) response.socket?.destroy()
    this.open.clear()
  }
  end(): void {
    for (const response of this.open) response.end()
    this.open.clear()
  }
  /** forget history, as a compaction does */
  compact(): void {
    this.oldest = this.version
  }
  serve(port?: number): Promise<FakeApi> {
    return fakeApi(
      ({ path, query }, response) => {
        if (path !== '/api/v1/pods') return undefined
        if (query.get('watch') !== 'true') {
          this.lists++
          return listOf([...this.objects.values()].slice(0, Number(query.get('limit'))), {
            resourceVersion: String(this.version),
          })
        }
        const from = Number(query.get('resourceVersion'))
        this.watches.push(String(from))
        response.writeHead(200, { 'content-type': 'application/json' })
        if (from < this.oldest) {
          response.end(
            `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } })}\n`,
          )
          return later(response)
        }
        if (from < this.poison) {
          response.end(
            `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd event received with PrevKv=nil' } })}\n`,
          )
          return later(response)
        }
        response.flushHeaders()
        for (const event of this.history)
          if (event.version > from && !this.silent) response.write(`${JSON.stringify(event)}\n`)
        this.open.add(response)
        response.on('close', () => this.open.delete(response))
        return later(response)
      },
      port ? { port } : {},
    )
  }
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

interface Kept {
  name: string
}

async function start(store: Store, watch: Partial<Watch<Kept>> = {}, timing = {}, api?: FakeApi) {
  const server = api ?? (await store.serve())
  const controller = new AbortController()
  const changes: Change<Kept>[] = []
  const states: WatchState[] = []
  const progress: string[] = []
  let failNext = 0
  const running = watchKinds<Kept>(
    clusterAt('prod', server.url).reader,
    [{ kind: 'Pod', from: 'all', project: (pod: KubeObject) => ({ name: pod.metadata.name }), ...watch }],
    {
      onChange(change) {
        if (failNext-- > 0) throw new Error('the store is down')
        changes.push(change)
      },
      onState: (state) => states.push(state),
      onProgress: (_, version) => progress.push(version),
    },
    { signal: controller.signal, timing: { minPauseMs: 10, maxPauseMs: 50, inactivityMs: 5000, ...timing } },
  )
  cleanups.push(async () => {
    controller.abort()
    await running
    await server.close()
  })
  return {
    changes,
    states,
    progress,
    server,
    fail: (times: number) => (failNext = times),
    stop: () => controller.abort(),
    running,
  }
}

const seen = (changes: Change<Kept>[]) => changes.map(({ type, name }) => `${type} ${name}`)

async function until(what: () => boolean, label = 'it'): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
    if (what()) return
  throw new Error(`${label} did not happen`)
}

describe('watching state', () => {
  it('delivers what is there, then what changes, projected', async () => {
    const store = new Store()
    store.put('a')
    const { changes } = await start(store)
    await until(() => store.open.size === 1)
    store.put('b')
    store.put('a')
    store.remove('b')
    await until(() => changes.length === 4)
    expect(seen(changes)).toEqual(['added a', 'added b', 'modified a', 'deleted b'])
    expect(changes[1]).toEqual({
      type: 'added',
      kind: 'Pod',
      namespace: 'shop',
      name: 'b',
      uid: 'uid-b',
      object: { name: 'b' },
    })
    expect(JSON.stringify(changes)).not.toContain('xxx')
  })

  it('goes on after a broken connection without a new list and without repeating', async () => {
    const store = new Store()
    store.put('a')
    const { changes } = await start(store)
    await until(() => store.open.size === 1)
    for (let round = 0; round < 5; round++) {
      store.put(`during-${round}`)
      await until(() => changes.length === 1 + round * 2 + 1)
      store.cut()
      store.put(`after-${round}`)
      await until(() => changes.length === 1 + round * 2 + 2)
      await until(() => store.open.size === 1)
    }
    expect(new Set(seen(changes)).size).toBe(changes.length)
    expect(store.lists).toBe(1)
  })

  it('goes on when the server ends the watch, as it does every few minutes', async () => {
    const store = new Store()
    const { changes } = await start(store)
    await until(() => store.open.size === 1)
    store.put('a')
    await until(() => changes.length === 1)
    store.end()
    await until(() => store.watches.length === 2)
    expect(store.watches[1]).toBe('101')
    store.put('b')
    await until(() => changes.length === 2)
    expect(store.lists).toBe(1)
  })

  it('after 410 delivers only the differences', async () => {
    const store = new Store()
    store.put('same')
    store.put('changed')
    store.put('gone')
    const { changes, states } = await start(store)
    await until(() => store.open.size === 1)
    store.silent = true
    store.cut()
    store.put('changed')
    store.put('new')
    store.remove('gone')
    store.compact()
    store.silent = false
    await until(() => store.lists === 2 && changes.length === 6, 'the new list')
    expect(seen(changes.slice(3))).toEqual(['modified changed', 'added new', 'deleted gone'])
    expect(changes[5]?.object).toBeUndefined()
    await until(() => store.open.size === 1)
    expect(states.at(-1)?.state).toBe('watching')
  })

  it('follows bookmarks, so that a quiet watch does not expire', async () => {
    const store = new Store()
    const { progress } = await start(store)
    await until(() => store.open.size === 1)
    store.version = 500
    store.compact()
    store.bookmark()
    await until(() => progress.includes('500'))
    store.cut()
    await until(() => store.watches.length === 2)
    expect(store.watches[1]).toBe('500')
    expect(store.lists).toBe(1)
  })

  it('opens a watch again that says nothing', async () => {
    const store = new Store()
    const { changes } = await start(store, {}, { inactivityMs: 60 })
    await until(() => store.open.size === 1)
    store.silent = true
    store.put('missed')
    store.silent = false
    await until(() => changes.length === 1, 'the missed change')
    expect(store.watches.length).toBeGreaterThan(1)
    expect(store.lists).toBe(1)
  })

  it('lives through a server that is gone and comes back', async () => {
    const store = new Store()
    store.put('a')
    const { changes, states, server } = await start(store)
    await until(() => store.open.size === 1)
    const port = Number(new URL(server.url).port)
    await server.close()
    await until(() =>
      states.some(({ state, reason }) => state === 'waiting' && /connection refused/.test(reason ?? '')),
    )
    store.put('b')
    const again = await store.serve(port)
    cleanups.push(() => again.close())
    await until(() => changes.length === 2)
    expect(seen(changes)).toEqual(['added a', 'added b'])
  })

  it('gives a change again to a handler that failed', async () => {
    const store = new Store()
    const { changes, fail } = await start(store)
    await until(() => store.open.size === 1)
    fail(2)
    store.put('a')
    await until(() => changes.length === 1)
    expect(seen(changes)).toEqual(['added a'])
    expect(store.lists).toBe(1)
  })

  it('backs off from a server that refuses', async () => {
    let asked = 0
    const api = await fakeApi(({ path }, response) => {
      if (path !== '/api/v1/pods') return undefined
      asked++
      return status(response, 500, 'no')
    })
    const { states } = await start(new Store(), {}, { minPauseMs: 40, maxPauseMs: 200 }, api)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(asked).toBeGreaterThan(2)
    expect(asked).toBeLessThan(15)
    expect(states.at(-1)?.reason).toMatch(/answered 500/)
  })

  it('stops at once', async () => {
    const store = new Store()
    const { stop, running } = await start(store)
    await until(() => store.open.size === 1)
    stop()
    await running
    await until(() => store.open.size === 0)
  })
})

describe('watching events', () => {
  it('delivers nothing old', async () => {
    const store = new Store()
    for (let index = 0; index < 50; index++) store.put(`old-${index}`)
    const { changes } = await start(store, { from: 'now' })
    await until(() => store.open.size === 1)
    store.put('new')
    await until(() => changes.length === 1)
    expect(seen(changes)).toEqual(['added new'])
  })

  it('after 410 delivers what came in between, in order, and nothing twice', async () => {
    const store = new Store()
    store.put('old')
    const { changes } = await start(store, { from: 'now' })
    await until(() => store.open.size === 1)
    store.put('seen')
    await until(() => changes.length === 1)
    store.silent = true
    store.cut()
    store.put('z-first')
    store.put('a-second')
    store.compact()
    store.silent = false
    await until(() => changes.length === 3)
    store.put('last')
    await until(() => changes.length === 4)
    expect(seen(changes)).toEqual(['added seen', 'modified z-first', 'modified a-second', 'added last'])
  })

  it('reads anew what the server cannot tell, as after a compaction in the wrong moment', async () => {
    const store = new Store()
    const { changes } = await start(store, { from: 'now' })
    await until(() => store.open.size === 1)
    store.put('seen')
    await until(() => changes.length === 1)
    store.silent = true
    store.cut()
    store.put('untold')
    store.poison = store.version
    store.silent = false
    await until(() => changes.length === 2)
    store.put('last')
    await until(() => changes.length === 3)
    expect(seen(changes)).toEqual(['added seen', 'modified untold', 'added last'])
  })

  it('goes on where an earlier process stopped', async () => {
    const store = new Store()
    store.put('handled')
    const resourceVersion = String(store.version)
    store.put('missed')
    const { changes } = await start(store, { from: 'now', resourceVersion })
    await until(() => changes.length === 1)
    expect(seen(changes)).toEqual(['added missed'])
    expect(store.lists).toBe(0)
  })

  it('goes on from there even when history is gone', async () => {
    const store = new Store()
    store.put('handled')
    const resourceVersion = String(store.version)
    store.put('missed')
    store.compact()
    const { changes } = await start(store, { from: 'now', resourceVersion })
    await until(() => changes.length === 1)
    await until(() => store.open.size === 1)
    expect(seen(changes)).toEqual(['modified missed'])
  })

  it('takes only what is of interest', async () => {
    const store = new Store()
    const { changes } = await start(store, {
      from: 'now',
      project: (pod) => (pod.type === 'Warning' ? { name: pod.metadata.name } : undefined),
    })
    await until(() => store.open.size === 1)
    store.put('normal', { type: 'Normal' })
    store.put('warning', { type: 'Warning' })
    await until(() => changes.length === 1)
    expect(seen(changes)).toEqual(['added warning'])
  })

  it('survives lines that are no events', async () => {
    const store = new Store()
    const { changes } = await start(store, { from: 'now' })
    await until(() => store.open.size === 1)
    for (const response of store.open) response.write('\n{"type":"ADDED"}\nnot json\n')
    await until(() => store.watches.length === 2)
    store.put('a')
    await until(() => changes.length === 1)
  })
})
