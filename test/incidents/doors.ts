// The webhooks of a watcher, open on loopback, and what waits behind them for the leader of a cluster.
import type { Listening } from '../../src/http.ts'
import { startAlerts } from '../../src/incidents/alerts/listener.ts'
import { createNotebook, MAX_WAITING_ALERTS } from '../../src/incidents/notebook.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import type { Signal } from '../../src/incidents/signal.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'

export const SECRET = 'a-secret-of-sixteen'
const settings = incidentSettings(
  { INCIDENT_PORT: '0', ALERTMANAGER_TOKEN: SECRET, PAGERDUTY_WEBHOOK_SECRET: SECRET, WEBHOOK_SECRET: SECRET },
  false,
)

export interface Doors {
  send(
    path: string,
    body: string,
    headers?: Record<string, string>,
    method?: string,
  ): Promise<{ status: number; says: string }>
  /** the signs that wait for the leader of a cluster, taken */
  waiting(cluster: string): Promise<Signal[]>
  /** another process on the same Redis */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function openDoors(): Promise<Doors> {
  const redis = await startRedis()
  let store: Store
  let alerts: Listening
  async function start(): Promise<void> {
    store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
    const clusters = ['prod', 'stage']
    alerts = (await startAlerts({
      settings,
      store,
      clusters,
      log: silentLogger,
      metrics: createMetrics(),
    })) as Listening
  }
  async function shut(): Promise<void> {
    await alerts.close()
    await store.close()
  }
  await start()
  return {
    async send(path, body, headers = {}, method = 'POST') {
      const response = await fetch(`http://127.0.0.1:${alerts.port}${path}`, {
        method,
        headers,
        ...(method === 'POST' ? { body } : {}),
      })
      return { status: response.status, says: await response.text() }
    },
    async waiting(cluster) {
      const notebook = createNotebook(store, cluster, 1)
      const rows = await notebook.waiting(undefined, 2 * MAX_WAITING_ALERTS)
      await notebook.taken(rows.map(({ id }) => id))
      return rows.flatMap(({ signal }) => signal ?? [])
    },
    async restart() {
      await shut()
      await start()
    },
    async close() {
      await shut()
      await redis.stop()
    },
  }
}
