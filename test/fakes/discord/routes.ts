// What the fake Discord does for each request of the REST API v10, with Discord's own error codes.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
import { Check, checkCommands, checkMessage, checkModal } from './checks.ts'
import type { Attachment } from './multipart.ts'
import { notifiedBy } from './show.ts'
import {
  ChannelType,
  type FakeChannel,
  type FakeMessage,
  isThread,
  publicChannel,
  publicMember,
  publicMessage,
  publicUser,
  type World,
} from './world.ts'

export interface Call {
  params: string[]
  query: URLSearchParams
  body: Record<string, unknown>
  files: Map<number, Attachment>
}

export interface Answer {
  status: number
  body?: unknown
}

/** An interaction that waits for its answer. */
export interface Interaction {
  id: string
  token: string
  at: number
  user: string
  channel: string
  data: Record<string, unknown>
  /** the message whose component was used */
  message?: string
  /** how it was first answered: the type of the callback */
  answered?: number
  original?: string
}

export interface RouteContext {
  world: World
  gatewayUrl: string
  interactions: Map<string, Interaction>
  /** flags of the application: which privileged intents it has */
  appFlags: number
  said(message: FakeMessage): void
  threadCreated(channel: FakeChannel): void
  /** how long after an interaction its first answer is taken, and its token works */
  interactionMs: number
  tokenMs: number
}

type Route = (call: Call, context: RouteContext) => Answer

const MINUTES = 60_000
const NONCE_MS = 5 * MINUTES
const MAX_FILE = 10 * 1024 * 1024

const ok = (body: unknown): Answer => ({ status: 200, body })
const none: Answer = { status: 204 }
const refuse = (status: number, code: number, message: string): Answer => ({ status, body: { message, code } })
const unknown = (what: string, code: number) => refuse(404, code, `Unknown ${what}`)
const noAccess = refuse(403, 50001, 'Missing Access')
const noPermission = refuse(403, 50013, 'Missing Permissions')
const invalid = (check: Check): Answer | undefined => {
  const error = check.error()
  return error && { status: 400, body: error }
}

/** The channel if the bot may do that there, else the refusal. */
function reach(world: World, id: string, ...needs: string[]): FakeChannel | Answer {
  const channel = world.channels.get(id)
  if (!channel) return unknown('Channel', 10003)
  const parent = isThread(channel) ? world.channels.get(channel.parent_id!) : channel
  if (parent?.deny.has('VIEW_CHANNEL')) return noAccess
  for (const need of needs) {
    const wanted = need === 'SEND_MESSAGES' && isThread(channel) ? 'SEND_MESSAGES_IN_THREADS' : need
    if (parent?.deny.has(wanted)) return noPermission
  }
  return channel
}

function isAnswer(value: FakeChannel | Answer): value is Answer {
  return 'status' in value
}

function attach(world: World, call: Call): FakeMessage['attachments'] {
  const described = (call.body.attachments ?? []) as Record<string, unknown>[]
  return [...call.files].map(([index, file]) => {
    const more = described.find((one) => Number(one.id) === index)
    return {
      id: world.id(),
      data: file.data,
      filename: String(more?.filename ?? file.filename),
      ...(more?.description ? { description: String(more.description) } : {}),
    }
  })
}

/** Stores a message and tells the gateway. */
export function addMessage(
  context: RouteContext,
  message: Partial<FakeMessage> & { channel_id: string; author: string },
  allowed?: unknown,
): FakeMessage {
  const { world } = context
  const body = { content: message.content ?? '', embeds: message.embeds ?? [], components: message.components ?? [] }
  const stored: FakeMessage = {
    id: world.id(),
    type: message.message_reference ? 19 : 0,
    flags: 0,
    attachments: [],
    reactions: [],
    history: [body],
    notified: [],
    ...message,
    ...body,
  }
  stored.notified = notifiedBy(stored.content, allowed)
  if (stored.message_reference && (allowed as { replied_user?: boolean } | undefined)?.replied_user !== false) {
    const original = world.messages.find((one) => one.id === stored.message_reference?.message_id)
    if (
      original &&
      !stored.notified.includes(original.author) &&
      (allowed === undefined || (allowed as { replied_user?: boolean }).replied_user)
    )
      stored.notified.push(original.author)
  }
  world.messages.push(stored)
  context.said(stored)
  return stored
}

