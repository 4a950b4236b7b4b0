// Puts the messages of an incident as its record stands now. Whoever changes a record shows it afterwards; doing so again adds nothing.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { createIntents } from '../chat/intents.ts'
import { MESSAGE_TTL_MS, type Outbox } from '../chat/outbox.ts'
import { canonicalJson } from '../core/canonical.ts'
import type { Card } from '../core/card.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import { createDesk } from '../incidents/desk.ts'
import { type Incident, isSilenced } from '../incidents/incident.ts'
import { isSettled, shortName } from '../safety/approval.ts'
import type { Approvals } from '../safety/approvals.ts'
import type { Store } from '../store/store.ts'
import {
  diagnosisCard,
  type IncidentControls,
  mergedCard,
  recoveredCard,
  reopenedCard,
  rootCard,
  type TimelineLine,
} from './incident-card.ts'

/** intents live for seven days; a day before that an incident that is still open gets new ones */
const CONTROLS_TTL_MS = 6 * 24 * 3600_000
/** what was said about a turn of events that long ago may be forgotten by the outbox: said again, it would be said twice */
const NEWS_MS = 24 * 3600_000

export interface ShowIncidentContext {
  store: Store
  outbox: Outbox
  approvals: Approvals
}

/** `complete` is false while the thread is not open yet: what belongs below its root is put by a later call, so that roots of other incidents need not wait for it. */
export async function showIncident(
  id: string,
  context: ShowIncidentContext,
): Promise<{ incident: Incident | undefined; complete: boolean }> {
  const desk = createDesk(context.store)
  let shown: Incident | undefined
  let complete = true
  // somebody else may change the record between our read and our put: the last word must be the record's
  for (let round = 0; round < 5; round++) {
    const incident = await desk.read(id)
    if (!incident || JSON.stringify(incident) === JSON.stringify(shown)) return { incident, complete }
    shown = await withFix(incident, context)
    complete = true
    for (const thread of shown.threads) if (!(await showIn(thread, shown, context))) complete = false
  }
  return { incident: shown, complete }
}

async function showIn(thread: Thread, incident: Incident, context: ShowIncidentContext): Promise<boolean> {
  // after a lost reply a root is looked for in its channel, by its key alone: it must be no other's
  const root = `incident-${incident.id}`
  if (isOutOfReach(incident) && !(await context.outbox.posted(thread, root))) return true
  const controls = await controlsOf(thread, incident, context.store)
  const say = (key: string, card: Card) =>
    context.outbox.put({ kind: 'post', key, thread, card, attachments: [], root: key === root })
  await say(root, rootCard(incident, controls))
  if (thread.platform !== 'mailbox' && !(await context.outbox.posted(thread, root))) return false
  await say('diagnosis', diagnosisCard(incident, controls))
  const { reopened, flapping, state } = incident
  if (state === 'merged' && isNews(incident.closedAt))
    await say('merged', mergedCard(incident, await createDesk(context.store).read(incident.mergedInto ?? '')))
  if (reopened > 0 && state === 'open' && isNews(incident.reopenedAt) && !isSilenced(incident))
    await say(`reopened-${flapping ? 'flapping' : reopened}`, reopenedCard(incident))
  if (state === 'recovered' && !flapping && isNews(incident.recoveredAt))
    await say(`recovered-${reopened}`, recoveredCard(incident, await plansOf(incident, context)))
  return true
}

/** Its messages were last touched too long ago to be edited: the record goes on without them. */
function isOutOfReach({ openedAt }: Incident): boolean {
  return Date.now() - Date.parse(openedAt) > MESSAGE_TTL_MS
}

function isNews(at: string | undefined): boolean {
  return at !== undefined && Date.now() - Date.parse(at) < NEWS_MS
}

