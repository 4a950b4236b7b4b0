// For watches: an API server of pods that a test can cut, hush, compact or poison, and a watch of it.
import type { ServerResponse } from 'node:http'
import { afterEach } from 'vitest'
import { clusterAt } from '../../src/kube/clusters.ts'
import { type Change, type Watch, type WatchState, watchKinds } from '../../src/kube/watch.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { type FakeApi, fakeApi, later, listOf, object } from './fake-api.ts'

/** A small store of pods with versions, whose watches a test can cut, hold or expire. */
export class Store {
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
          // in the order of names, as an API server lists
          const listed = [...this.objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
          return listOf(listed.slice(0, Number(query.get('limit'))), {
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

export const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

export interface Kept {
  name: string
}

/** Runs until the test is over. */
export async function start(store: Store, watch: Partial<Watch<Kept>> = {}, timing = {}, api?: FakeApi) {
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

export const seen = (changes: Change<Kept>[]) => changes.map(({ type, name }) => `${type} ${name}`)

export async function until(what: () => boolean, label = 'it'): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
    if (what()) return
  throw new Error(`${label} did not happen`)
}
