import type { Parts } from './parts.ts'

/** Makes incidents of events, alerts and the state of things: one leader per cluster, whoever holds its lock. */
export async function startWatcherRole(parts: Parts): Promise<() => Promise<void>> {
  const { change, clusters, config, store, log, metrics } = parts
  const [{ startWatcher }, { startAlerts }, { parseRouting }, { incidentSettings }, { showIncident }] =
    await Promise.all([
      import('../incidents/watcher.ts'),
      import('../incidents/alerts/listener.ts'),
      import('../incidents/routing.ts'),
      import('../incidents/settings.ts'),
      import('../tasks/incident-show.ts'),
    ])
  const settings = parts.incidents ?? incidentSettings()
  const routing = await parseRouting(change.policy.routing, config.INCIDENT_CHANNELS)
  const alerts = await startAlerts({ settings, store, clusters: clusters.list(), log, metrics })
  const watcher = startWatcher({
    clusters,
    store,
    routing,
    settings,
    log,
    metrics,
    show: async (incident) => (await showIncident(incident.id, change)).complete,
    enqueue: change.enqueue,
  })
  return async () => {
    await alerts?.close()
    await watcher.stop()
  }
}
