// A keeper at work on a small town in a practice cluster, with a real Redis: what the watch sees is told by the story.
import { setTimeout as sleep } from 'node:timers/promises'
import { refKey } from '../../src/core/ref.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk, type Desk } from '../../src/incidents/desk.ts'
import { createHomes } from '../../src/incidents/homes.ts'
import { createInvestigating } from '../../src/incidents/investigating.ts'
import { createKeeper } from '../../src/incidents/keeper/keeper.ts'
import { createFleet, type Fleet, type PodState } from '../../src/incidents/pods.ts'
import type { IncidentSettings } from '../../src/incidents/settings.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { connectStore } from '../../src/store/redis.ts'
import { town } from '../flows/town.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'

export const CRASH = { kind: 'crash', reason: 'CrashLoopBackOff', text: 'back-off' } as const

export interface Keeping {
  harbor: Harbor
  desk: Desk
  fleet: Fleet
  /** when the pods of a namespace were listed, in ms */
  looks: Map<string, number[]>
  /** what the watch sees of the only pod of a workload, by `namespace/name` */
  see(path: string, trouble: PodState['trouble'], template?: string): void
  stop(): Promise<void>
}

/** `paths`: `namespace/name` of each workload of the town. */
export async function startKeeping(paths: string[], settings: IncidentSettings): Promise<Keeping> {
  const [harbor, redis] = await Promise.all([startHarbor({ load: town(...paths), controllers: false }), startRedis()])
  const store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  const fleet = createFleet(settings)
  const looks = new Map<string, number[]>()
  const over = new AbortController()
  const desk = createDesk(store)
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
      desk,
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
  const keeping = (async () => {
    while (!over.signal.aborted) {
      await keeper.tick()
      await keeper.flush()
      await sleep(15)
    }
  })()
  return {
    harbor,
    desk,
    fleet,
    looks,
    see(path, trouble, template = '1') {
      const [namespace = '', name = ''] = path.split('/')
      const ref = { kind: 'Deployment', namespace, name }
      const owner = refKey(ref)
      fleet.owners.set(owner, ref)
      const state = { owner, restarts: 4, ready: false, template, ...(trouble ? { trouble } : {}) }
      fleet.pod(path, namespace, name, state, Date.now())
    },
    async stop() {
      over.abort()
      await keeping
      await store.close()
      await Promise.all([harbor.close(), redis.stop()])
    },
  }
}
