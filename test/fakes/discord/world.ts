// What the fake Discord knows: servers, channels, people, messages; and how it shows them on the wire.
import type { Attachment } from './multipart.ts'

export interface FakeUser {
  id: string
  username: string
  global_name?: string
  bot?: boolean
}

export interface FakeGuild {
  id: string
  name: string
  /** what the bot may do in the server as a whole */
  granted: string
  roles: Map<string, { id: string; name: string; permissions?: string; managed?: boolean; tags?: { bot_id: string } }>
  members: Map<string, { roles: string[]; nick?: string; pending?: boolean }>
}

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
export const ChannelType = { text: 0, dm: 1, voice: 2, announcement: 5, thread: 11, forum: 15 } as const

export interface FakeChannel {
  id: string
  type: number
  name: string
  guild_id?: string
  parent_id?: string
  /** the other side of a DM */
  recipient?: string
  /** permissions that the bot lacks here, e.g. SEND_MESSAGES; those of a thread are its parent's */
  deny: Set<string>
  archived?: boolean
  /** who began a thread; default: the bot */
  owner?: string
  locked?: boolean
}

export interface Body {
  content: string
  embeds: Record<string, unknown>[]
  components: unknown[]
}

export interface FakeMessage extends Body {
  id: string
  channel_id: string
  author: string
  type: number
  flags: number
  nonce?: string
  message_reference?: { message_id: string; channel_id: string }
  attachments: (Attachment & { id: string })[]
  reactions: { emoji: string; users: Set<string> }[]
  edited?: string
  /** every state it had, the present one last */
  history: Body[]
  /** whom it notified: user ids, `&role`, `everyone` */
  notified: string[]
  /** the name of the command it answers */
  webhook_id?: string
  deleted?: boolean
}

export interface World {
  bot: FakeUser
  app: string
  guilds: Map<string, FakeGuild>
  channels: Map<string, FakeChannel>
  users: Map<string, FakeUser>
  messages: FakeMessage[]
  /** shown to one person only */
  ephemerals: (Body & { user: string; channel: string })[]
  /** forms that are open */
  modals: { user: string; interaction: Record<string, unknown>; data: Record<string, unknown> }[]
  /** registered commands by server id; '' = everywhere */
  commands: Map<string, Record<string, unknown>[]>
  /** how many more sessions may begin today */
  sessionsLeft: number
  id(): string
}

/** https://docs.discord.com/developers/reference#snowflakes */
const EPOCH = 1_420_070_400_000n

export function createWorld(): World {
  let next = 0n
  let last = 0n
  const id = () => {
    const at = BigInt(Date.now())
    if (at > last) next = 0n
    last = at > last ? at : last
    next += 1n
    return String(((last - EPOCH) << 22n) | (next & 0x3fffffn))
  }
  const bot: FakeUser = { id: '1100000000000000001', username: 'firstmate', bot: true }
  return {
    bot,
    app: '1200000000000000001',
    guilds: new Map(),
    channels: new Map(),
    users: new Map([[bot.id, bot]]),
    messages: [],
    ephemerals: [],
    modals: [],
    commands: new Map(),
    sessionsLeft: 1000,
    id,
  }
}

/** https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags */
const BITS: Record<string, bigint> = {
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
}

function bitsOf(names: Set<string>): string {
  return String([...names].reduce((bits, name) => bits | BITS[name]!, 0n))
}

export function timeOf(id: string): string {
  return new Date(Number((BigInt(id) >> 22n) + EPOCH)).toISOString()
}

export function publicUser(user: FakeUser): Record<string, unknown> {
  return {
    id: user.id,
    username: user.username,
    global_name: user.global_name ?? null,
    discriminator: user.bot ? '0001' : '0',
    avatar: null,
    public_flags: 0,
    ...(user.bot ? { bot: true } : {}),
  }
}

export function publicMember(world: World, guild: FakeGuild, user: string): Record<string, unknown> | undefined {
  const member = guild.members.get(user)
  if (!member) return undefined
  return {
    user: publicUser(world.users.get(user)!),
    nick: member.nick ?? null,
    roles: member.roles,
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    pending: member.pending ?? false,
    deaf: false,
    mute: false,
    flags: 0,
    avatar: null,
  }
}

