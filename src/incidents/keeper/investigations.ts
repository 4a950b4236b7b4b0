// Investigations, begun in turn: the worst and oldest first, as many at once as the whole bot has places for.
import { FIRSTMATE } from '../../core/people.ts'
import { taskId } from '../../core/task.ts'
import { type Incident, isMuted } from '../incident.ts'
import type { Holding } from './holding.ts'
import type { Held, KeeperParts } from './parts.ts'

/** a diagnosis that cannot be shown yet is not waited for longer than that */
const UNDIAGNOSED_MS = 30_000

/** The record says who waits, so a restart forgets nobody. */
export async function startInvestigations(parts: KeeperParts, holding: Holding): Promise<void> {
  const { cluster, settings, investigating } = parts
  const queued = [...holding.all()]
    .filter(isWaiting)
    .map(({ incident }) => incident)
    .sort(
      (a, b) =>
        Number(b.severity === 'critical') - Number(a.severity === 'critical') || a.openedAt.localeCompare(b.openedAt),
    )
  let begun = 0
  for (const incident of queued) {
    if (!(await investigating.begin(incident.id, settings.INCIDENT_MAX_INVESTIGATIONS))) break
    await start(incident, parts, holding)
    begun++
  }
  parts.metrics.set(
    'incident_investigations_queued',
    'Investigations that wait for their turn',
    queued.length - begun,
    { cluster },
  )
}

/** People read the diagnosis first: what follows from it stands below. */
function isWaiting({ incident, diagnosed }: Held): boolean {
  if (incident.state !== 'open' || isMuted(incident)) return false
  const age = Date.now() - Date.parse(incident.reopenedAt ?? incident.openedAt)
  return incident.investigation === 'queued' && (diagnosed || age > UNDIAGNOSED_MS)
}

async function start(incident: Incident, parts: KeeperParts, holding: Holding): Promise<void> {
  const [thread] = incident.threads
  if (!thread) return
  const at = new Date().toISOString()
  // the id is that of the incident and the round, so a crash before the record is written starts none twice
  await parts.enqueue({
    kind: 'investigate',
    id: taskId('investigate', incident.id, String(incident.reopened), ...(incident.secondLook ? ['second-look'] : [])),
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
