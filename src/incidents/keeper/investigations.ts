// Investigations by a model, begun in turn.
import { FIRSTMATE } from '../../core/people.ts'
import { taskId } from '../../core/task.ts'
import { type Incident, isMuted } from '../incident.ts'
import type { Holding } from './holding.ts'
import type { KeeperParts } from './parts.ts'

/** an investigation that says nothing for that long is given up, so that the next one may begin */
const INVESTIGATION_MS = 15 * 60_000

/** At most so many at once, the oldest and worst first; the record says who waits, so a restart forgets nobody. */
export async function startInvestigations(parts: KeeperParts, holding: Holding): Promise<void> {
  const { cluster, settings } = parts
  const all = [...holding.all()].map(({ incident }) => incident).filter((incident) => incident.state === 'open')
  const fresh = (incident: Incident) =>
    Date.now() - Date.parse(incident.investigatedAt ?? incident.openedAt) < INVESTIGATION_MS
  let running = all.filter((incident) => incident.investigation === 'running' && fresh(incident)).length
  const queued = all
    .filter((incident) => incident.investigation === 'queued' && !isMuted(incident))
    .sort(
      (a, b) =>
        Number(b.severity === 'critical') - Number(a.severity === 'critical') || a.openedAt.localeCompare(b.openedAt),
    )
  parts.metrics.set('incident_investigations_queued', 'Investigations that wait for their turn', queued.length, {
    cluster,
  })
  for (const incident of queued) {
    if (running >= settings.INCIDENT_MAX_INVESTIGATIONS) return
    const [thread] = incident.threads
    if (!thread) continue
    running++
    const at = new Date().toISOString()
    // the id is that of the incident and the round, so a crash before the record is written starts none twice
    await parts.enqueue({
      kind: 'investigate',
      id: taskId('investigate', incident.id, String(incident.reopened)),
      thread,
      asker: FIRSTMATE,
      at,
      incident: incident.id,
    })
    await holding.update(
      incident.id,
      (current) =>
        current.investigation === 'queued' ? { ...current, investigation: 'running', investigatedAt: at } : undefined,
      false,
    )
  }
}
