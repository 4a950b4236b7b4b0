// What the bot says to an order about incidents; who may ask may also see, silence and resolve, as with the buttons.
import type { Block } from '../core/card.ts'
import { UsageError } from '../core/errors.ts'
import type { Person } from '../core/people.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import { createDesk, type Desk } from '../incidents/desk.ts'
import { findIncident } from '../incidents/find.ts'
import type { Incident } from '../incidents/incident.ts'
import { diagnosisCard, NO_CONTROLS, recoveredCard, rootRows } from './incident-card.ts'
import type { IncidentOrder } from './incident-order.ts'
import { changeIncident } from './incident-press.ts'
import { plansOf, type ShowIncidentContext } from './incident-show.ts'
import { incidentLine, overText, title } from './incident-words.ts'

const LISTED = 20

interface Reply {
  text: string
  blocks?: Block[]
}

export async function obeyIncidents(
  order: IncidentOrder,
  by: Person,
  thread: Thread,
  context: ShowIncidentContext,
): Promise<Reply> {
  const desk = createDesk(context.store)
  if (order.does === 'list') return list(order.all, desk)
  try {
    const incident = order.id ? await findIncident(desk, order.id, '"incidents"') : await ofThread(thread, desk)
    if (order.does === 'show') return await show(incident, context)
    const ms = order.does === 'silence' ? order.ms : 0
    const changed = await changeIncident(incident.id, order.does, by, ms, context)
    return { text: changed ? done(changed, order.does) : `Incident ${incident.id} is ${incident.state} already.` }
  } catch (error) {
    if (error instanceof UsageError) return { text: error.message }
    throw error
  }
}

async function list(all: boolean, desk: Desk): Promise<Reply> {
  const found = await desk.list({ open: !all, limit: LISTED + 1 })
  if (found.length === 0) return { text: all ? 'There have been no incidents.' : 'No incident is open.' }
  const items = found.slice(0, LISTED).map(incidentLine)
  const more: Block[] = found.length > LISTED ? [{ kind: 'note', text: 'More: firstmate incidents list --all' }] : []
  const open = found.length > LISTED ? `More than ${LISTED}` : String(found.length)
  return {
    text: all ? 'The latest incidents:' : `${open} open ${found.length === 1 ? 'incident' : 'incidents'}:`,
    blocks: [{ kind: 'list', items }, ...more],
  }
}

async function show(incident: Incident, context: ShowIncidentContext): Promise<Reply> {
  const isOpen = incident.state === 'open'
  const rows = rootRows(incident, new Date(), isOpen ? 'Cause' : 'Was')
  const { blocks } = isOpen
    ? diagnosisCard(incident, NO_CONTROLS)
    : recoveredCard(incident, await plansOf(incident, context))
  return {
    text: `Incident ${incident.id}: ${isOpen ? title(incident) : overText(incident)}`,
    blocks: [{ kind: 'facts', rows }, ...blocks],
  }
}

/** The incident whose thread this is. */
async function ofThread(thread: Thread, desk: Desk): Promise<Incident> {
  const key = threadKey(thread)
  const found = (await desk.list({ limit: 500 })).find((one) => one.threads.some((own) => threadKey(own) === key))
  if (found) return found
  throw new UsageError('Say which incident: "incidents" lists them with their ids, in the thread of one it needs none.')
}

function done(incident: Incident, does: Exclude<IncidentOrder['does'], 'list' | 'show'>): string {
  const name = `Incident ${incident.id}`
  switch (does) {
    case 'acknowledge':
      return `${name} is seen.`
    case 'assign':
      return `${name} is yours.`
    case 'silence':
      return `${name} is silenced until ${(incident.silenced?.until ?? '').slice(0, 16).replace('T', ' ')} UTC: its message is kept up to date, and only its end is said.`
    case 'resolve':
      return `${name} is resolved.`
  }
}
