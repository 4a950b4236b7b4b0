// What a method of the fake Web API gets and gives, and what several of them check alike, each with Slack's own error codes.
import { checkBlocks, isObject } from './blocks.ts'
import { type FakeChannel, type FakeMessage, imOf, type World } from './world.ts'

export type Args = Record<string, unknown>
export type Reply = { ok: boolean; error?: string } & Record<string, unknown>

export interface MethodContext {
  world: World
  /** where files may be sent to */
  uploadUrl(fileId: string): string
  /** a trigger id used for a modal; undefined when it may be */
  useTrigger(id: string): 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id' | undefined
  triggerUser(id: string): string
  /** a message appeared or changed: the app may get an event about it */
  said(message: FakeMessage, what: 'new' | 'changed' | 'deleted'): void
}

export type Method = (args: Args, context: MethodContext) => Reply

export function fail(error: string, messages?: string[]): Reply {
  return { ok: false, error, ...(messages ? { response_metadata: { messages } } : {}) }
}

export function text(args: Args, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** A channel as methods see it: a user's id stands for the direct messages with them. */
export function channelOf(args: Args, { world }: MethodContext, name = 'channel'): FakeChannel | undefined {
  const id = text(args, name)
  if (/^[UW]/.test(id)) return world.users.has(id) ? imOf(world, id) : undefined
  return world.channels.get(id) ?? [...world.channels.values()].find((one) => `#${one.name}` === id)
}

export function checkBody(args: Args): Reply | undefined {
  if (args.blocks !== undefined) {
    if (!Array.isArray(args.blocks)) return fail('invalid_blocks_format')
    const problem = checkBlocks(args.blocks, 'message')
    if (problem) return fail(problem.error, problem.messages)
  }
  const blocks = Array.isArray(args.blocks) ? args.blocks : []
  if (text(args, 'text') === '' && blocks.length === 0) return fail('no_text')
  if (text(args, 'text').length > 40_000) return fail('msg_too_long')
  if (args.metadata !== undefined) {
    const { metadata } = args
    if (!isObject(metadata) || !isObject(metadata.event_payload)) return fail('invalid_metadata_format')
    if (typeof metadata.event_type !== 'string' || !/^[a-z0-9_]{1,255}$/.test(metadata.event_type))
      return fail('invalid_metadata_format')
    if (JSON.stringify(metadata).length > 8000) return fail('metadata_too_large')
  }
  return undefined
}

export function place(args: Args, context: MethodContext): FakeChannel | Reply {
  const channel = channelOf(args, context)
  if (!channel) return fail('channel_not_found')
  if (channel.is_private && !channel.members.has(context.world.botUser)) return fail('channel_not_found')
  if (channel.is_archived) return fail('is_archived')
  if (channel.is_restricted) return fail('restricted_action')
  if (!channel.members.has(context.world.botUser)) return fail('not_in_channel')
  return channel
}

export function isReply(value: FakeChannel | Reply): value is Reply {
  return 'ok' in value
}

/** A message as methods return it. */
export function publicMessage(message: FakeMessage, world: World, all = false): Record<string, unknown> {
  const { type, ts, user, bot_id, app_id, blocks, thread_ts, files, edited } = message
  const replies = world.messages.filter(
    (one) => one.channel === message.channel && one.thread_ts === ts && one.ts !== ts,
  )
  return {
    type,
    ts,
    user,
    text: message.text,
    ...(bot_id ? { bot_id, app_id } : {}),
    ...(blocks ? { blocks } : {}),
    ...(thread_ts ? { thread_ts } : {}),
    ...(replies.length > 0 ? { thread_ts: ts, reply_count: replies.length, latest_reply: replies.at(-1)!.ts } : {}),
    ...(edited ? { edited } : {}),
    ...(files ? { files: files.map(({ id, name, title, length }) => ({ id, name, title, size: length })) } : {}),
    ...(message.reactions.length > 0
      ? { reactions: message.reactions.map(({ name, users }) => ({ name, users, count: users.length })) }
      : {}),
    ...(all && message.metadata ? { metadata: message.metadata } : {}),
  }
}

export function addMessage(
  context: MethodContext,
  message: Pick<FakeMessage, 'channel' | 'user' | 'text'> & Partial<FakeMessage>,
): FakeMessage {
  const { world } = context
  const stored: FakeMessage = {
    type: 'message',
    ts: world.nextTs(),
    reactions: [],
    history: [{ text: message.text, ...(message.blocks ? { blocks: message.blocks } : {}), at: Date.now() }],
    unfurl: true,
    ...message,
  }
  world.messages.push(stored)
  context.said(stored, 'new')
  return stored
}

/** One page of messages, by time and cursor. */
export function page(args: Args, context: MethodContext, messages: FakeMessage[]): Reply {
  const limit = Math.min(Number(text(args, 'limit')) || 100, 999)
  const oldest = Number(text(args, 'oldest') || 0)
  const latest = Number(text(args, 'latest') || Number.MAX_SAFE_INTEGER)
  const inclusive = args.inclusive === true || args.inclusive === 'true' || args.inclusive === '1'
  const inside = messages.filter(({ ts }) => {
    const at = Number(ts)
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest
  })
  const start = Number(Buffer.from(text(args, 'cursor'), 'base64').toString() || 0)
  const all = args.include_all_metadata === true || args.include_all_metadata === 'true'
  const shown = inside.slice(start, start + limit)
  const more = start + limit < inside.length
  return {
    ok: true,
    messages: shown.map((one) => publicMessage(one, context.world, all)),
    has_more: more,
    response_metadata: { next_cursor: more ? Buffer.from(String(start + limit)).toString('base64') : '' },
  }
}
