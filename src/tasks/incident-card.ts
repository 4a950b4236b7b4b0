// What an incident looks like: the root message, edited in place; the diagnosis below it; a note when it comes back; the summary at its end. Pure.
import type { Block, Card, Control } from '../core/card.ts'
import { refText } from '../core/ref.ts'
import { type Incident, isSilenced } from '../incidents/incident.ts'
import {
  brief,
  clock,
  confidence,
  headline,
  nameIn,
  nameOf,
  overText,
  owners,
  short,
  signs,
  stateText,
  title,
  toneOf,
  verdictText,
} from './incident-words.ts'

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

/** for those who only look */
export const NO_CONTROLS: IncidentControls = {
  acknowledge: '',
  assign: '',
  silence: '',
  resolve: '',
  useful: '',
  useless: '',
}

/** `shown`: what stands beside it already, and is not said twice. */
export function rootRows(incident: Incident, now: Date, shown?: 'Was' | 'Cause'): { label: string; text: string }[] {
  const isOpen = incident.state === 'open'
  const rows = [isOpen ? { label: 'State', text: stateText(incident, now) } : { label: 'Was', text: title(incident) }]
  if (incident.cause) rows.push({ label: 'Cause', text: brief(incident.cause.cause) })
  else rows.push({ label: 'Cause', text: `no check explains it; it was said: ${incident.text || 'nothing'}` })
  if (incident.owners.length > 1) rows.push({ label: 'Objects', text: owners(incident) })
  rows.push(
    { label: 'Signs', text: signs(incident) },
    { label: 'Since', text: `${clock(incident.openedAt)} · incident ${incident.id}` },
  )
  if (isOpen) rows.push({ label: 'Confidence', text: confidence(incident) })
  if (incident.assigned) rows.push({ label: 'Taken by', text: nameOf(incident.assigned.by) })
  else if (incident.acknowledged) rows.push({ label: 'Seen by', text: nameOf(incident.acknowledged.by) })
  return rows.filter(({ label }) => label !== shown)
}

export function rootCard(incident: Incident, controls: IncidentControls, now = new Date()): Card {
  const isOpen = incident.state === 'open'
  return {
    tone: toneOf(incident),
    title: isOpen ? headline(title(incident)) : `${nameIn(incident)}: ${overText(incident)}`,
    cluster: incident.cluster,
    blocks: [{ kind: 'facts', rows: rootRows(incident, now) }],
    controls: isOpen ? rootControls(incident, controls, now) : [],
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
    // the checks quote what their evidence says too, and what changed
    const evidence = cause.evidence.filter((one) => !cause.changed || !one.text.includes(cause.changed))
    const quoted = /: "(.{1,40})/.exec(cause.cause)?.[1]
    const isRepeated = quoted !== undefined && evidence.some((one) => one.text.includes(quoted))
    const rows: { label: string; text: Extract<Block, { kind: 'text' }>['text'] }[] = [
      { label: 'Cause', text: isRepeated ? brief(cause.cause) : cause.cause },
    ]
    if (cause.changed) rows.push({ label: 'Changed', text: cause.changed })
    for (const [at, one] of evidence.slice(0, SHOWN_EVIDENCE).entries()) {
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
    const isAlert = incident.sources.every((source) => source === 'alert')
    blocks.push({
      kind: 'text',
      text: [
        `No check explains this. ${isAlert ? 'The alert' : 'The cluster'} said (${incident.reasons.map((one) => one.reason).join(', ')}): `,
        { code: short(incident.text, 300) },
      ],
    })
  }
  if (similar)
    blocks.push({
      kind: 'text',
      text: similarText(similar),
    })
  if (cause && cause.partial.length > 0)
    blocks.push({ kind: 'note', text: `Could not see everything: ${cause.partial.join(' · ')}` })
  blocks.push(...verdictNote(incident))
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

function verdictNote(incident: Incident): Block[] {
  const text = verdictText(incident)
  return text === undefined ? [] : [{ kind: 'note', text }]
}

function similarText({ same, at, id, cause, fixed, doubted }: NonNullable<Incident['similar']>): string {
  const doubt = doubted.length > 0 ? ` Its diagnosis was marked not useful by ${doubted.join(', ')}.` : ''
  const when = `on ${at.slice(0, 10)} (incident ${id})`
  return same
    ? `This has happened before, ${when}. What ended it then: ${fixed}.${doubt}`
    : `Something similar has happened before, ${when}: ${brief(cause)}. What ended it then: ${fixed}.${doubt}`
}

export interface TimelineLine {
  at: string
  text: string
}

/** `plans`: what became of the plans of its thread, and who decided. */
export function recoveredCard(incident: Incident, plans: readonly TimelineLine[]): Card {
  const day = incident.openedAt.slice(0, 10)
  const lines = [...incident.timeline.map(({ at, text }) => ({ at, text: brief(text) })), ...plans]
    .sort((a, b) => a.at.localeCompare(b.at))
    .map(({ at, text }) => `${at.startsWith(day) ? '' : `${at.slice(5, 10)} `}${at.slice(11, 19)} ${text}`)
  const shown =
    lines.length > SHOWN_TIMELINE
      ? [...lines.slice(0, 5), `… ${lines.length - SHOWN_TIMELINE} more`, ...lines.slice(-(SHOWN_TIMELINE - 5))]
      : lines
  const over = overText(incident)
  const fixed = incident.fixed ?? incident.ending
  return {
    tone: 'ok',
    title: `${over.slice(0, 1).toUpperCase()}${over.slice(1)}`,
    cluster: incident.cluster,
    blocks: [
      { kind: 'text', text: `It was: ${title(incident)}.` },
      ...(fixed ? [{ kind: 'text' as const, text: `What ended it: ${fixed}.` }] : []),
      { kind: 'note', text: `Timeline, ${day}, UTC` },
      { kind: 'list', items: shown },
      ...verdictNote(incident),
    ],
    controls: [],
  }
}

/** `into`: the one that it has become part of, as far as that is known. */
export function mergedCard(incident: Incident, into: Incident | undefined): Card {
  return {
    tone: 'info',
    title: 'Same cause as another incident',
    cluster: incident.cluster,
    blocks: [
      {
        kind: 'text',
        text: `What follows about this is in incident ${incident.mergedInto ?? ''}${into ? `, about ${nameIn(into)}` : ''}.`,
      },
    ],
    controls: [],
  }
}
