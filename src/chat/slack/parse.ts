// Slack's payloads → what happened. Asks only for the fields it uses; everything else may change. Pure.
import { z } from 'zod'
import type { Person } from '../../core/people.ts'
import type { MessageRef, Thread } from '../../core/thread.ts'
import type { Inbound } from '../intake.ts'
import { mentions, questionOf, richText, wordsOf } from './words.ts'

/** Who we are in the workspace, from auth.test. */
export interface Self {
  team: string
  user: string
  bot: string
  /** the workspace's address */
  url: string
}

/** names a message within its channel */
const Ts = z.string().regex(/^\d{1,12}\.\d{1,8}$/)

const MessageEvent = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.string().optional(),
  hidden: z.boolean().optional(),
  channel: z.string(),
  channel_type: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  blocks: z.unknown().optional(),
  ts: Ts,
  thread_ts: Ts.optional(),
  edited: z.unknown().optional(),
})

export interface Said {
  inbound: Inbound
  /** `mention` and `direct` are for us; a `follow-up` only if we take part in the thread */
  why: 'mention' | 'direct' | 'follow-up'
}

/** Subtypes that are a person saying something new; all others are edits, joins, bots. */
const SPOKEN = new Set(['file_share', 'thread_broadcast', 'me_message'])

/** What a person said to us; undefined for everything that is not that. A mention arrives as two events with the same id parts. */
export function parseMessage(event: unknown, self: Self): Said | undefined {
  const parsed = MessageEvent.safeParse(event)
  if (!parsed.success) return undefined
  const message = parsed.data
  if (message.subtype !== undefined && !SPOKEN.has(message.subtype)) return undefined
  if (message.hidden || message.edited || message.bot_id || !message.user) return undefined
  if (message.user === self.user || message.user === 'USLACKBOT') return undefined

  const direct = message.channel_type === 'im' || message.channel.startsWith('D')
  const text = message.text || richText(message.blocks)
  const mentioned = message.type === 'app_mention' || mentions(text, self)
  const why = mentioned ? 'mention' : direct ? 'direct' : message.thread_ts ? 'follow-up' : undefined
  if (!why) return undefined
  // people in a thread of ours who turn to each other are not asking us
  if (why === 'follow-up' && /^\s*<@[UW]/.test(text)) return undefined

  const thread: Thread = {
    platform: 'slack',
    workspace: self.team,
    channel: message.channel,
    thread: message.thread_ts ?? message.ts,
    direct,
  }
  return {
    why,
    inbound: {
      id: [self.team, message.channel, message.ts],
      thread,
      person: personOf(message.user, self),
      text: questionOf(text, self) || 'help',
      at: timeOf(message.ts),
      message: { thread, message: message.ts },
    },
  }
}

const BlockActions = z.object({
  type: z.literal('block_actions'),
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        selected_option: z.object({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
})

export interface Press {
  control: string
  value?: string
  person: Person
  on: MessageRef
  trigger: string
}

/** A button pressed or a choice made on a message; undefined for clicks elsewhere (private notes carry no controls). */
export function parsePress(payload: unknown, self: Self): Press | undefined {
  const parsed = BlockActions.safeParse(payload)
  if (!parsed.success) return undefined
  const { user, channel, message, actions, trigger_id } = parsed.data
  const action = actions[0]!
  return {
    control: action.action_id,
    ...(action.selected_option ? { value: action.selected_option.value } : {}),
    person: personOf(user.id, self),
    on: messageRef(self, channel.id, message.ts, message.thread_ts),
    trigger: trigger_id,
  }
}

/** What a form must remember of the message it was opened from. Slack keeps it out of the person's reach; it is checked again all the same. */
const FormMemory = z.object({
  control: z.string(),
  channel: z.string(),
  message: z.string(),
  thread: z.string(),
})

const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  user: z.object({ id: z.string() }),
  view: z.object({
    id: z.string(),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))),
    }),
  }),
})

export interface FormSent extends Press {
  fields: Record<string, string>
}

export function parseForm(payload: unknown, self: Self): FormSent | undefined {
  const parsed = ViewSubmission.safeParse(payload)
  if (!parsed.success) return undefined
  const { user, view } = parsed.data
  const memory = FormMemory.safeParse(jsonOf(view.private_metadata))
  if (!memory.success) return undefined
  const { control, channel, message, thread } = memory.data
  const fields = Object.entries(view.state.values).map(([id, inputs]) => [id, Object.values(inputs)[0]?.value ?? ''])
  return {
    control,
    person: personOf(user.id, self),
    on: messageRef(self, channel, message, thread),
    trigger: view.id,
    fields: Object.fromEntries(fields) as Record<string, string>,
  }
}

const SlashCommand = z.object({
  command: z.string(),
  text: z.string().default(''),
  user_id: z.string(),
  channel_id: z.string(),
  trigger_id: z.string(),
})

export interface Command {
  person: Person
  channel: string
  text: string
  /** unique for this use of the command */
  trigger: string
}

export function parseCommand(body: unknown, self: Self): Command | undefined {
  const parsed = SlashCommand.safeParse(body)
  if (!parsed.success) return undefined
  const { text, user_id, channel_id, trigger_id } = parsed.data
  return {
    person: personOf(user_id, self),
    channel: channel_id,
    text: questionOf(text, self) || 'help',
    trigger: trigger_id,
  }
}

const MessageShortcut = z.object({
  type: z.literal('message_action'),
  callback_id: z.literal('investigate'),
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: z.looseObject({ ts: z.string(), thread_ts: z.string().optional() }),
})

/** "Investigate this" on somebody's message: a question in the thread of that message. Without a `text` there is nothing to investigate. */
export function parseShortcut(payload: unknown, self: Self, now: Date): Inbound | undefined {
  const parsed = MessageShortcut.safeParse(payload)
  if (!parsed.success) return undefined
  const { user, channel, message, trigger_id } = parsed.data
  const on = messageRef(self, channel.id, message.ts, message.thread_ts)
  const words = wordsOf(message, self)
  return {
    id: [self.team, channel.id, message.ts, trigger_id],
    thread: on.thread,
    person: personOf(user.id, self),
    text: words && `Investigate: ${words}`,
    at: now.toISOString(),
    message: on,
  }
}

const HomeOpened = z.object({ type: z.literal('app_home_opened'), tab: z.literal('home'), user: z.string() })

/** Somebody opened the Home tab of the app. */
export function parseHomeOpened(event: unknown, self: Self): Person | undefined {
  const parsed = HomeOpened.safeParse(event)
  return parsed.success ? personOf(parsed.data.user, self) : undefined
}

function messageRef(self: Self, channel: string, message: string, thread: string | undefined): MessageRef {
  return {
    thread: {
      platform: 'slack',
      workspace: self.team,
      channel,
      thread: thread ?? message,
      direct: channel.startsWith('D'),
    },
    message,
  }
}

function personOf(user: string, self: Self): Person {
  return { platform: 'slack', workspace: self.team, id: user }
}

function timeOf(ts: string): string {
  return new Date(Number(ts) * 1000).toISOString()
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
