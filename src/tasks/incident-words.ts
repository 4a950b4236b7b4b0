// The words of an incident: its headline, how it ended, its cause in brief. Pure.
import type { Tone } from '../core/card.ts'
import { type ObjectRef, refKey, refText } from '../core/ref.ts'
import { type Incident, isSilenced, saying } from '../incidents/incident.ts'

const SHOWN_OWNERS = 6
const CAUSE_LENGTH = 240
const SHORT_QUOTE = 60
const TITLE_LENGTH = 160

/** Cut after a whole word. */
export function headline(text: string): string {
  return text.length > TITLE_LENGTH ? `${text.slice(0, TITLE_LENGTH).replace(/,?\s\S{0,60}$/, '')}…` : text
}

/** One line of a list. */
export function incidentLine(incident: Incident): string {
  const { id, state, severity, cluster, openedAt } = incident
  const took = state === 'open' ? '' : ` after ${lasted(incident)}`
  const words = title(incident).replace(/\s+/g, ' ').slice(0, 160)
  return `${id} · ${state}${took} · ${severity} · ${cluster} · since ${clock(openedAt)} · ${words}`
}

export function title(incident: Incident): string {
  const { cause, owners } = incident
  const name = nameOfOwner(owners[0])
  if (!cause) {
    const reason = incident.reasons[0]?.reason ?? 'trouble'
    // an alert about nothing that is known here is called by its name already
    return owners[0]?.name === reason ? nameIn(incident) : `${nameIn(incident)}: ${reason}`
  }
  // a cause that was found on each of them reads as if it were about the first alone
  const own = owners.some((one) => refKey(one) === refKey(cause.object))
  const more = own && owners.length > 1 ? `, and the same of ${owners.length - 1} more` : ''
  const says = [name, nameOfOwner(cause.object)].some((one) => isNamedIn(cause.summary, one))
  return `${says ? '' : `${name}: `}${cause.summary}${more}`
}

/** As a word of its own: an image may be called like the workload that runs it. */
function isNamedIn(text: string, name: string): boolean {
  const at = text.indexOf(name)
  return at >= 0 && /^(:?\s|[,;)"]|$)/.test(text.slice(at + name.length))
}

function nameOfOwner(owner: ObjectRef | undefined): string {
  if (!owner) return 'cluster'
  return owner.namespace ? `${owner.namespace}/${owner.name}` : refText(owner)
}

export function nameIn({ owners: [first, ...more] }: Incident): string {
  return `${nameOfOwner(first)}${more.length > 0 ? ` and ${more.length} more` : ''}`
}

/** How it ended, as a clause. */
export function overText(incident: Incident): string {
  if (incident.state === 'merged') return `same cause as incident ${incident.mergedInto ?? ''}`
  return incident.resolvedBy
    ? `resolved by ${nameOf(incident.resolvedBy.by)} after ${lasted(incident)}`
    : `recovered after ${lasted(incident)}`
}

/** A cause without a long quotation: that stands in the evidence. */
export function brief(cause: string): string {
  const from = cause.indexOf(': "')
  const to = cause.lastIndexOf('"')
  if (from < 0 || to - from - 3 <= SHORT_QUOTE) return short(cause, CAUSE_LENGTH)
  const says = cause.slice(0, from).replace(/[;,] it said last$/, '')
  return short(`${says}${cause.slice(to + 1)}`, CAUSE_LENGTH)
}

/** Of an open one. */
export function stateText(incident: Incident, now: Date): string {
  const again = incident.reopened > 0 ? `open again (${incident.reopened + 1}×)` : 'open'
  const state = incident.flapping ? `flapping (${incident.reopened + 1}×)` : again
  return incident.silenced && isSilenced(incident, now.getTime())
    ? `${state}, silenced by ${nameOf(incident.silenced.by)} until ${clock(incident.silenced.until)}`
    : state
}

export function toneOf(incident: Incident): Tone {
  if (incident.state === 'merged') return 'info'
  if (incident.state !== 'open') return 'ok'
  return incident.severity === 'critical' ? 'bad' : 'warn'
}

export function signs(incident: Incident): string {
  const shown = incident.reasons.slice(0, 4).map(({ reason, count }) => `${reason} ×${count}`)
  return `${incident.count} (${shown.join(', ')})`
}

export function owners(incident: Incident): string {
  const shown = incident.owners.slice(0, SHOWN_OWNERS).map(nameOfOwner)
  return incident.owners.length > SHOWN_OWNERS
    ? `${shown.join(', ')} and ${incident.owners.length - SHOWN_OWNERS} more`
    : shown.join(', ')
}

/** From where the cause was read: a log or the object itself says why, its status only says that. */
export function confidence({ cause }: Incident): string {
  if (!cause) return 'low: no check explains it'
  const sources = [...new Set(cause.evidence.map((one) => one.source))]
  const firm = sources.includes('log') || sources.includes('spec')
  return `${firm ? 'high' : 'medium'}: read from ${sources.join(', ') || 'its state'}${cause.partial.length > 0 ? ', but not everything could be seen' : ''}`
}

function lasted(incident: Incident): string {
  const end = Date.parse(incident.recoveredAt ?? incident.closedAt ?? incident.lastSignAt)
  const seconds = Math.max(1, Math.round((end - Date.parse(incident.openedAt)) / 1000))
  if (seconds < 90) return `${seconds} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

export function clock(time: string): string {
  return `${time.slice(5, 10)} ${time.slice(11, 16)} UTC`
}

export function nameOf(person: { name?: string | undefined; id: string }): string {
  return person.name ?? person.id
}

export function short(text: string, most: number): string {
  const one = text.replace(/\s+/g, ' ')
  return one.length > most ? `${one.slice(0, most)}… (cut)` : one
}

/** What people said of its diagnosis, as one sentence; undefined when nobody did. */
export function verdictText(incident: Incident): string | undefined {
  const said = [true, false].flatMap((useful) => {
    const names = saying(incident, useful)
    return names.length > 0 ? [`${useful ? 'useful' : 'not useful'} by ${names.join(', ')}`] : []
  })
  return said.length > 0 ? `The diagnosis was marked ${said.join('; ')}.` : undefined
}