/** A recovered incident remembers what ended it: the last plan that was carried out in its thread. */
async function withFix(incident: Incident, context: ShowIncidentContext): Promise<Incident> {
  if (incident.state !== 'recovered' || incident.fixed !== undefined) return incident
  const done = (await approvalsOf(incident, context))
    .filter((one) => one.state === 'done' && one.verified?.helped !== false)
    .at(-1)
  if (!done) return incident
  const fixed = done.plan.steps
    .map((step) => step.words)
    .join('; ')
    .slice(0, 300)
  return (
    (await createDesk(context.store).change(incident.id, (current) =>
      current.state === 'recovered' ? { ...current, fixed } : undefined,
    )) ?? incident
  )
}

/** What became of the plans of its thread: proposed, decided by whom, and whether it helped. */
export async function plansOf(
  incident: Incident,
  context: Pick<ShowIncidentContext, 'approvals'>,
): Promise<TimelineLine[]> {
  return (await approvalsOf(incident, context)).slice(-5).flatMap((one) => {
    const name = `plan ${shortName(one)}`
    const lines = one.decisions.map(({ at, by, kind, reason, authority }) => ({
      at,
      text: `${name} ${kind === 'approve' ? 'approved' : 'rejected'} by ${authority === 'person' ? (by.name ?? by.id) : 'policy'}${reason ? `: ${reason.slice(0, 200)}` : ''}`,
    }))
    const ended = one.verified?.words ?? one.outcome ?? (isSettled(one) && lines.length === 0 ? 'Nobody decided.' : '')
    const proposed = { at: one.created, text: `${name} proposed: ${one.plan.steps[0]?.words ?? 'a change'}` }
    return [proposed, ...lines].map((line, at, all) =>
      at === all.length - 1 && ended ? { ...line, text: `${line.text}. ${ended}` } : line,
    )
  })
}

async function approvalsOf(incident: Incident, { approvals }: Pick<ShowIncidentContext, 'approvals'>) {
  const threads = new Set(incident.threads.map(threadKey))
  return (await approvals.list())
    .filter((one) => threads.has(threadKey(one.thread)))
    .sort((a, b) => a.created.localeCompare(b.created))
}

const StoredControls = z.object({
  acknowledge: z.string(),
  assign: z.string(),
  silence: z.string(),
  resolve: z.string(),
  useful: z.string(),
  useless: z.string(),
})

/** Made once and kept, or every look at an incident would edit its messages. */
async function controlsOf(thread: Thread, incident: Incident, store: Store): Promise<IncidentControls> {
  const { id } = incident
  const name = `incident:controls:${id}:${threadKey(thread)}`
  const intents = createIntents(store)
  let controls = (await store.read(name, StoredControls))?.value
  if (!controls) {
    const press = (does: 'acknowledge' | 'assign' | 'silence' | 'resolve') =>
      intents.keep(thread, { kind: 'incident', incident: id, does })
    const feedback = (useful: boolean) => intents.keep(thread, { kind: 'feedback', subject: `incident-${id}`, useful })
    const [acknowledge, assign, silence, resolve, useful, useless] = await Promise.all([
      press('acknowledge'),
      press('assign'),
      press('silence'),
      press('resolve'),
      feedback(true),
      feedback(false),
    ])
    const fresh = { acknowledge, assign, silence, resolve, useful, useless }
    controls =
      (
        await store.update(name, (current: IncidentControls | undefined) => current ?? fresh, {
          ttlMs: CONTROLS_TTL_MS,
        })
      )?.value ?? fresh
  }
  const action = incident.cause?.action
  if (!action) return controls
  const mark = createHash('sha256').update(canonicalJson(action)).digest('hex').slice(0, 16)
  const remedy = `${name}:${mark}`
  let propose = (await store.read(remedy, z.object({ id: z.string() })))?.value
  if (!propose) {
    const made = {
      id: await intents.keep(thread, {
        kind: 'propose',
        action,
        reason: `remedy of incident ${id}`,
        incident: id,
        cluster: incident.cluster,
      }),
    }
    propose =
      (await store.update(remedy, (current: { id: string } | undefined) => current ?? made, { ttlMs: CONTROLS_TTL_MS }))
        ?.value ?? made
  }
  return { ...controls, propose: { label: `Propose ${action.verb}`, id: propose.id } }
}