const createMessage: Route = (call, context) => {
  const { world } = context
  const { body } = call
  const channel = reach(world, call.params[0]!, 'SEND_MESSAGES', ...(call.files.size > 0 ? ['ATTACH_FILES'] : []))
  if (isAnswer(channel)) return channel
  if (channel.recipient && world.users.get(channel.recipient)?.username.startsWith('closed'))
    return refuse(403, 50007, 'Cannot send messages to this user')
  const check = new Check()
  checkMessage(check, body)
  const wrong = invalid(check)
  if (wrong) return wrong
  const reference = body.message_reference as { message_id: string; fail_if_not_exists?: boolean } | undefined
  if (
    reference &&
    !world.messages.some((one) => one.id === reference.message_id && one.channel_id === channel.id && !one.deleted)
  ) {
    if (reference.fail_if_not_exists !== false) {
      const missing = new Check()
      missing.add('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message')
      return invalid(missing)!
    }
  }
  if (isThread(channel) && channel.locked) return refuse(400, 160005, 'This thread is locked')
  for (const file of call.files.values())
    if (file.data.length > MAX_FILE) return { status: 413, body: { message: 'Request entity too large', code: 40005 } }
  const empty =
    !String(body.content ?? '').trim() &&
    ((body.embeds as unknown[]) ?? []).length === 0 &&
    call.files.size === 0 &&
    ((body.components as unknown[]) ?? []).length === 0
  if (empty) return refuse(400, 50006, 'Cannot send an empty message')
  const nonce = body.nonce === undefined ? undefined : String(body.nonce)
  if (nonce !== undefined && body.enforce_nonce === true) {
    const twin = world.messages.find(
      (one) =>
        one.channel_id === channel.id &&
        one.author === world.bot.id &&
        one.nonce === nonce &&
        Date.now() - Date.parse(timeOfMessage(world, one)) < NONCE_MS,
    )
    if (twin) return ok(publicMessage(world, twin, { nonce: true }))
  }
  // a message wakes an archived thread
  channel.archived = false
  const stored = addMessage(
    context,
    {
      channel_id: channel.id,
      author: world.bot.id,
      content: String(body.content ?? ''),
      embeds: (body.embeds as Record<string, unknown>[]) ?? [],
      components: (body.components as unknown[]) ?? [],
      flags: Number(body.flags ?? 0),
      attachments: attach(world, call),
      ...(nonce === undefined ? {} : { nonce }),
      ...(reference ? { message_reference: { message_id: reference.message_id, channel_id: channel.id } } : {}),
    },
    body.allowed_mentions ?? { parse: ['everyone', 'users', 'roles'] },
  )
  return ok(publicMessage(world, stored, { nonce: true }))
}

function timeOfMessage(world: World, message: FakeMessage): string {
  return String(publicMessage(world, message).timestamp)
}

const editMessage: Route = (call, context) => {
  const { world } = context
  const channel = reach(world, call.params[0]!)
  if (isAnswer(channel)) return channel
  const message = world.messages.find(
    (one) => one.id === call.params[1] && one.channel_id === channel.id && !one.deleted,
  )
  if (!message) return unknown('Message', 10008)
  if (message.author !== world.bot.id) return refuse(403, 50005, 'Cannot edit a message authored by another user')
  const check = new Check()
  checkMessage(check, call.body)
  const wrong = invalid(check)
  if (wrong) return wrong
  if (isThread(channel) && channel.archived) return refuse(400, 50083, 'Thread is archived')
  const shown = {
    content: String(call.body.content ?? message.content),
    embeds: (call.body.embeds ?? message.embeds) as Record<string, unknown>[],
    components: (call.body.components ?? message.components) as unknown[],
  }
  if (
    !shown.content.trim() &&
    shown.embeds.length === 0 &&
    message.attachments.length === 0 &&
    shown.components.length === 0
  )
    return refuse(400, 50006, 'Cannot send an empty message')
  Object.assign(message, shown)
  message.history.push(shown)
  message.edited = new Date().toISOString()
  return ok(publicMessage(world, message))
}

