// What an incident looks like: the root message, edited in place; the diagnosis below it; a note when it comes back; the summary at its end. Pure.
import type { Block, Card, Control, Tone } from '../core/card.ts'
import { refKey, refText } from '../core/ref.ts'
import { type Incident, isSilenced } from '../incidents/incident.ts'

const SHOWN_OWNERS = 6
const SHOWN_EVIDENCE = 3
const SHOWN_TIMELINE = 15
const EVIDENCE_LENGTH = 240

export interface IncidentControls {
  acknowledge: string
  assign: string
  silence: string
  resolve: string
  useful: string
  useless: string
  /** the typed remedy of the cause, if there is one */
  propose?: { label: string; id: string }
}

export function rootCard(incident: Incident, controls: IncidentControls, now = new Date()): Card {
  const rows: { label: string; text: string }[] = [{ label: 'State', text: stateText(incident, now) }]
  if (incident.cause) rows.push({ label: 'Cause', text: incident.cause.cause })
  else rows.push({ label: 'Cause', text: `no check explains it; it was said: ${incident.text || 'nothing'}` })
  if (incident.owners.length > 1) rows.push({ label: 'Objects', text: owners(incident) })
  rows.push(
    { label: 'Signs', text: signs(incident) },
    { label: 'Since', text: `${clock(incident.openedAt)} · incident ${incident.id}` },
  )
  rows.push({ label: 'Confidence', text: confidence(incident) })
  if (incident.assigned) rows.push({ label: 'Taken by', text: nameOf(incident.assigned.by) })
  else if (incident.acknowledged) rows.push({ label: 'Seen by', text: nameOf(incident.acknowledged.by) })
  return {
    tone: toneOf(incident),
    title: title(incident),
    cluster: incident.cluster,
    blocks: [{ kind: 'facts', rows }],
    controls: incident.state === 'open' ? rootControls(incident, controls, now) : [],
  }
}

function rootControls(incident: Incident, controls: IncidentControls, now: Date): Control[] {
  const button = (id: string, label: string): Control => ({ kind: 'button', id, label, style: 'plain' })
  return [
    ...(incident.acknowledged ? [] : [button(controls.acknowledge, 'Acknowledge')]),
    ...(incident.assigned ? [] : [button(controls.assign, 'I take it')]),
    button(controls.resolve, 'Resolve'),
    ...(isSilenced(incident, now.getTime())
      ? []
      : [
          {
            kind: 'select' as const,
            id: controls.silence,
            placeholder: 'Silence for…',
            options: SILENCES.map(({ label, value }) => ({ label, value })),
          },
        ]),
  ]
}

export const SILENCES = [
  { label: '1 hour', value: '1h', ms: 3_600_000 },
  { label: '4 hours', value: '4h', ms: 4 * 3_600_000 },
  { label: '1 day', value: '1d', ms: 86_400_000 },
  { label: '7 days', value: '7d', ms: 7 * 86_400_000 },
]

/** The first reply: evidence, what changed, what to do, and what happened the last time. */
export function diagnosisCard(incident: Incident, controls: IncidentControls): Card {
  const { cause, similar } = incident
  const blocks: Block[] = []
  if (cause) {
    const rows: { label: string; text: Extract<Block, { kind: 'text' }>['text'] }[] = [
      { label: 'Cause', text: cause.cause },
    ]
    if (cause.changed) rows.push({ label: 'Changed', text: cause.changed })
    for (const [at, one] of cause.evidence.slice(0, SHOWN_EVIDENCE).entries()) {
      rows.push({
        label: at === 0 ? 'Evidence' : '',
        text: [`${one.source} of ${refText(one.object)}: `, { code: short(one.text, EVIDENCE_LENGTH) }],
      })
    }
    rows.push({ label: 'Next', text: cause.remedy })
    blocks.push({ kind: 'facts', rows })
    if (cause.others.length > 0)
      blocks.push({ kind: 'text', text: 'Also wrong here:' }, { kind: 'list', items: cause.others })
  } else {
    blocks.push({
      kind: 'text',
      text: [
        `No check explains this. The cluster said (${incident.reasons.map((one) => one.reason).join(', ')}): `,
        { code: short(incident.text, 300) },
      ],
    })
  }
  if (similar)
    blocks.push({
      kind: 'text',
      text: `${similar.same ? 'This has happened before' : 'Something similar has happened before'}, on ${similar.at.slice(0, 10)} (incident ${similar.id}). Cause then: ${similar.cause} What ended it: ${similar.fixed}.`,
    })
  if (cause && cause.partial.length > 0)
    blocks.push({ kind: 'note', text: `Could not see everything: ${cause.partial.join(' · ')}` })
  const open = incident.state === 'open'
  return {
    title: cause ? 'Diagnosis' : 'No diagnosis yet',
    cluster: incident.cluster,
    blocks,
    controls: [
      ...(open && controls.propose
        ? [
            {
              kind: 'button' as const,
              id: controls.propose.id,
              label: controls.propose.label,
              style: 'primary' as const,
            },
          ]
        : []),
      { kind: 'button', id: controls.useful, label: 'Useful', style: 'plain' },
      { kind: 'button', id: controls.useless, label: 'Not useful', style: 'plain' },
    ],
  }
}

