// Discord's payloads → what happened. Asks only for the fields it uses; everything else may change. Pure.
import { z } from 'zod'
import type { Person } from '../../core/people.ts'
import type { MessageRef, Thread } from '../../core/thread.ts'
import type { Inbound } from '../intake.ts'
import { Channel, isThread } from './channels.ts'
import { questionOf, wordsOf } from './words.ts'

const EPOCH = 1_420_070_400_000n
const Snowflake = z.string().regex(/^\d{1,20}$/)

/** Who we are, and the servers we serve. */
export interface Self {
  user: string
  app: string
  guilds: readonly string[]
  /** the role that Discord made for us in each server: it bears our name, and people take it for us */
  roles: ReadonlySet<string>
}

const Reference = z.object({ message_id: z.string().optional() }).nullish()

const Message = z.object({
  id: Snowflake,
  channel_id: Snowflake,
  guild_id: z.string().optional(),
  /** 0 said, 19 a reply; all others are joins, pins, threads opened */
  type: z.union([z.literal(0), z.literal(19)]),
  author: z.object({ id: z.string(), bot: z.boolean().optional(), system: z.boolean().optional() }),
  webhook_id: z.string().optional(),
  content: z.string(),
  mentions: z.array(z.object({ id: z.string() })).default([]),
  mention_roles: z.array(z.string()).default([]),
  referenced_message: z
    .object({ id: z.string(), author: z.object({ id: z.string() }), message_reference: Reference })
    .nullish(),
})
export type Message = z.infer<typeof Message>

/** A person's own message in a place we serve; undefined for everything else. `guild`: where the payload does not say it (a message that was looked up). */
export function parseMessage(payload: unknown, self: Self, guild?: string): Message | undefined {
  const parsed = Message.safeParse(payload)
  if (!parsed.success) return undefined
  const message = { ...parsed.data, ...(guild && !parsed.data.guild_id ? { guild_id: guild } : {}) }
  if (message.author.bot || message.author.system || message.webhook_id || message.author.id === self.user)
    return undefined
  if (message.guild_id !== undefined && !self.guilds.includes(message.guild_id)) return undefined
  return message
}

/** It is for us by name, or in private; undefined: only if it stands in a thread of ours. */
export function isAddressed(message: Message, self: Self): boolean {
  return (
    message.guild_id === undefined ||
    message.mentions.some((one) => one.id === self.user) ||
    message.content.includes(`<@${self.user}>`) ||
    // what calls a role, and not us, is blank without the MessageContent intent
    (message.content !== '' && message.mention_roles.some((role) => self.roles.has(role)))
  )
}

const Guild = z.object({
  roles: z.array(z.object({ id: z.string(), tags: z.object({ bot_id: z.string().optional() }).optional() })),
})

/** The roles of a server that were made for this bot alone. */
export function rolesOf(guild: unknown, bot: string): string[] {
  const { roles } = Guild.safeParse(guild).data ?? { roles: [] }
  return roles.filter((role) => role.tags?.bot_id === bot).map((role) => role.id)
}

export interface Said {
  inbound: Inbound
  /** `mention` and `direct` are for us; a `follow-up` only if we take part in the thread */
  why: 'mention' | 'direct' | 'follow-up'
}

/** What a person said to us, in which thread; undefined when it cannot be for us. */
export function parseSaid(message: Message, channel: Channel, self: Self): Said | undefined {
  const addressed = isAddressed(message, self)
  const why = message.guild_id === undefined ? 'direct' : addressed ? 'mention' : 'follow-up'
  // a reply needs no mention either: where no thread could be opened, it goes on with ours
  if (why === 'follow-up' && !isThread(channel) && !isReplyTo(message, self)) return undefined
  // without the MessageContent intent other people's words are blank; and who turns to somebody else is not asking us
  if (why === 'follow-up' && (message.content === '' || /^\s*<@[!&]?\d/.test(message.content))) return undefined
  const thread = threadOf(channel, message.guild_id, rootOf(message, self))
  return {
    why,
    inbound: {
      id: [message.id],
      thread,
      person: { platform: 'discord', workspace: message.guild_id ?? '', id: message.author.id },
      text: questionOf(message.content, self) || 'help',
      at: timeOf(message.id),
      message: { thread, message: message.id },
    },
  }
}

function isReplyTo(message: Message, self: Self): boolean {
  return message.referenced_message?.author.id === self.user
}

/** The message from which a thread is (or would be) opened. A reply to an answer of ours goes on with what that answered. */
function rootOf(message: Message, self: Self): string {
  const replied = message.referenced_message
  if (!replied || !isReplyTo(message, self)) return message.id
  return replied.message_reference?.message_id ?? replied.id
}

function threadOf(channel: Channel, guild: string | undefined, root: string): Thread {
  if (guild === undefined)
    return { platform: 'discord', workspace: '', channel: channel.id, thread: channel.id, direct: true }
  return isThread(channel)
    ? { platform: 'discord', workspace: guild, channel: channel.parent_id ?? '', thread: channel.id, direct: false }
    : { platform: 'discord', workspace: guild, channel: channel.id, thread: root, direct: false }
}

// ---- interactions ----