export function isThread(channel: FakeChannel): boolean {
  return channel.type >= 10 && channel.type <= 12
}

export function publicChannel(world: World, channel: FakeChannel): Record<string, unknown> {
  const base = { id: channel.id, type: channel.type, flags: 0, last_message_id: null }
  if (channel.type === ChannelType.dm)
    return { ...base, recipients: [publicUser(world.users.get(channel.recipient!)!)] }
  return {
    ...base,
    name: channel.name,
    guild_id: channel.guild_id,
    parent_id: channel.parent_id ?? null,
    position: 0,
    permission_overwrites:
      channel.deny.size > 0 && channel.guild_id
        ? [{ id: channel.guild_id, type: 0, allow: '0', deny: bitsOf(channel.deny) }]
        : [],
    nsfw: false,
    ...(isThread(channel)
      ? {
          owner_id: channel.owner ?? world.bot.id,
          message_count: 0,
          member_count: 1,
          thread_metadata: {
            archived: channel.archived ?? false,
            locked: channel.locked ?? false,
            auto_archive_duration: 1440,
            archive_timestamp: new Date().toISOString(),
          },
        }
      : {}),
  }
}

/** The message as the API shows it. `content: false`: what an app without the MessageContent intent gets. */
export function publicMessage(
  world: World,
  message: FakeMessage,
  options: { content?: boolean; nonce?: boolean } = {},
): Record<string, unknown> {
  const shown = options.content !== false
  const referenced = message.message_reference
    ? world.messages.find((one) => one.id === message.message_reference?.message_id && !one.deleted)
    : undefined
  const mentioned = [...new Set(message.notified.filter((one) => /^\d+$/.test(one)))]
  return {
    id: message.id,
    channel_id: message.channel_id,
    type: message.type,
    author: publicUser(world.users.get(message.author)!),
    content: shown ? message.content : '',
    embeds: shown ? message.embeds : [],
    components: shown ? message.components : [],
    attachments: shown
      ? message.attachments.map(({ id, filename, description, data }) => ({
          id,
          filename,
          size: data.length,
          url: `https://cdn.discordapp.test/${id}/${filename}`,
          proxy_url: `https://media.discordapp.test/${id}/${filename}`,
          ...(description ? { description } : {}),
        }))
      : [],
    timestamp: timeOf(message.id),
    edited_timestamp: message.edited ?? null,
    tts: false,
    mention_everyone: message.notified.includes('everyone'),
    mentions: mentioned.flatMap((id) => {
      const user = world.users.get(id)
      return user ? [publicUser(user)] : []
    }),
    mention_roles: message.notified.filter((one) => one.startsWith('&')).map((one) => one.slice(1)),
    pinned: false,
    flags: message.flags,
    ...(message.webhook_id ? { webhook_id: message.webhook_id, application_id: world.app } : {}),
    ...(message.message_reference ? { message_reference: { type: 0, ...message.message_reference } } : {}),
    ...(message.type === 19
      ? { referenced_message: referenced ? publicMessage(world, referenced, { content: shown }) : null }
      : {}),
    ...(message.reactions.length > 0
      ? {
          reactions: message.reactions.map((one) => ({
            emoji: { id: null, name: one.emoji },
            count: one.users.size,
            me: one.users.has(world.bot.id),
          })),
        }
      : {}),
    // only in the answer to the post and in the event of it, never when it is read later
    ...(options.nonce && message.nonce !== undefined ? { nonce: message.nonce } : {}),
  }
}

/** As GUILD_CREATE tells of it. */
export function publicGuild(world: World, guild: FakeGuild): Record<string, unknown> {
  const channels = [...world.channels.values()].filter((one) => one.guild_id === guild.id)
  return {
    id: guild.id,
    name: guild.name,
    owner_id: '1',
    unavailable: false,
    large: false,
    member_count: guild.members.size,
    roles: [...guild.roles.values()],
    channels: channels.filter((one) => !isThread(one)).map((one) => publicChannel(world, one)),
    threads: channels.filter(isThread).map((one) => publicChannel(world, one)),
    members: [publicMember(world, guild, world.bot.id)],
    emojis: [],
    stickers: [],
    features: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    preferred_locale: 'en-US',
  }
}
