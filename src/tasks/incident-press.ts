// A press on an incident: seen, taken, silenced or resolved. The record says who and until when, and the message shows it.
import type { Click, ClickReply } from '../chat/contract.ts'
import type { IntentBody } from '../core/intent.ts'
import type { Person } from '../core/people.ts'
import { createDesk } from '../incidents/desk.ts'
import { type Incident, judged, noted } from '../incidents/incident.ts'
import { incidentSettings } from '../incidents/settings.ts'
import { SILENCES } from './incident-card.ts'
import { type ShowIncidentContext, showIncident } from './incident-show.ts'

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

/** Resolves undefined when the incident is not open any more. `ms`: how long a silence lasts. */
export async function changeIncident(
  id: string,
  does: Does,
  by: Person,
  ms: number,
  context: ShowIncidentContext,
): Promise<Incident | undefined> {
  let done = false
  await createDesk(context.store).change(id, (incident) => {
    done = incident.state === 'open'
    return done ? changed(incident, does, by, ms) : undefined
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
      return noted(
        { ...incident, assigned: { by, at }, acknowledged: incident.acknowledged ?? { by, at } },
        `taken by ${name}`,
      )
    case 'silence':
      return noted({ ...incident, silenced: { by, at, until: until(ms) } }, `silenced by ${name} for ${lengthOf(ms)}`)
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

function lengthOf(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes % 1440 === 0) return minutes === 1440 ? '1 day' : `${minutes / 1440} days`
  if (minutes % 60 === 0) return minutes === 60 ? '1 hour' : `${minutes / 60} hours`
  return `${minutes} min`
}

function until(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