const Who = z.object({ id: z.string(), bot: z.boolean().optional() })
const base = {
  id: Snowflake,
  application_id: z.string(),
  token: z.string().max(2000),
  guild_id: z.string().optional(),
  context: z.int().optional(),
  channel: Channel,
  member: z.object({ user: Who }).optional(),
  user: Who.optional(),
  app_permissions: z
    .string()
    .regex(/^\d{1,30}$/)
    .default('0'),
}
/** direct messages in which we are not: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-context-types */
const OF_OTHERS = 2
const OnMessage = z.object({ id: Snowflake, message_reference: Reference })
const Input = z.object({ custom_id: z.string(), value: z.string().default('') })

const Target = z.looseObject({ id: Snowflake })

const Interaction = z.discriminatedUnion('type', [
  z.object({
    ...base,
    type: z.literal(2),
    data: z.object({
      name: z.string(),
      type: z.int().default(1),
      options: z.array(z.object({ name: z.string(), value: z.unknown() })).default([]),
      target_id: z.string().optional(),
      resolved: z
        .object({
          messages: z.record(z.string(), Target).optional(),
        })
        .optional(),
    }),
  }),
  z.object({
    ...base,
    type: z.literal(3),
    message: OnMessage,
    data: z.object({ custom_id: z.string().max(100), values: z.array(z.string()).optional() }),
  }),
  z.object({
    ...base,
    type: z.literal(5),
    message: OnMessage.optional(),
    data: z.object({
      custom_id: z.string().max(100),
      // a row around the input, or a label
      components: z.array(z.union([z.object({ components: z.array(Input).min(1) }), z.object({ component: Input })])),
    }),
  }),
])

/** How an interaction is answered: within 3 s, and with its token for 15 minutes. */
export interface Asked {
  id: string
  token: string
  app: string
  person: Person
  /** served by us: a listed server, or direct messages with us */
  served: boolean
  /** what we may do in that channel: https://docs.discord.com/developers/topics/permissions */
  permissions: bigint
}

export interface Press {
  control: string
  value?: string
  person: Person
  on: MessageRef
  trigger: string
  fields: Record<string, string>
}

export type Interacted =
  | { kind: 'press'; asked: Asked; press: Press }
  | { kind: 'form'; asked: Asked; press: Press }
  | { kind: 'command'; asked: Asked; where: Thread; text: string; inThread: boolean }
  | { kind: 'menu'; asked: Asked; inbound: Inbound }

/** A control used, a form sent back, a command; undefined for what is not ours to answer. */
export function parseInteraction(payload: unknown, self: Self): Interacted | undefined {
  const parsed = Interaction.safeParse(payload)
  if (!parsed.success) return undefined
  const data = parsed.data
  const user = data.member?.user ?? data.user
  if (!user || user.bot) return undefined
  const person: Person = { platform: 'discord', workspace: data.guild_id ?? '', id: user.id }
  const asked: Asked = {
    id: data.id,
    token: data.token,
    app: data.application_id,
    person,
    served: data.guild_id === undefined ? data.context !== OF_OTHERS : self.guilds.includes(data.guild_id),
    permissions: BigInt(data.app_permissions),
  }
  const threadAt = (message: string) => threadOf(data.channel, data.guild_id, message)
  switch (data.type) {
    case 2: {
      if (data.data.type === 3) return parseMenu(data.data, asked, threadAt, self)
      const question = data.data.options.find((one) => one.name === 'question')?.value
      const text = typeof question === 'string' ? questionOf(question, self) : ''
      const inThread = data.guild_id === undefined || isThread(data.channel)
      return { kind: 'command', asked, where: threadAt(''), text: text || 'help', inThread }
    }
    case 3:
    case 5: {
      if (!data.message) return undefined
      const thread = threadAt(data.message.message_reference?.message_id ?? data.message.id)
      const on = { thread, message: data.message.id }
      const press = { control: data.data.custom_id, person, on, trigger: data.id }
      if (data.type === 3) {
        const [value] = data.data.values ?? []
        return { kind: 'press', asked, press: { ...press, ...(value === undefined ? {} : { value }), fields: {} } }
      }
      const inputs = data.data.components.map((row) => ('component' in row ? row.component : row.components[0]!))
      const fields = Object.fromEntries(inputs.map((one) => [one.custom_id, one.value]))
      return { kind: 'form', asked, press: { ...press, fields } }
    }
  }
}

/** "Investigate this" on somebody's message: a question in the thread of that message. Without a `text` there is nothing to investigate. */
function parseMenu(
  data: {
    target_id?: string | undefined
    resolved?: { messages?: Record<string, z.infer<typeof Target>> | undefined } | undefined
  },
  asked: Asked,
  threadAt: (message: string) => Thread,
  self: Self,
): Interacted | undefined {
  const messages = data.resolved?.messages ?? {}
  const id = data.target_id ?? ''
  const target = Object.hasOwn(messages, id) ? messages[id] : undefined
  if (!target) return undefined
  const thread = threadAt(id)
  const words = wordsOf(target, self)
  return {
    kind: 'menu',
    asked,
    inbound: {
      id: [id, asked.id],
      thread,
      person: asked.person,
      text: words && `Investigate: ${words}`,
      at: timeOf(asked.id),
      message: { thread, message: id },
    },
  }
}

/** When that id was made: RFC 3339. */
export function timeOf(id: string): string {
  return new Date(Number((BigInt(id) >> 22n) + EPOCH)).toISOString()
}

/** The smallest id of that time (ms), to look back from. */
export function idAt(ms: number): string {
  return String((BigInt(Math.max(Math.floor(ms), Number(EPOCH))) - EPOCH) << 22n)
}