const listMessages: Route = (call, { world }) => {
  const channel = reach(world, call.params[0]!)
  if (isAnswer(channel)) return channel
  const parent = isThread(channel) ? world.channels.get(channel.parent_id!) : channel
  // without READ_MESSAGE_HISTORY the list is empty, not refused
  if (parent?.deny.has('READ_MESSAGE_HISTORY')) return ok([])
  const limit = Number(call.query.get('limit') ?? 50)
  if (!(limit >= 1 && limit <= 100)) return refuse(400, 50035, 'Invalid Form Body')
  let found = world.messages.filter((one) => one.channel_id === channel.id && !one.deleted)
  const after = call.query.get('after')
  const before = call.query.get('before')
  if (after !== null) found = found.filter((one) => BigInt(one.id) > BigInt(after)).slice(0, limit)
  else if (before !== null) found = found.filter((one) => BigInt(one.id) < BigInt(before)).slice(-limit)
  else found = found.slice(-limit)
  return ok(found.reverse().map((one) => publicMessage(world, one)))
}

const startThread: Route = (call, context) => {
  const { world } = context
  const channel = reach(world, call.params[0]!, 'CREATE_PUBLIC_THREADS')
  if (isAnswer(channel)) return channel
  if (channel.type !== ChannelType.text && channel.type !== ChannelType.announcement)
    return refuse(400, 50024, 'Cannot execute action on this channel type')
  const message = world.messages.find(
    (one) => one.id === call.params[1] && one.channel_id === channel.id && !one.deleted,
  )
  if (!message) return unknown('Message', 10008)
  const check = new Check()
  check.text('name', call.body.name, { max: 100, required: true })
  if (call.body.auto_archive_duration !== undefined)
    check.one('auto_archive_duration', call.body.auto_archive_duration, [60, 1440, 4320, 10080])
  const wrong = invalid(check)
  if (wrong) return wrong
  if (world.channels.has(message.id)) return refuse(400, 160004, 'A thread has already been created for this message')
  const thread: FakeChannel = {
    id: message.id,
    type: 11,
    name: String(call.body.name),
    parent_id: channel.id,
    deny: new Set(),
    ...(channel.guild_id ? { guild_id: channel.guild_id } : {}),
  }
  world.channels.set(thread.id, thread)
  context.threadCreated(thread)
  return { status: 201, body: publicChannel(world, thread) }
}

/** 3 s for the first answer, 15 min for everything after it; one first answer only. */
const callback: Route = (call, context) => {
  const { world } = context
  const waiting = context.interactions.get(call.params[0]!)
  if (!waiting || waiting.token !== call.params[1] || Date.now() - waiting.at > context.interactionMs)
    return unknown('interaction', 10062)
  if (waiting.answered !== undefined) return refuse(400, 40060, 'Interaction has already been acknowledged.')
  const { type } = call.body
  const data = (call.body.data ?? {}) as Record<string, unknown>
  const check = new Check()
  check.one('type', type, [1, 4, 5, 6, 7, 8, 9])
  if (type === 4 || type === 7) checkMessage(check, data)
  if (type === 9) checkModal(check, data)
  const wrong = invalid(check)
  if (wrong) return wrong
  const kind = Number(waiting.data.type)
  if ((type === 6 || type === 7) && !(kind === 3 || (kind === 5 && waiting.message)))
    return refuse(400, 50035, 'Invalid Form Body')
  if (type === 9 && kind === 5) return refuse(400, 50035, 'Invalid Form Body')
  waiting.answered = Number(type)
  if (type === 9) world.modals.push({ user: waiting.user, interaction: waiting.data, data })
  if (type === 4) speak(waiting, data, context)
  return none
}

