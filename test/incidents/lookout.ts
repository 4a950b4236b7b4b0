// A watcher on the lookout over a practice cluster, without anybody to tell: what it makes of what it sees stands on the desk.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Task } from '../../src/core/task.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk, type Desk } from '../../src/incidents/desk.ts'
import type { Incident } from '../../src/incidents/incident.ts'
import type { Routing } from '../../src/incidents/routing.ts'
import { type IncidentSettings, incidentSettings } from '../../src/incidents/settings.ts'
import type { Signal } from '../../src/incidents/signal.ts'
import { startWatcher, type Watcher } from '../../src/incidents/watcher.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

export interface Lookout {
  harbor: Harbor
  store: Store
  desk: Desk
  redis: RedisServer
  metrics: Metrics
  /** investigations that were asked for */
  tasks: Task[]
  /** one more watcher beside those that run */
  watch(): Watcher
  /** the incidents that concern a workload, an object or a node of that name, newest first */
  of(name: string): Promise<Incident[]>
  until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, ms?: number): Promise<T>
  /** every pod is watched */
  ready(): Promise<void>
  /** as long as something could still come of what was seen */
  settle(): Promise<void>
  stop(): Promise<void>
}

export async function startLookout(
  load: LoadedFiles,
  settings: Partial<IncidentSettings> = {},
  routing: Routing = { channels: () => [], all: [] },
): Promise<Lookout> {
  const [harbor, redis] = await Promise.all([startHarbor({ load, controllers: false }), startRedis()])
  const store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  const desk = createDesk(store)
  const metrics = createMetrics()
  const tasks: Task[] = []
  const watchers: Watcher[] = []
  const lookout: Lookout = {
    harbor,
    store,
    desk,
    redis,
    metrics,
    tasks,
    watch() {
      const watcher = startWatcher({
        clusters: clustersOf([clusterAt('prod', harbor.url)]),
        store,
        routing,
        settings: {
          ...incidentSettings({}, false),
          INCIDENT_CALM: 500,
          INCIDENT_LOOK_AGAIN: 1000,
          WATCHDOG_WAITING: 100,
          WATCHDOG_CHECKS_EVERY: 0,
          ...settings,
        },
        show: async () => true,
        async enqueue(task) {
          tasks.push(task)
          return { accepted: true }
        },
        log: silentLogger,
        metrics,
      })
      watchers.push(watcher)
      return watcher
    },
    of: async (name) => (await desk.list()).filter(({ owners }) => owners.some((owner) => owner.name === name)),
    async until(what, check, ms = 10_000) {
      const end = Date.now() + ms
      for (;;) {
        const found = await check()
        if (found) return found
        if (Date.now() > end) throw new Error(`never: ${what}\n${JSON.stringify(await desk.list(), undefined, 1)}`)
        await sleep(25)
      }
    },
    async ready() {
      const all = `watcher_pods{cluster="prod"} ${harbor.world.list('Pod').length}\n`
      await lookout.until('the watch', async () => (await metrics.text()).includes(all))
    },
    settle: () => sleep(1200),
    async stop() {
      await Promise.all(watchers.map((one) => one.stop()))
      await store.close()
      await Promise.all([harbor.close(), redis.stop()])
    },
  }
  return lookout
}

/** An alert as it waits for the leader of a cluster; `name` is its identity too. */
export function alertOf(name: string, owner: Signal['owner'], more: Partial<Signal> = {}): Signal {
  return {
    cluster: 'prod',
    source: 'alert',
    severity: 'warning',
    reason: name,
    text: name,
    owner,
    count: 1,
    labels: {},
    immediate: true,
    alert: `am:${name}`,
    resolved: false,
    ...more,
  }
}
