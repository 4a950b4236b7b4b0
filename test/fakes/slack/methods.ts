// Slack's Web API methods over the world.
import { checkView, isObject } from './blocks.ts'
import {
  type Args,
  addMessage,
  channelOf,
  checkBody,
  fail,
  isReply,
  type Method,
  type MethodContext,
  page,
  place,
  publicMessage,
  type Reply,
  text,
} from './method.ts'
import { stream } from './streams.ts'
import { type FakeMessage, imOf } from './world.ts'

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