/** What an interaction answers: to one person (flag 64) or as a message. */
function speak(waiting: Interaction, data: Record<string, unknown>, context: RouteContext): FakeMessage | undefined {
  const body = {
    content: String(data.content ?? ''),
    embeds: (data.embeds as Record<string, unknown>[]) ?? [],
    components: (data.components as unknown[]) ?? [],
  }
  if (Number(data.flags ?? 0) & 64) {
    context.world.ephemerals.push({ user: waiting.user, channel: waiting.channel, ...body })
    return undefined
  }
  return addMessage(
    context,
    { channel_id: waiting.channel, author: context.world.bot.id, webhook_id: context.world.app, ...body },
    data.allowed_mentions ?? { parse: ['everyone', 'users', 'roles'] },
  )
}

const followUp: Route = (call, context) => {
  const waiting = [...context.interactions.values()].find((one) => one.token === call.params[1])
  if (!waiting) return refuse(401, 50027, 'Invalid Webhook Token')
  if (Date.now() - waiting.at > context.tokenMs) return refuse(401, 50027, 'Invalid Webhook Token')
  if (waiting.answered === undefined) return unknown('Webhook', 10015)
  const check = new Check()
  checkMessage(check, call.body)
  const wrong = invalid(check)
  if (wrong) return wrong
  const empty = !String(call.body.content ?? '').trim() && ((call.body.embeds as unknown[]) ?? []).length === 0
  if (empty) return refuse(400, 50006, 'Cannot send an empty message')
  const said = speak(waiting, call.body, context)
  return ok(
    said
      ? publicMessage(context.world, said)
      : { id: context.world.id(), channel_id: waiting.channel, flags: 64, content: call.body.content ?? '' },
  )
}

const react: Route = (call, { world }) => {
  const channel = reach(world, call.params[0]!, 'ADD_REACTIONS', 'READ_MESSAGE_HISTORY')
  if (isAnswer(channel)) return channel
  const message = world.messages.find(
    (one) => one.id === call.params[1] && one.channel_id === channel.id && !one.deleted,
  )
  if (!message) return unknown('Message', 10008)
  const emoji = decodeURIComponent(call.params[2]!)
  if (!/\p{Extended_Pictographic}/u.test(emoji)) return refuse(400, 10014, 'Unknown Emoji')
  const found = message.reactions.find((one) => one.emoji === emoji)
  if (found) found.users.add(world.bot.id)
  else message.reactions.push({ emoji, users: new Set([world.bot.id]) })
  return none
}

const openDm: Route = (call, { world }) => {
  const user = world.users.get(String(call.body.recipient_id))
  if (!user || user.bot) return refuse(400, 50007, 'Cannot send messages to this user')
  return ok(publicChannel(world, dmOf(world, user.id)))
}

export function dmOf(world: World, user: string): FakeChannel {
  const known = [...world.channels.values()].find((one) => one.type === ChannelType.dm && one.recipient === user)
  if (known) return known
  const channel: FakeChannel = { id: world.id(), type: ChannelType.dm, name: '', recipient: user, deny: new Set() }
  world.channels.set(channel.id, channel)
  return channel
}

const commandsOf: (server: (call: Call) => string) => Route =
  (server) =>
  (call, { world }) => {
    if (call.params[0] !== world.app)
      return refuse(403, 20012, 'You are not authorized to perform this action on this application')
    const place = server(call)
    if (place && !world.guilds.has(place)) return noAccess
    const check = new Check()
    checkCommands(check, call.body)
    const wrong = invalid(check)
    if (wrong) return wrong
    const commands = (call.body as unknown as Record<string, unknown>[]).map((one) => ({
      ...one,
      id: world.id(),
      application_id: world.app,
      version: '1',
    }))
    world.commands.set(place, commands)
    return ok(commands)
  }

const application: Route = (_call, { world, appFlags }) =>
  ok({
    id: world.app,
    name: 'Firstmate',
    description: '',
    icon: null,
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0',
    flags: appFlags,
    bot: publicUser(world.bot),
    team: null,
    summary: '',
  })

const gatewayBot: Route = (_call, { gatewayUrl, world }) =>
  ok({
    url: gatewayUrl,
    shards: 1,
    session_start_limit: { total: 1000, remaining: world.sessionsLeft, reset_after: 0, max_concurrency: 1 },
  })

