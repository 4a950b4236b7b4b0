// Starts a practice cluster: a world, its control plane, and an HTTP server that behaves as a Kubernetes API over it.
import { listen } from '../http.ts'
import type { LoadedFiles } from '../objects/files.ts'
import { createApiServer } from './api/server.ts'
import { fillBase } from './base.ts'
import { type Clock, createClock } from './clock.ts'
import { CONTROLLERS } from './controllers/index.ts'
import { serveDefinitions } from './custom/definitions.ts'
import { kubeconfigOf } from './kubeconfig.ts'
import { createRealm } from './live.ts'
import { loadWorld } from './load.ts'
import type { World } from './world.ts'

export interface HarborOptions {
  /** snapshot files; without them the cluster is empty but for its system namespaces and two nodes */
  load?: LoadedFiles
  /** default: a free one */
  port?: number
  /** default: true; false leaves the world still */
  controllers?: boolean
  /** pins the instant at which the world begins (ms or RFC 3339); times in loaded files are then left as they are */
  now?: number | string | Date
  /** makes generated names repeatable */
  seed?: number
  name?: string
  /** a clock of one's own, for tests that push time */
  clock?: Clock
}

export interface Harbor {
  url: string
  world: World
  kubeconfig(): string
  /** Drops every connection; the server stays up. For trying what clients do then. */
  disconnect(): void
  close(): Promise<void>
}

// a controller's mistake must not take the process down that hosts the world
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'PracticeClusterWarning')
}

export async function startHarbor(options: HarborOptions = {}): Promise<Harbor> {
  const name = options.name ?? 'practice'
  const load = options.load
  const pinned = options.now === undefined ? undefined : new Date(options.now).getTime()
  const clock = options.clock ?? createClock({ start: pinned ?? Date.now(), onError: warn })
  const realm = createRealm(name, clock, options.seed ?? 1)
  serveDefinitions(realm)
  if (load) loadWorld(realm, load, pinned === undefined)
  fillBase(realm, load !== undefined)
  realm.store.compact()
  const api = createApiServer(realm)
  const { port } = await listen(api.server, options.port ?? 0, '--port', '127.0.0.1')
  const stops = options.controllers === false ? [] : CONTROLLERS.map((controller) => controller.start(realm.world))
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    world: realm.world,
    kubeconfig: () => kubeconfigOf(name, url),
    disconnect: () => api.server.closeAllConnections(),
    async close() {
      for (const stop of stops) stop()
      clock.stop()
      await api.close()
    },
  }
}