export function reopenedCard(incident: Incident): Card {
  const flaps = incident.flapping
    ? ' It keeps coming and going, so from now on only the message at the top is kept up to date.'
    : ''
  return {
    tone: 'warn',
    title: 'It is back',
    cluster: incident.cluster,
    blocks: [{ kind: 'text', text: `${title(incident)}.${flaps}` }],
    controls: [],
  }
}

/** `plans`: a line for each plan of the thread: what, who decided, how it ended. */
export function recoveredCard(incident: Incident, plans: readonly string[]): Card {
  const lines = incident.timeline.map((line) => `${clock(line.at)} ${line.text}`)
  const shown =
    lines.length > SHOWN_TIMELINE
      ? [...lines.slice(0, 5), `… ${lines.length - SHOWN_TIMELINE} more`, ...lines.slice(-(SHOWN_TIMELINE - 5))]
      : lines
  const blocks: Block[] = [
    {
      kind: 'text',
      text: `${title(incident)}. ${incident.resolvedBy ? `${nameOf(incident.resolvedBy.by)} resolved it` : 'It is well again'} after ${lasted(incident)}${incident.fixed ? `; what ended it: ${incident.fixed}` : ''}.`,
    },
    { kind: 'list', items: shown },
  ]
  if (plans.length > 0) blocks.push({ kind: 'text', text: 'Plans:' }, { kind: 'list', items: [...plans] })
  return { tone: 'ok', title: `Recovered after ${lasted(incident)}`, cluster: incident.cluster, blocks, controls: [] }
}

export function mergedCard(incident: Incident): Card {
  return {
    tone: 'info',
    title: 'Same cause as another incident',
    cluster: incident.cluster,
    blocks: [{ kind: 'text', text: `What follows about this is in incident ${incident.mergedInto ?? ''}.` }],
    controls: [],
  }
}

export function title(incident: Incident): string {
  const [owner] = incident.owners
  const more = incident.owners.length - 1
  // a cause that was found on each of them reads as if it were about the first alone
  const own = incident.cause && incident.owners.some((one) => refKey(one) === refKey(incident.cause?.object ?? one))
  if (incident.cause)
    return own && more > 0 ? `${incident.cause.summary}, and the same of ${more} more` : incident.cause.summary
  const name = owner ? (owner.namespace ? `${owner.namespace}/${owner.name}` : refText(owner)) : 'cluster'
  return `${name}: ${incident.reasons[0]?.reason ?? 'trouble'}`
}

function stateText(incident: Incident, now: Date): string {
  switch (incident.state) {
    case 'recovered':
    case 'closed':
      return incident.resolvedBy
        ? `✅ resolved by ${nameOf(incident.resolvedBy.by)} after ${lasted(incident)}`
        : `✅ recovered after ${lasted(incident)}`
    case 'merged':
      return `↪ same cause as incident ${incident.mergedInto ?? ''}`
    case 'open': {
      const words = [
        incident.flapping ? 'flapping' : incident.reopened > 0 ? `open again (${incident.reopened + 1}×)` : 'open',
      ]
      if (incident.silenced && isSilenced(incident, now.getTime()))
        words.push(`silenced by ${nameOf(incident.silenced.by)} until ${clock(incident.silenced.until)}`)
      return words.join(', ')
    }
  }
}

function toneOf(incident: Incident): Tone {
  if (incident.state === 'merged') return 'info'
  if (incident.state !== 'open') return 'ok'
  return incident.severity === 'critical' ? 'bad' : 'warn'
}

function signs(incident: Incident): string {
  const shown = incident.reasons.slice(0, 4).map(({ reason, count }) => `${reason} ×${count}`)
  return `${incident.count} (${shown.join(', ')})`
}

function owners(incident: Incident): string {
  const shown = incident.owners
    .slice(0, SHOWN_OWNERS)
    .map((owner) => (owner.namespace ? `${owner.namespace}/${owner.name}` : refText(owner)))
  return incident.owners.length > SHOWN_OWNERS
    ? `${shown.join(', ')} and ${incident.owners.length - SHOWN_OWNERS} more`
    : shown.join(', ')
}

/** From where the cause was read: a log or the object itself says why, its status only says that. */
function confidence({ cause }: Incident): string {
  if (!cause) return 'low: no check explains it'
  const sources = [...new Set(cause.evidence.map((one) => one.source))]
  const firm = sources.includes('log') || sources.includes('spec')
  return `${firm ? 'high' : 'medium'}: read from ${sources.join(', ') || 'its state'}${cause.partial.length > 0 ? ', but not everything could be seen' : ''}`
}

export function lasted(incident: Incident): string {
  const end = Date.parse(incident.recoveredAt ?? incident.closedAt ?? incident.lastSignAt)
  const seconds = Math.max(1, Math.round((end - Date.parse(incident.openedAt)) / 1000))
  if (seconds < 90) return `${seconds} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

function clock(time: string): string {
  return `${time.slice(5, 10)} ${time.slice(11, 16)} UTC`
}

function nameOf(person: { name?: string | undefined; id: string }): string {
  return person.name ?? person.id
}

function short(text: string, most: number): string {
  const one = text.replace(/\s+/g, ' ')
  return one.length > most ? `${one.slice(0, most)}… (cut)` : one
}
