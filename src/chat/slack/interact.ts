// What people press, command and point at in Slack: answered privately where it concerns only them, and stored before it counts as done.
import { createHash } from 'node:crypto'
import type { WebClient } from '@slack/web-api'
import { type RichText, textCard } from '../../core/card.ts'
import { messageOf } from '../../core/errors.ts'
import type { Person } from '../../core/people.ts'
import type { Logger } from '../../log.ts'
import type { Clicks } from '../clicks.ts'
import type { Handlers } from '../contract.ts'
import { type Inbound, type Intake, NO_WORDS } from '../intake.ts'
import type { Outbox } from '../outbox.ts'
import { asksForPlans, pendingNote } from '../pending.ts'
import { futureThread } from '../threads.ts'
import { renderForm } from './controls.ts'
import { slackErrorCode } from './errors.ts'
import { addressOf } from './home.ts'
import type { Command, Press, Self } from './parse.ts'

const HIDDEN = new Set(['channel_not_found', 'not_in_channel', 'missing_scope'])
const NOT_OURS = 'I cannot read this conversation: ask me in a channel where I am, or write to me directly.'
const NOT_HERE = 'I am not in this conversation: invite me with /invite, or ask me in a channel where I am.'
const PLANS_FAILED = 'What waits for your decision cannot be looked up just now; please try again in a moment.'
/** a list that takes longer is told after the command was answered: Slack waits three seconds, and delivers no command twice */
const PATIENCE_MS = 1500

export interface InteractOptions {
  client: WebClient
  /** known once the adapter has started; nothing arrives before */
  self: () => Self
  handlers: () => Handlers
  outbox: Outbox
  clicks: Clicks
  intake: Intake
  log: Logger
}

/** Each resolves when everything is stored. */
export interface Interactions {
  pressed(press: Press): Promise<void>
  /** Resolves what only the person sees, as the answer to the command. */
  commanded(command: Command): Promise<RichText | undefined>
  investigate(inbound: Inbound): Promise<void>
}

export function createInteractions(options: InteractOptions): Interactions {
  const { client, self, handlers, outbox, clicks, intake, log } = options

  async function pressed(press: Press): Promise<void> {
    const { channel, thread } = press.on.thread
    const opened = await clicks.form(press, async (form, control) => {
      const memory = JSON.stringify({ control, channel, message: press.on.message, thread })
      await client.views.open({ trigger_id: press.trigger, view: renderForm(form, memory) })
    })
    if (!opened) await clicks.take({ ...press, fields: {} }, handlers())
  }

  /** Commands do not work inside threads: the question becomes the root of a new one. */
  async function commanded(command: Command): Promise<RichText | undefined> {
    const { person, channel, text, trigger } = command
    const where = { platform: 'slack' as const, workspace: self().team, channel, direct: channel.startsWith('D') }
    const name = createHash('sha256').update(trigger).digest('hex').slice(0, 16)
    const thread = futureThread(where, `command-${name}`)
    const verdict = await handlers().mayAsk(person, thread)
    if (!verdict.allowed) return verdict.why
    if (asksForPlans(text))
      return inTime(plansOf(person), (list) => clicks.note(person, { ...where, thread: '' }, list, name))
    const trouble = await whyNotIn(channel, person)
    if (trouble) return trouble
    // the root goes first: what is said in a thread waits for nothing that was put after it
    const card = textCard([{ bold: verdict.name ?? person.id }, ' asks: ', text])
    await outbox.put({ kind: 'post', key: `command-${name}`, thread, card, attachments: [], root: true })
    await intake(
      { id: [self().team, channel, trigger], thread, person, text, at: new Date().toISOString() },
      handlers(),
    )
    return undefined
  }

  async function plansOf(person: Person): Promise<RichText> {
    try {
      return await pendingNote(person, handlers(), outbox, async (on) => addressOf(on, self().url))
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'what waits for somebody cannot be looked up')
      return PLANS_FAILED
    }
  }

  /** The note as the command's answer; undefined when it takes too long for that: then it is told afterwards. */
  async function inTime(note: Promise<RichText>, afterwards: (note: RichText) => Promise<void>) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, undefined)
    })
    const first = await Promise.race([note, late])
    clearTimeout(timer)
    if (first === undefined)
      void note
        .then(afterwards)
        .catch((error: unknown) => log.warn({ why: messageOf(error) }, 'a late answer to a command was not stored'))
    return first
  }

  async function investigate(inbound: Inbound): Promise<void> {
    const { person, thread, text, id } = inbound
    const trouble = (await whyNotIn(thread.channel, person)) ?? (text === '' ? NO_WORDS : undefined)
    if (trouble) await clicks.note(person, thread, trouble, id.join('-'))
    else await intake(inbound, handlers())
  }

  /** Commands and shortcuts work everywhere, also where we cannot speak. When it cannot be known now, the post will show it. */
  async function whyNotIn(channel: string, person: Person): Promise<string | undefined> {
    try {
      if (channel.startsWith('D')) {
        // of direct messages we see our own only, and this names it
        const ours = await client.conversations.open({ users: person.id })
        return ours.channel?.id === channel ? undefined : NOT_OURS
      }
      const info = await client.conversations.info({ channel })
      return info.channel?.is_member === false ? NOT_HERE : undefined
    } catch (error) {
      return HIDDEN.has(slackErrorCode(error) ?? '') ? NOT_HERE : undefined
    }
  }

  return { pressed, commanded, investigate }
}
