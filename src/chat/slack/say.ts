// Speaking in Slack: each method of Say is one or two Web API calls, and every refusal becomes a SayError.
import type { WebClient } from '@slack/web-api'
import { z } from 'zod'
import type { Attachment, Card } from '../../core/card.ts'
import type { Thread } from '../../core/thread.ts'
import { type Posted, type Say, SayError } from '../contract.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import { slackErrorCode, toSayError } from './errors.ts'
import type { Self } from './parse.ts'
import { renderCard } from './render.ts'
import { type Streams, streamMark } from './stream.ts'
import { createWhois } from './whois.ts'

/** marks our messages, so that they can be found again: https://docs.slack.dev/messaging/message-metadata */
const MARK = 'firstmate_message'
const SIGNS = { seen: 'eyes', done: 'white_check_mark', failed: 'x' } as const
/** pages of 200 messages looked through for a message of ours */
const LOOK_BACK_PAGES = 5
const UPLOAD_TIMEOUT_MS = 30_000

const Found = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        user: z.string().optional(),
        bot_id: z.string().optional(),
        metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
        blocks: z.array(z.object({ block_id: z.string().optional(), task_id: z.string().optional() })).default([]),
        files: z.array(z.object({ name: z.string().nullish() })).optional(),
      }),
    )
    .default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})
type FoundMessage = z.infer<typeof Found>['messages'][number]

/** Without `streams`, messages that are still being written are edited. `self` is known once the adapter has started; nothing is said before. */
export function createSay(client: WebClient, self: () => Self, streams?: Streams): Say {
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toSayError(error)
    }
  }

  function body(thread: Thread, card: Card) {
    const { blocks, text } = renderCard(card)
    // link previews would fetch addresses that foreign text chose
    const quiet = { unfurl_links: false, unfurl_media: false, link_names: false, mrkdwn: false }
    return { channel: thread.channel, text, blocks, ...quiet }
  }

  async function post(message: { key: string; thread: Thread; card: Card; root: boolean }): Promise<Posted> {
    const { key, thread, card, root } = message
    const metadata = markOf(key)
    const inThread = root || thread.thread === '' ? {} : { thread_ts: thread.thread }
    const reply = await call(() => client.chat.postMessage({ ...body(thread, card), ...inThread, metadata }))
    if (!reply.ts) throw new SayError('unknown', 'Slack accepted a message without naming it.')
    // a user id as channel opens a DM, whose real id comes back
    return placed({ ...thread, channel: reply.channel ?? thread.channel }, reply.ts, root)
  }

  async function find(thread: Thread, key: string, since: number, root: boolean): Promise<Posted | undefined> {
    const message = await lookBack(thread, since, root, (one) => {
      if (one.metadata) return one.metadata.event_type === MARK && one.metadata.event_payload.key === key
      const mark = streamMark(key)
      return one.blocks.some(({ block_id, task_id }) => block_id === mark || task_id === mark)
    })
    return message && placed(thread, message.ts, root)
  }

  async function lookBack(
    thread: Thread,
    since: number,
    root: boolean,
    wanted: (message: FoundMessage) => boolean,
  ): Promise<FoundMessage | undefined> {
    const inChannel = root || thread.thread === ''
    let cursor: string | undefined
    for (let page = 0; page < LOOK_BACK_PAGES; page += 1) {
      const range = {
        channel: thread.channel,
        oldest: (since / 1000).toFixed(6),
        inclusive: true,
        include_all_metadata: true,
        limit: 200,
        ...(cursor ? { cursor } : {}),
      }
      const reply = Found.parse(
        await call(() =>
          inChannel
            ? client.conversations.history(range)
            : client.conversations.replies({ ...range, ts: thread.thread }),
        ),
      )
      const ours = reply.messages.filter((one) => one.user === self().user || one.bot_id === self().bot)
      const found = ours.find(wanted)
      if (found) return found
      cursor = reply.response_metadata?.next_cursor || undefined
      if (!cursor) return undefined
    }
    return undefined
  }

  async function notify({ key, to, thread, card }: Parameters<Say['notify']>[0]): Promise<void> {
    const inThread = thread.thread === '' ? {} : { thread_ts: thread.thread }
    try {
      // a direct message is seen by one person anyway
      if (thread.direct || thread.channel.startsWith('D'))
        await client.chat.postMessage({ ...body(thread, card), ...inThread, metadata: markOf(key) })
      else await client.chat.postEphemeral({ ...body(thread, card), ...inThread, user: to.id })
    } catch (error) {
      // not together in that channel, or nothing may be said there: a direct message reaches them all the same
      const failed = toSayError(error)
      if (failed.failure !== 'refused') throw failed
      const opened = await call(() => client.conversations.open({ users: to.id }))
      const channel = opened.channel?.id
      if (!channel) throw new SayError('refused', 'Slack opened no direct message.')
      await call(() => client.chat.postMessage({ ...body({ ...thread, channel }, card), metadata: markOf(key) }))
    }
  }

  async function upload(thread: Thread, file: Attachment, tag: string): Promise<void> {
    const bytes = Buffer.from(file.data, file.encoding)
    // Slack refuses empty files
    const data = bytes.length > 0 ? bytes : Buffer.from('(empty)\n')
    const opened = await call(() =>
      client.apiCall('files.getUploadURLExternal', {
        filename: taggedName(file.name, tag),
        length: data.length,
        ...(file.alt ? { alt_txt: clip(neutraliseLine(file.alt), 1000) } : {}),
      }),
    )
    const { upload_url, file_id } = z.object({ upload_url: z.string(), file_id: z.string() }).parse(opened)
    await send(upload_url, data)
    await call(() =>
      client.files.completeUploadExternal({
        files: [{ id: file_id, title: clip(neutraliseLine(file.title ?? file.name), 200) }],
        channel_id: thread.channel,
        ...(thread.thread === '' ? {} : { thread_ts: thread.thread }),
      } as Parameters<typeof client.files.completeUploadExternal>[0]),
    )
  }

  async function hasFile(thread: Thread, tag: string, since: number): Promise<boolean> {
    const found = await lookBack(thread, since, false, (one) =>
      (one.files ?? []).some((file) => file.name?.includes(tag)),
    )
    return found !== undefined
  }

  async function react(on: { thread: Thread; message: string }, sign: keyof typeof SIGNS): Promise<void> {
    try {
      await client.reactions.add({ channel: on.thread.channel, timestamp: on.message, name: SIGNS[sign] })
    } catch (error) {
      if (slackErrorCode(error) !== 'already_reacted') throw toSayError(error)
    }
  }

  return {
    post,
    ...(streams ? { stream: streams } : {}),
    find,
    notify,
    upload,
    hasFile,
    react,
    whois: createWhois(client, self),
    overflow: (card) => renderCard(card).overflow,
    async update(on, message) {
      const metadata = markOf(message.key)
      const { channel, text, blocks } = body(on.thread, message.card)
      const edit = () => client.chat.update({ channel, ts: on.message, text, blocks, metadata })
      await call(async () => {
        if (streams?.isOpen(on)) await streams.close(on)
        await edit().catch(async (error: unknown) => {
          // opened by a bot that is no more
          if (!streams || slackErrorCode(error) !== 'streaming_state_conflict') throw error
          await streams.close(on)
          await edit()
        })
      })
    },
    // a reply in Slack opens its thread by itself
    openThread: async () => {},
  }
}

