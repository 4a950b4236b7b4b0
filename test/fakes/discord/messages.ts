// Messages, reactions and threads of the fake Discord.
import { Check, checkMessage } from './checks.ts'
import {
  type Call,
  invalid,
  isAnswer,
  none,
  ok,
  type Route,
  type RouteContext,
  reach,
  refuse,
  unknown,
} from './route.ts'
import { notifiedBy } from './show.ts'
import {
  ChannelType,
  type FakeChannel,
  type FakeMessage,
  isThread,
  publicChannel,
  publicMessage,
  type World,
} from './world.ts'

const NONCE_MS = 5 * 60_000
const MAX_FILE = 10 * 1024 * 1024

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

export const createMessage: Route = (call, context) => {
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

export const editMessage: Route = (call, context) => {
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

export const listMessages: Route = (call, { world }) => {
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

export const startThread: Route = (call, context) => {
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

export const react: Route = (call, { world }) => {
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
