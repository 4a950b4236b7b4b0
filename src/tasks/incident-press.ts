// A press on an incident: seen, taken, silenced or resolved. The record says who and until when, and the message shows it.
import type { Click, ClickReply } from '../chat/contract.ts'
import type { IntentBody } from '../core/intent.ts'
import { type Person, personKey } from '../core/people.ts'
import { createDesk } from '../incidents/desk.ts'
import { type Incident, judged, noted } from '../incidents/incident.ts'
import { incidentSettings } from '../incidents/settings.ts'
import { SILENCES } from './incident-card.ts'
import { type ShowIncidentContext, showIncident } from './incident-show.ts'

/** the same press of the same person within that time was delivered twice */
const AGAIN_MS = 10_000

type Does = Extract<IntentBody, { kind: 'incident' }>['does']

export async function pressIncident(
  body: Extract<IntentBody, { kind: 'incident' }>,
  press: Pick<Click, 'person' | 'value'>,
  context: ShowIncidentContext,
): Promise<ClickReply> {
  const silence = SILENCES.find(({ value }) => value === press.value)
  if (body.does === 'silence' && !silence) return { note: 'Choose for how long.' }
  const changed = await changeIncident(body.incident, body.does, press.person, silence?.ms ?? 0, context)
  return changed ? {} : { note: 'This incident is over, or no longer known.' }
}

/** A word on its diagnosis, open or over: on its record, for those who look at it later and for the next incident like it. */
export async function judgeIncident(
  subject: string,
  useful: boolean,
  by: Person,
  context: ShowIncidentContext,
): Promise<void> {
  const id = /^incident-([0-9a-f]+)$/.exec(subject)?.[1]
  if (id === undefined) return
  await createDesk(context.store).change(id, (incident) => judged(incident, by, useful))
  await showIncident(id, context)
}

/** Resolves undefined when the incident is not open any more. `ms`: how long a silence lasts. A press that comes twice is one. */
export async function changeIncident(
  id: string,
  does: Does,
  by: Person,
  ms: number,
  context: ShowIncidentContext,
): Promise<Incident | undefined> {
  let done = false
  await createDesk(context.store).change(id, (incident) => {
    const isOpen = incident.state === 'open'
    done = isOpen || (does === 'resolve' && isAgain(incident.resolvedBy, by))
    return isOpen ? changed(incident, does, by, ms) : undefined
  })
  const { incident } = await showIncident(id, context)
  return done ? incident : undefined
}

function changed(incident: Incident, does: Does, by: Person, ms: number): Incident {
  const at = new Date().toISOString()
  const name = by.name ?? by.id
  switch (does) {
    case 'acknowledge':
      return incident.acknowledged ? incident : noted({ ...incident, acknowledged: { by, at } }, `seen by ${name}`)
    case 'assign':
      if (incident.assigned && personKey(incident.assigned.by) === personKey(by)) return incident
      return noted(
        { ...incident, assigned: { by, at }, acknowledged: incident.acknowledged ?? { by, at } },
        `taken by ${name}`,
      )
    case 'silence': {
      const silenced = { by, at, until: until(ms) }
      const isSameEnd = (other: string) => Math.abs(Date.parse(other) - Date.parse(silenced.until)) < AGAIN_MS
      if (incident.silenced && isAgain(incident.silenced, by) && isSameEnd(incident.silenced.until)) return incident
      return noted({ ...incident, silenced }, `silenced by ${name} for ${lengthOf(ms)}`)
    }
    case 'resolve':
      return noted(
        {
          ...incident,
          state: 'recovered',
          recoveredAt: at,
          resolvedBy: { by, at, until: until(incidentSettings().INCIDENT_COOLDOWN) },
        },
        `resolved by ${name}`,
      )
  }
}

/** Platforms deliver a press twice now and then. */
function isAgain(mark: { by: Person; at: string } | undefined, by: Person): boolean {
  return mark !== undefined && personKey(mark.by) === personKey(by) && Date.now() - Date.parse(mark.at) < AGAIN_MS
}

function lengthOf(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes % 1440 === 0) return minutes === 1440 ? '1 day' : `${minutes / 1440} days`
  if (minutes % 60 === 0) return minutes === 60 ? '1 hour' : `${minutes / 60} hours`
  return `${minutes} min`
}

function until(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
