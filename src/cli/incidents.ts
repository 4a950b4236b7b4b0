// `incidents`: what is wrong and was wrong, beside a running `serve`; silence and resolve do what the buttons do.
import { createMailbox } from '../chat/mailbox/adapter.ts'
import { createOutbox } from '../chat/outbox.ts'
import { UsageError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { createDesk } from '../incidents/desk.ts'
import { findIncident } from '../incidents/find.ts'
import type { Incident } from '../incidents/incident.ts'
import { createApprovals } from '../safety/approvals.ts'
import { diagnosisCard, NO_CONTROLS, recoveredCard, rootCard } from '../tasks/incident-card.ts'
import { durationOf } from '../tasks/incident-order.ts'
import { changeIncident } from '../tasks/incident-press.ts'
import { plansOf } from '../tasks/incident-show.ts'
import { incidentLine, title } from '../tasks/incident-words.ts'
import { type Desk, withDesk } from './approvals.ts'
import type { Io } from './io.ts'
import { oneOf, readOptions, text } from './options.ts'
import { renderCard } from './print.ts'

const USAGE = `Usage: firstmate incidents list [--all] [--cluster NAME] [--output text|json]
       firstmate incidents show ID [--output text|json]
       firstmate incidents silence ID [--for 1h]
       firstmate incidents resolve ID

list shows what is open, --all also what is over. ID is an incident's id or the beginning of it. The message of a silenced incident is kept up to
date, and only its end is said, until the time is over (a number with a unit: 30m, 4h, 2d); a resolved one is closed, and its signs are only counted for a while.
`

export async function incidents(args: string[], io: Io): Promise<number> {
  const options = {
    all: { type: 'boolean' },
    cluster: { type: 'string' },
    output: { type: 'string' },
    for: { type: 'string' },
  } as const
  const parsed = readOptions(args, options, USAGE, io, 2)
  if (!parsed) return 0
  const [verb = 'list', id] = parsed.positionals
  const output = oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text')
  if (!['list', 'show', 'silence', 'resolve'].includes(verb))
    throw new UsageError(`incidents has no "${verb}"; allowed are list, show, silence and resolve.`)
  if (verb !== 'list' && !id)
    throw new UsageError(`incidents ${verb} needs the id of an incident: incidents list shows them.`)
  const silenceMs = verb === 'silence' ? readDuration(text(parsed, 'for') ?? '1h') : 0
  return withDesk(async (desk) => {
    const records = createDesk(desk.store)
    if (verb === 'list') {
      const cluster = text(parsed, 'cluster')
      const found = await records.list({
        open: parsed.values.all !== true,
        limit: 200,
        ...(cluster ? { cluster } : {}),
      })
      return list(found, output, io)
    }
    const incident = await findIncident(records, id ?? '', 'incidents list --all')
    if (verb === 'show') return show(desk, incident, output, io)
    return change(desk, incident, verb === 'silence' ? 'silence' : 'resolve', silenceMs, io)
  })
}

function list(found: Incident[], output: 'text' | 'json', io: Io): number {
  if (output === 'json') {
    const rows = found.map((one) => ({
      id: one.id,
      cluster: one.cluster,
      state: one.state,
      severity: one.severity,
      title: title(one),
      cause: one.cause?.cause ?? null,
      check: one.cause?.check ?? null,
      objects: one.owners,
      signs: one.count,
      openedAt: one.openedAt,
      recoveredAt: one.recoveredAt ?? null,
      acknowledgedBy: one.acknowledged?.by.id ?? null,
      silencedUntil: one.silenced?.until ?? null,
    }))
    io.out(`${redact(JSON.stringify(rows, null, 2))}\n`)
    return 0
  }
  if (found.length === 0) io.out('No incidents.\n')
  for (const one of found) io.out(redact(`${incidentLine(one)}\n`))
  return 0
}

async function show({ store }: Desk, incident: Incident, output: 'text' | 'json', io: Io): Promise<number> {
  const plans = await plansOf(incident, { approvals: createApprovals(store) })
  if (output === 'json') {
    io.out(`${redact(JSON.stringify({ ...incident, plans }, null, 2))}\n`)
    return 0
  }
  const bare = (card: ReturnType<typeof rootCard>) => renderCard({ ...card, controls: [] })
  const cards = [
    rootCard(incident, NO_CONTROLS),
    diagnosisCard(incident, NO_CONTROLS),
    ...(incident.state === 'open' ? [] : [recoveredCard(incident, plans)]),
  ]
  io.out(`${redact(cards.map(bare).join('\n\n'))}\n`)
  return 0
}

async function change(
  desk: Desk,
  incident: Incident,
  does: 'silence' | 'resolve',
  ms: number,
  io: Io,
): Promise<number> {
  const { store, me } = desk
  const outbox = createOutbox({ store, local: [createMailbox(store)] })
  const changed = await changeIncident(incident.id, does, me, ms, { store, outbox, approvals: createApprovals(store) })
  if (!changed) {
    io.err(`Incident ${incident.id} is ${incident.state} already.\n`)
    return 1
  }
  io.out(
    does === 'silence'
      ? `Incident ${incident.id} is silenced until ${changed.silenced?.until ?? ''}.\n`
      : `Incident ${incident.id} is resolved.\n`,
  )
  return 0
}

function readDuration(text: string): number {
  const ms = durationOf(text)
  if (ms === undefined)
    throw new UsageError(`--for is "${text}"; allowed is a number with a unit up to 30d: 30m, 4h, 2d.`)
  return ms
}
