// How often the checks look at incidents that last: less and less, once for all of a namespace, and soon when the watch sees something new.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { refKey } from '../../src/core/ref.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk } from '../../src/incidents/desk.ts'
import { createHomes } from '../../src/incidents/homes.ts'
import { createInvestigating } from '../../src/incidents/investigating.ts'
import { createKeeper } from '../../src/incidents/keeper/keeper.ts'
import { createFleet, type PodState } from '../../src/incidents/pods.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { crash, town } from '../flows/incident-rig.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

const LOOK_AGAIN = 240
const settings = { ...incidentSettings({}, false), INCIDENT_LOOK_AGAIN: LOOK_AGAIN, WATCHDOG_WAITING: 0 }
const SHOP = ['shop/web', 'shop/cart', 'shop/mail', 'shop/search', 'shop/stock', 'shop/users']
const CRASH = { kind: 'crash', reason: 'CrashLoopBackOff', text: 'back-off' } as const

let harbor: Harbor
let redis: RedisServer
let store: Store
const fleet = createFleet(settings)
/** when the pods of a namespace were listed, in ms */
const looks = new Map<string, number[]>()
const over = new AbortController()
let keeping: Promise<void>

beforeAll(async () => {
  ;[harbor, redis] = await Promise.all([
    startHarbor({ load: town(...SHOP, 'media/video'), controllers: false }),
    startRedis(),
  ])
  store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  for (const path of [...SHOP, 'media/video']) {
    crash(harbor, path)
    see(path, CRASH)
  }
  const { reader } = clusterAt('prod', harbor.url)
  const keeper = await createKeeper(
    {
      cluster: 'prod',
      reader: {
        ...reader,
        list(kind, options) {
          const place = options?.namespace ?? ''
          if (kind.kind === 'Pod') looks.set(place, [...(looks.get(place) ?? []), Date.now()])
          return reader.list(kind, options)
        },
      },
      desk: createDesk(store),
      fleet,
      routing: { channels: () => [], all: [] },
      homes: createHomes(store),
      investigating: createInvestigating(store),
      settings,
      show: async () => true,
      enqueue: async () => ({ accepted: true }),
      log: silentLogger,
      metrics: createMetrics(),
      fence: 1,
      signal: over.signal,
    },
    [],
  )
  keeping = (async () => {
    while (!over.signal.aborted) {
      await keeper.tick()
      await keeper.flush()
      await sleep(15)
    }
  })()
}, 30_000)
afterAll(async () => {
  over.abort()
  await keeping
  await store.close()
  await Promise.all([harbor.close(), redis.stop()])
})

/** What the watch sees of the pod of a workload. */
function see(path: string, trouble: PodState['trouble'], template = '1'): void {
  const [namespace = '', name = ''] = path.split('/')
  const ref = { kind: 'Deployment', namespace, name }
  const owner = refKey(ref)
  fleet.owners.set(owner, ref)
  const state = { owner, restarts: 4, ready: false, template, ...(trouble ? { trouble } : {}) }
  fleet.pod(path, namespace, name, state, Date.now())
}

const count = (namespace: string) => looks.get(namespace)?.length ?? 0

it('six incidents of a namespace are looked at together, and less and less often while nothing changes', async () => {
  const desk = createDesk(store)
  await vi.waitFor(async () => expect(await desk.list({ open: true })).toHaveLength(7), 10_000)
  const [from, opening] = [Date.now(), count('shop')]
  // after 240, 480 and 960 ms; the last one is on its way
  await sleep(LOOK_AGAIN * 8)
  const times = (looks.get('shop') ?? []).slice(opening).map((at) => at - from)
  expect(times.length).toBeGreaterThanOrEqual(2)
  expect(times.length).toBeLessThanOrEqual(4)
  expect(count('media')).toBeLessThanOrEqual(5)
})

it('the phases of a crash loop are nothing new; another template is, and is looked at soon', async () => {
  const before = count('media')
  for (let n = 0; n < 4; n++) {
    see('media/video', { kind: 'crash', reason: n % 2 ? 'Error' : 'Restarting', text: '' })
    await sleep(40)
  }
  expect(count('media')).toBeLessThanOrEqual(before + 1)
  const waiting = count('media')
  see('media/video', CRASH, '2')
  await vi.waitFor(() => expect(count('media')).toBe(waiting + 1), { timeout: LOOK_AGAIN * 2, interval: 10 })
})
