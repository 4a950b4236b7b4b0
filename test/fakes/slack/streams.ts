// Messages that are shown while they are written: chat.startStream, appendStream, stopStream.
import { checkBlocks, isObject } from './blocks.ts'
import { type Args, addMessage, fail, isReply, type MethodContext, place, type Reply, text } from './method.ts'
import type { FakeMessage } from './world.ts'

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
export function stream(args: Args, context: MethodContext, what: 'start' | 'append' | 'stop'): Reply {
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
