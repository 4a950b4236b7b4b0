// Slack's Web API methods over the world, each with Slack's own error codes.
import { checkBlocks, checkView, isObject } from './blocks.ts'
import { type FakeChannel, type FakeMessage, imOf, type World } from './world.ts'

type Args = Record<string, unknown>
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

type Method = (args: Args, context: MethodContext) => Reply

function fail(error: string, messages?: string[]): Reply {
  return { ok: false, error, ...(messages ? { response_metadata: { messages } } : {}) }
}

function text(args: Args, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** A channel as methods see it: a user's id stands for the direct messages with them. */
function channelOf(args: Args, { world }: MethodContext, name = 'channel'): FakeChannel | undefined {
  const id = text(args, name)
  if (/^[UW]/.test(id)) return world.users.has(id) ? imOf(world, id) : undefined
  return world.channels.get(id) ?? [...world.channels.values()].find((one) => `#${one.name}` === id)
}

function checkBody(args: Args): Reply | undefined {
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

function place(args: Args, context: MethodContext): FakeChannel | Reply {
  const channel = channelOf(args, context)
  if (!channel) return fail('channel_not_found')
  if (channel.is_private && !channel.members.has(context.world.botUser)) return fail('channel_not_found')
  if (channel.is_archived) return fail('is_archived')
  if (channel.is_restricted) return fail('restricted_action')
  if (!channel.members.has(context.world.botUser)) return fail('not_in_channel')
  return channel
}

function isReply(value: FakeChannel | Reply): value is Reply {
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

function postMessage(args: Args, context: MethodContext): Reply {
  const channel = place(args, context)
  if (isReply(channel)) return channel
  const problem = checkBody(args)
  if (problem) return problem
  const { world } = context
  const thread = text(args, 'thread_ts')
  if (thread && !/^\d+\.\d{6}$/.test(thread)) return fail('invalid_thread_ts')
  const message = addMessage(context, {
    channel: channel.id,
    user: world.botUser,
    bot_id: world.botId,
    app_id: world.appId,
    text: text(args, 'text'),
    unfurl: args.unfurl_links !== false && args.unfurl_links !== 'false',
    ...(Array.isArray(args.blocks) ? { blocks: args.blocks } : {}),
    ...(thread ? { thread_ts: thread } : {}),
    ...(isObject(args.metadata) ? { metadata: args.metadata as FakeMessage['metadata'] } : {}),
  } as Parameters<typeof addMessage>[1])
  return { ok: true, channel: channel.id, ts: message.ts, message: publicMessage(message, world) }
}

function update(args: Args, context: MethodContext): Reply {
  const channel = place(args, context)
  if (isReply(channel)) return channel
  const message = context.world.find(channel.id, text(args, 'ts'))
  if (!message) return fail('message_not_found')
  if (message.bot_id !== context.world.botId) return fail('cant_update_message')
  if (message.streaming) return fail('streaming_state_conflict')
  const problem = checkBody(args)
  if (problem) return problem
  // https://docs.slack.dev/reference/methods/chat.update: texts end at 4000 characters here
  if (text(args, 'text').length > 4000) return fail('msg_too_long')
  message.text = text(args, 'text')
  if (Array.isArray(args.blocks)) message.blocks = args.blocks
  else delete message.blocks
  if (isObject(args.metadata)) message.metadata = args.metadata as NonNullable<FakeMessage['metadata']>
  message.edited = { user: message.user, ts: context.world.nextTs() }
  message.history.push({ text: message.text, ...(message.blocks ? { blocks: message.blocks } : {}), at: Date.now() })
  context.said(message, 'changed')
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text }
}

function postEphemeral(args: Args, context: MethodContext): Reply {
  const channel = place(args, context)
  if (isReply(channel)) return channel
  const user = text(args, 'user')
  if (!channel.members.has(user)) return fail('user_not_in_channel')
  const problem = checkBody(args)
  if (problem) return problem
  context.world.ephemerals.push({
    channel: channel.id,
    user,
    text: text(args, 'text'),
    ...(Array.isArray(args.blocks) ? { blocks: args.blocks } : {}),
    ...(text(args, 'thread_ts') ? { thread_ts: text(args, 'thread_ts') } : {}),
  })
  return { ok: true, message_ts: context.world.nextTs() }
}

function react(args: Args, context: MethodContext, add: boolean): Reply {
  const channel = channelOf(args, context)
  if (!channel) return fail('channel_not_found')
  if (!channel.members.has(context.world.botUser)) return fail('not_in_channel')
  const name = text(args, 'name')
  if (!/^[a-z0-9_+-]{1,80}$/.test(name)) return fail('invalid_name')
  const message = context.world.find(channel.id, text(args, 'timestamp'))
  if (!message) return fail('message_not_found')
  const { botUser } = context.world
  const reaction = message.reactions.find((one) => one.name === name)
  const mine = reaction?.users.includes(botUser) ?? false
  if (add && mine) return fail('already_reacted')
  if (!add && !mine) return fail('no_reaction')
  if (!add) reaction!.users = reaction!.users.filter((user) => user !== botUser)
  else if (reaction) reaction.users.push(botUser)
  else message.reactions.push({ name, users: [botUser] })
  message.reactions = message.reactions.filter((one) => one.users.length > 0)
  return { ok: true }
}

function page(args: Args, context: MethodContext, messages: FakeMessage[]): Reply {
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

function completeUpload(args: Args, context: MethodContext): Reply {
  const { world } = context
  if (!Array.isArray(args.files) || args.files.length === 0) return fail('invalid_arguments')
  const files = []
  for (const one of args.files as { id?: string; title?: string }[]) {
    const file = world.files.get(one.id ?? '')
    if (!file) return fail('file_not_found')
    if (!file.data) return fail('file_not_found')
    if (one.title) file.title = one.title
    files.push(file)
  }
  if (text(args, 'channel_id')) {
    const channel = place({ channel: args.channel_id }, context)
    if (isReply(channel)) return channel
    const thread = text(args, 'thread_ts')
    addMessage(context, {
      channel: channel.id,
      user: world.botUser,
      bot_id: world.botId,
      app_id: world.appId,
      text: text(args, 'initial_comment'),
      files,
      ...(thread ? { thread_ts: thread } : {}),
    })
  }
  return { ok: true, files: files.map(({ id, title }) => ({ id, title })) }
}

const TASK_STATES = new Set(['pending', 'in_progress', 'complete', 'error'])

/** Chunks as they show in the message; what is wrong with them, as Slack words it. */
function addChunks(message: FakeMessage, chunks: unknown[]): string[] {
  const blocks = [...(message.blocks ?? [])] as Args[]
  for (const [at, chunk] of chunks.entries()) {
    if (!isObject(chunk)) return [`must be an object [json-pointer:/chunks/${at}]`]
    if (chunk.type === 'blocks' && Array.isArray(chunk.blocks)) blocks.push(...(chunk.blocks as Args[]))
    else if (chunk.type === 'markdown_text' && typeof chunk.text === 'string') message.text += chunk.text
    else if (chunk.type === 'task_update') {
      const { id, title, status } = chunk
      if (typeof id !== 'string' || typeof title !== 'string' || title === '' || title.length > 256)
        return [`invalid task_update [json-pointer:/chunks/${at}]`]
      if (!TASK_STATES.has(String(status))) return [`must be a valid enum value [json-pointer:/chunks/${at}/status]`]
      const card = { type: 'task_card', task_id: id, title, status }
      const before = blocks.findIndex((one) => one.type === 'task_card' && one.task_id === id)
      if (before >= 0) blocks[before] = card
      else blocks.push(card)
    } else return [`unsupported type [json-pointer:/chunks/${at}/type]`]
  }
  const problem = checkBlocks(
    blocks.filter((one) => one.type !== 'task_card'),
    'message',
  )
  if (problem) return problem.messages.length > 0 ? problem.messages : [problem.error]
  if (blocks.length > 50) return ['no more than 50 items allowed [json-pointer:/chunks]']
  message.blocks = blocks
  return []
}

/**
 * https://docs.slack.dev/reference/methods/chat.startStream and its siblings. What the pages do not say is as people have measured it:
 * the first content decides whether a stream takes text or chunks, it ends by itself after some minutes, and is not edited before.
 */
function stream(args: Args, context: MethodContext, what: 'start' | 'append' | 'stop'): Reply {
  const channel = place(args, context)
  if (isReply(channel)) return channel
  const { world } = context
  if (!world.streams) return fail('feature_not_enabled')
  const chunk = text(args, 'markdown_text')
  const chunks = Array.isArray(args.chunks) ? (args.chunks as unknown[]) : undefined
  if (chunk !== '' && chunks) return fail('cannot_provide_both_markdown_text_and_chunks')
  if (chunk.length > 12_000) return fail('msg_too_long')
  const mode = chunks ? 'chunks' : chunk === '' ? undefined : 'text'
  if (what === 'start') {
    if (!/^\d+\.\d{6}$/.test(text(args, 'thread_ts'))) return fail('invalid_thread_ts')
    const [user, team] = [text(args, 'recipient_user_id'), text(args, 'recipient_team_id')]
    if (channel.is_im && (user || team)) return fail('invalid_arguments', ['[ERROR] unsupported in a direct message'])
    if (!channel.is_im && !user) return fail('missing_recipient_user_id')
    if (!channel.is_im && !team) return fail('missing_recipient_team_id')
    const draft: Parameters<typeof addMessage>[1] = {
      channel: channel.id,
      user: world.botUser,
      bot_id: world.botId,
      app_id: world.appId,
      text: chunk,
      thread_ts: text(args, 'thread_ts'),
      streaming: true,
      streamed: { since: Date.now(), mode },
    }
    const wrong = addChunks(draft as FakeMessage, chunks ?? [])
    if (wrong.length > 0) return fail('invalid_arguments', wrong)
    return { ok: true, channel: channel.id, ts: addMessage(context, draft).ts }
  }
  const message = world.find(channel.id, text(args, 'ts'))
  if (!message) return fail('message_not_found')
  if (message.bot_id !== world.botId) return fail('message_not_owned_by_app')
  if (message.streaming && Date.now() - (message.streamed?.since ?? 0) > world.streamLifeMs) message.streaming = false
  if (!message.streaming) return fail('message_not_in_streaming_state')
  if (what === 'append' && !mode) return fail('no_text')
  const was = message.streamed?.mode
  if (mode && was && mode !== was) return fail('streaming_mode_mismatch')
  message.streamed = { since: message.streamed?.since ?? Date.now(), mode: was ?? mode }
  const wrong = addChunks(message, chunks ?? [])
  if (wrong.length > 0) return fail('invalid_arguments', wrong)
  message.text += chunk
  if (what === 'stop') {
    message.streaming = false
    if (Array.isArray(args.blocks)) message.blocks = [...(message.blocks ?? []), ...(args.blocks as unknown[])]
    if (isObject(args.metadata)) message.metadata = args.metadata as NonNullable<FakeMessage['metadata']>
  }
  return { ok: true, channel: channel.id, ts: message.ts }
}

export const METHODS: Record<string, Method> = {
  'api.test': () => ({ ok: true }),
  'auth.test': (_args, { world }) => ({
    ok: true,
    url: 'https://fake.slack.test/',
    team: 'Fake',
    user: 'firstmate',
    team_id: world.team,
    user_id: world.botUser,
    bot_id: world.botId,
    is_enterprise_install: false,
  }),
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.postEphemeral': postEphemeral,
  'chat.delete': (args, context) => {
    const { world } = context
    const message = world.find(text(args, 'channel'), text(args, 'ts'))
    if (!message) return fail('message_not_found')
    if (message.bot_id !== world.botId || message.streaming) return fail('cant_delete_message')
    world.messages.splice(world.messages.indexOf(message), 1)
    return { ok: true, channel: message.channel, ts: message.ts }
  },
  'chat.getPermalink': (args, { world }) => {
    const message = world.find(text(args, 'channel'), text(args, 'message_ts'))
    if (!message) return fail('message_not_found')
    return {
      ok: true,
      channel: message.channel,
      permalink: `https://fake.slack.test/archives/${message.channel}/p${message.ts.replace('.', '')}`,
    }
  },
  'chat.startStream': (args, context) => stream(args, context, 'start'),
  'chat.appendStream': (args, context) => stream(args, context, 'append'),
  'chat.stopStream': (args, context) => stream(args, context, 'stop'),
  'reactions.add': (args, context) => react(args, context, true),
  'reactions.remove': (args, context) => react(args, context, false),
  'conversations.replies': (args, context) => {
    const channel = channelOf(args, context)
    if (!channel) return fail('channel_not_found')
    if (!channel.members.has(context.world.botUser)) return fail('not_in_channel')
    const ts = text(args, 'ts')
    const root = context.world.find(channel.id, ts)
    if (!root) return fail('thread_not_found')
    const replies = context.world.messages.filter(
      (one) => one.channel === channel.id && (one.ts === ts || one.thread_ts === ts),
    )
    return page(args, context, replies)
  },
  'conversations.history': (args, context) => {
    const channel = channelOf(args, context)
    if (!channel) return fail('channel_not_found')
    if (!channel.members.has(context.world.botUser)) return fail('not_in_channel')
    const roots = context.world.messages.filter(
      (one) => one.channel === channel.id && (!one.thread_ts || one.thread_ts === one.ts),
    )
    return page(args, context, roots.toReversed())
  },
  'conversations.info': (args, context) => {
    const channel = channelOf(args, context)
    const member = channel?.members.has(context.world.botUser) ?? false
    if (!channel || (channel.is_private && !member)) return fail('channel_not_found')
    const {
      id,
      name,
      is_im = false,
      is_mpim = false,
      is_archived = false,
      is_private = false,
      is_ext_shared = false,
    } = channel
    return {
      ok: true,
      channel: { id, name, is_im, is_mpim, is_archived, is_private, is_ext_shared, is_member: member },
    }
  },
  'conversations.open': (args, context) => {
    const user = text(args, 'users')
    if (!context.world.users.has(user)) return fail('user_not_found')
    return { ok: true, channel: { id: imOf(context.world, user).id } }
  },
  'users.info': (args, { world }) => {
    const user = world.users.get(text(args, 'user'))
    if (!user) return fail('user_not_found')
    const { id, name, deleted = false, is_bot = false, is_restricted = false, is_ultra_restricted = false } = user
    return {
      ok: true,
      user: {
        id,
        team_id: user.team_id ?? world.team,
        name,
        deleted,
        is_bot,
        is_restricted,
        is_ultra_restricted,
        ...(user.is_stranger ? { is_stranger: true } : {}),
        profile: { real_name: name, display_name: name },
      },
    }
  },
  'usergroups.users.list': (args, { world }) => {
    const group = world.groups.get(text(args, 'usergroup'))
    return group ? { ok: true, users: [...group] } : fail('no_such_subteam')
  },
  'usergroups.list': (_args, { world }) => ({
    ok: true,
    usergroups: [...world.groups].map(([id, users]) => ({ id, handle: id.toLowerCase(), users: [...users] })),
  }),
  'views.open': (args, context) => {
    const trigger = text(args, 'trigger_id')
    const problems = checkView(args.view)
    if (problems.length > 0)
      return fail(
        'invalid_arguments',
        problems.map((one) => `[ERROR] ${one}`),
      )
    const wrong = context.useTrigger(trigger)
    if (wrong) return fail(wrong)
    const id = context.world.nextId('V')
    const user = context.triggerUser(trigger)
    context.world.views.set(id, { id, user, view: args.view as Record<string, unknown> })
    return { ok: true, view: { id, ...(args.view as object) } }
  },
  'views.publish': (args, context) => {
    const problems = checkView(args.view)
    if (problems.length > 0)
      return fail(
        'invalid_arguments',
        problems.map((one) => `[ERROR] ${one}`),
      )
    const user = text(args, 'user_id')
    if (!context.world.users.has(user)) return fail('user_not_found')
    context.world.homes.set(user, args.view as Record<string, unknown>)
    return { ok: true, view: args.view }
  },
  'files.getUploadURLExternal': (args, context) => {
    const length = Number(text(args, 'length'))
    const filename = text(args, 'filename')
    if (!filename || !(length > 0)) return fail('missing_argument')
    if (text(args, 'alt_txt').length > 1000) return fail('alt_txt_too_large')
    const id = context.world.nextId('F')
    context.world.files.set(id, {
      id,
      name: filename,
      title: filename,
      alt_txt: text(args, 'alt_txt') || undefined,
      length,
      data: undefined,
    })
    return { ok: true, upload_url: context.uploadUrl(id), file_id: id }
  },
  'files.completeUploadExternal': completeUpload,
}
