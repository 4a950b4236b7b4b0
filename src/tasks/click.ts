// A press of a button, as the bot hears it: what it means is read from our store, and becomes a Task before the platform is told "received".

import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import type { Click, ClickReply, Verdict } from '../chat/contract.ts'
import { createIntents } from '../chat/intents.ts'
import type { Outbox } from '../chat/outbox.ts'
import { textCard } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import type { IntentBody } from '../core/intent.ts'
import { type Person, type PersonRule, personKey } from '../core/people.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { type Enqueue, type Task, type TaskOf, taskId } from '../core/task.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Approvals } from '../safety/approvals.ts'
import type { Signer } from '../safety/signature.ts'
import type { Store } from '../store/store.ts'
import { pressPlan } from './plan-press.ts'

export interface ClickContext {
  store: Store
  outbox: Outbox
  approvals: Approvals
  enqueue: Enqueue
  /** for what a person has typed: the words are sealed as theirs, and may be an order */
  hear: Enqueue
  mayAsk(person: Person, where: Thread): Promise<Verdict>
  isOneOf(person: Person, rules: PersonRule[], options: { fresh: true }): Promise<boolean>
  signer: Signer
  audit: Audit
  metrics: Metrics
  log: Logger
}

const FEEDBACK_TTL_MS = 90 * 86_400_000

/** Never throws: the person is told in one sentence instead. */
export async function click(press: Click, context: ClickContext): Promise<ClickReply> {
  try {
    return await handle(press, context)
  } catch (error) {
    context.log.error(
      { control: press.control, person: personKey(press.person), error: messageOf(error) },
      'a click could not be handled',
    )
    return { note: 'That did not work just now; please press it again in a moment.' }
  }
}

async function handle(press: Click, context: ClickContext): Promise<ClickReply> {
  if (press.control.startsWith('a:')) return pressPlan(press, context)
  const intent = await createIntents(context.store).find(press.control)
  if (!intent) return { note: 'This button has expired: buttons work for 7 days. Ask again to get a fresh one.' }
  if (threadKey(intent.thread) !== threadKey(press.on.thread))
    return { note: 'This button belongs to another conversation.' }
  const verdict = await context.mayAsk(press.person, press.on.thread)
  if (!verdict.allowed) return { note: verdict.why }
  if (intent.who && !(await context.isOneOf(press.person, intent.who, { fresh: true })))
    return { note: 'This button is not for you: it is kept for certain people.' }
  if (intent.body.kind === 'feedback')
    return thank(intent.body, { ...press, person: named(press.person, verdict) }, context)
  if (intent.body.kind === 'incident')
    return (await import('./incident-press.ts')).pressIncident(
      intent.body,
      { ...press, person: named(press.person, verdict) },
      context,
    )
  const body = intent.body.kind === 'pick' ? intent.body.options[Number(press.value)] : intent.body
  const task =
    body &&
    body.kind !== 'feedback' &&
    body.kind !== 'incident' &&
    taskOf(body, intent.thread, { ...press, person: named(press.person, verdict) })
  if (!task) return { note: 'This button needs an answer; choose one.' }
  if (task.kind === 'answer' && Object.keys(press.fields).length > 0) await quote(task, context)
  // what else a button asks is our store's word: whoever can write there makes no order and no wish of a press
  await (task.kind === 'answer' && task.text === Object.values(press.fields)[0]
    ? context.hear(task)
    : context.enqueue(task))
  return {}
}

function named(person: Person, { name }: { name?: string }): Person {
  return name ? { ...person, name } : person
}

/** What was typed into a form nobody else has seen: the thread reads on as if it had been written there. */
async function quote(task: TaskOf<'answer'>, { outbox }: ClickContext): Promise<void> {
  const card = textCard([{ bold: task.asker.name ?? task.asker.id }, ' asks: ', task.text])
  const { thread } = task
  await outbox.put({ kind: 'post', key: `asked-${task.id}`, thread, card, attachments: [], root: false })
}

/** The newest word of a person counts; it is on record, and in the numbers. */
async function thank(
  { subject, useful }: Extract<IntentBody, { kind: 'feedback' }>,
  press: Click,
  context: ClickContext,
): Promise<ClickReply> {
  const { store, audit, metrics } = context
  const who = personKey(press.person)
  await audit.append({ kind: 'feedback', who, thread: threadKey(press.on.thread), subject, data: { useful } })
  const key = `feedback:${subject}:${who}`
  const before = await store.getJson(key, z.object({ useful: z.boolean() }))
  await store.setJson(key, { useful, at: new Date().toISOString() }, { ttlMs: FEEDBACK_TTL_MS })
  if (before?.useful !== useful)
    metrics.count('feedback_total', 'What people said of answers and incidents', { useful: useful ? 'yes' : 'no' })
  if (subject.startsWith('incident-'))
    await (await import('./incident-press.ts')).judgeIncident(subject, useful, press.person, context)
  return { note: 'Thank you.' }
}

function taskOf(
  body: Exclude<IntentBody, { kind: 'feedback' | 'incident' | 'pick' }>,
  thread: Thread,
  press: Click,
): Task | undefined {
  const scope = {
    ...(body.cluster ? { cluster: body.cluster } : {}),
    ...(body.namespace ? { namespace: body.namespace } : {}),
  }
  const base = { thread, asker: press.person, at: new Date().toISOString() }
  const answer = (text: string): Task => ({
    ...base,
    kind: 'answer',
    id: taskId('answer', 'press', press.trigger),
    text,
    scope,
  })
  switch (body.kind) {
    case 'ask': {
      const value = press.value ?? Object.values(press.fields)[0]
      if (body.question.includes('{value}') && !value) return undefined
      return answer(body.question.replaceAll('{value}', () => value ?? ''))
    }
    case 'logs': {
      const container = body.container ? ` container ${body.container}` : ''
      return answer(`${body.previous ? 'previous ' : ''}logs of ${nameIn(body.object)}${container}`)
    }
    case 'diagnose':
      if (body.object) return answer(`diagnose ${nameIn(body.object)}`)
      return answer(body.namespace ? `diagnose -n ${body.namespace}` : 'diagnose everywhere')
    case 'propose':
      return {
        ...base,
        kind: 'propose',
        id: taskId('propose', press.trigger),
        cluster: body.cluster,
        actions: [body.action],
        author: 'remedy',
        reason: body.reason || subjectOf(body),
        ...(body.incident ? { incident: body.incident } : {}),
      }
  }
}

/** As a person would name it. */
function nameIn({ kind, name, namespace }: ObjectRef): string {
  return `${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ''}`
}

function subjectOf(body: Extract<IntentBody, { kind: 'propose' }>): string {
  return 'target' in body.action ? `proposed for ${refText(body.action.target)}` : 'proposed from a finding'
}