const ID = '(\\d+)'
const routes: [method: string, path: string, route: Route][] = [
  ['GET', '/gateway', (_call, { gatewayUrl }) => ok({ url: gatewayUrl })],
  ['GET', '/gateway/bot', gatewayBot],
  ['GET', '/users/@me', (_call, { world }) => ok(publicUser(world.bot))],
  ['GET', '/applications/@me', application],
  ['GET', '/oauth2/applications/@me', application],
  [
    'GET',
    `/users/${ID}`,
    (call, { world }) =>
      world.users.has(call.params[0]!) ? ok(publicUser(world.users.get(call.params[0]!)!)) : unknown('User', 10013),
  ],
  ['POST', '/users/@me/channels', openDm],
  [
    'GET',
    '/users/@me/guilds',
    (_call, { world }) =>
      ok(
        [...world.guilds.values()]
          .filter((one) => one.members.has(world.bot.id))
          .map(({ id, name, granted }) => ({ id, name, owner: false, permissions: granted, features: [], icon: null })),
      ),
  ],
  ['PUT', `/applications/${ID}/commands`, commandsOf(() => '')],
  ['PUT', `/applications/${ID}/guilds/${ID}/commands`, commandsOf((call) => call.params[1]!)],
  ['GET', `/applications/${ID}/commands`, (_call, { world }) => ok(world.commands.get('') ?? [])],
  [
    'GET',
    `/applications/${ID}/guilds/${ID}/commands`,
    (call, { world }) => ok(world.commands.get(call.params[1]!) ?? []),
  ],
  [
    'GET',
    `/guilds/${ID}`,
    (call, { world }) => {
      const guild = world.guilds.get(call.params[0]!)
      return guild?.members.has(world.bot.id)
        ? ok({ id: guild.id, name: guild.name, roles: [...guild.roles.values()], owner_id: '1' })
        : unknown('Guild', 10004)
    },
  ],
  [
    'GET',
    `/guilds/${ID}/members/${ID}`,
    (call, { world }) => {
      const guild = world.guilds.get(call.params[0]!)
      if (!guild?.members.has(world.bot.id)) return unknown('Guild', 10004)
      if (!world.users.has(call.params[1]!)) return unknown('User', 10013)
      const member = publicMember(world, guild, call.params[1]!)
      return member ? ok(member) : unknown('Member', 10007)
    },
  ],
  [
    'GET',
    `/channels/${ID}`,
    (call, { world }) => {
      const channel = reach(world, call.params[0]!)
      return isAnswer(channel) ? channel : ok(publicChannel(world, channel))
    },
  ],
  ['GET', `/channels/${ID}/messages`, listMessages],
  [
    'GET',
    `/channels/${ID}/messages/${ID}`,
    (call, { world }) => {
      const message = world.messages.find(
        (one) => one.id === call.params[1] && one.channel_id === call.params[0] && !one.deleted,
      )
      return message ? ok(publicMessage(world, message)) : unknown('Message', 10008)
    },
  ],
  ['POST', `/channels/${ID}/messages`, createMessage],
  ['PATCH', `/channels/${ID}/messages/${ID}`, editMessage],
  ['POST', `/channels/${ID}/messages/${ID}/threads`, startThread],
  ['PUT', `/channels/${ID}/messages/${ID}/reactions/([^/]+)/@me`, react],
  [
    'PATCH',
    `/channels/${ID}`,
    (call, { world }) => {
      const channel = reach(world, call.params[0]!)
      if (isAnswer(channel)) return channel
      if (call.body.archived !== undefined) channel.archived = Boolean(call.body.archived)
      return ok(publicChannel(world, channel))
    },
  ],
  ['POST', `/interactions/${ID}/([^/]+)/callback`, callback],
  ['POST', `/webhooks/${ID}/([^/]+)`, followUp],
]

const compiled = routes.map(([method, path, route]) => ({ method, pattern: new RegExp(`^${path}$`), route }))

/** undefined when there is no such route */
export function find(method: string, path: string): { route: Route; params: string[] } | undefined {
  for (const one of compiled) {
    const match = one.method === method ? one.pattern.exec(path) : null
    if (match) return { route: one.route, params: match.slice(1) }
  }
  return undefined
}