function markOf(key: string) {
  return { event_type: MARK, event_payload: { key } }
}

function placed(thread: Thread, ts: string, root: boolean): Posted {
  return { message: ts, thread: root || thread.thread === '' ? { ...thread, thread: ts } : thread }
}

async function send(url: string, data: Buffer): Promise<void> {
  let status: number
  try {
    const reply = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(data),
      headers: { 'content-type': 'application/octet-stream' },
      redirect: 'error',
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    })
    status = reply.status
    await reply.body?.cancel()
  } catch (error) {
    // nothing is visible before the upload is completed, so it may simply be done again
    throw new SayError('down', 'The file could not be sent to Slack.', { cause: error })
  }
  if (status === 429) throw new SayError('limited', 'Slack asked us to slow down.', { retryAfterMs: 5000 })
  if (status !== 200)
    throw new SayError(status >= 500 ? 'down' : 'refused', `Slack refused a file with HTTP ${status}.`)
}

/** `logs.txt` → `logs.3fa9c1.txt` */
function taggedName(name: string, tag: string): string {
  const clean =
    neutraliseLine(name)
      .replace(/[\\/:*?"<>|]/g, '-')
      .slice(0, 80) || 'output.txt'
  const dot = clean.lastIndexOf('.')
  return dot > 0 ? `${clean.slice(0, dot)}.${tag}${clean.slice(dot)}` : `${clean}.${tag}`
}
