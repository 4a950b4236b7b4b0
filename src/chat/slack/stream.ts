// Messages shown while they are written: chat.startStream, chat.appendStream, chat.stopStream. What is streamed are blocks, in
// which foreign text is as harmless as anywhere else; Slack's own `markdown_text` would read it as markup.
import { createHash } from 'node:crypto'
import type { types } from '@slack/bolt'
import type { WebClient } from '@slack/web-api'
import { type Card, plainText } from '../../core/card.ts'
import type { MessageRef, Thread } from '../../core/thread.ts'
import type { Logger } from '../../log.ts'
import type { Budget } from '../budget.ts'
import type { Posted, Stream } from '../contract.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import { slackErrorCode, toSayError } from './errors.ts'
import type { Self } from './parse.ts'
import { renderCard } from './render.ts'

/** chat.startStream and stopStream: tier 2, 20 a minute; appendStream: tier 4, 100 a minute. All bots of a workspace together stay below. */
const OPENS = { everyMs: 6000, burst: 10 }
const PACE = { addEveryMs: 1000, adds: { everyMs: 750, burst: 8 } }
/** Slack ends a stream after about five minutes; ours are edited before that */
const LIFE_MS = 4 * 60_000
/** of one message 50, the line of progress among them */
const MAX_BLOCKS = 45
const MAX_TITLE = 250
const MAX_OPEN = 1000
/** after a refusal, streams are not tried again for so long */
const REFUSED_MS = 3600_000
/** after any other trouble; what is to be said meanwhile is posted */
const PAUSE_MS = 30_000

export interface Streams extends Stream {
  /** this message is open for more, as far as this process knows */
  isOpen(on: MessageRef): boolean
  /** Nothing more is added; harmless when the stream has ended already. Throws what the client throws. */
  close(on: MessageRef): Promise<void>
}

export interface StreamOptions {
  client: WebClient
  self: () => Self
  budget: Budget
  log: Logger
}

export function createStreams({ client, self, budget, log }: StreamOptions): Streams {
  /** by channel and message: when it was opened */
  const open = new Map<string, number>()
  let notBefore = 0

  const nameOf = (on: MessageRef) => `${on.thread.channel}/${on.message}`

  /** Nothing waits for a stream: what may not be one now is edited. */
  async function mayOpen(): Promise<boolean> {
    return Date.now() >= notBefore && (await budget.take(`slack:${self().team}:stream`, OPENS, 0)) === 0
  }

  return {
    ...PACE,
    async open({ key, thread, card, to }) {
      if (thread.thread === '' || to.platform !== 'slack' || !(await mayOpen())) return undefined
      try {
        const reply = await client.chat.startStream({
          channel: thread.channel,
          thread_ts: thread.thread,
          chunks: chunksOf(key, undefined, partsOf(card)),
          // asked for in channels, refused in direct messages
          ...(isDirect(thread) ? {} : { recipient_user_id: to.id, recipient_team_id: self().team }),
        })
        if (!reply.ts) return undefined
        const posted: Posted = { message: reply.ts, thread }
        open.set(nameOf(posted), Date.now())
        // one that is never ended is forgotten; its last edit ends it all the same
        if (open.size > MAX_OPEN) open.delete(open.keys().next().value!)
        return posted
      } catch (error) {
        const failure = toSayError(error)
        notBefore = Date.now() + (failure.failure === 'refused' ? REFUSED_MS : Math.max(failure.retryAfterMs, PAUSE_MS))
        // perhaps it stands there: it is looked for, and only then posted like any other
        if (failure.failure === 'unknown') throw failure
        log.info({ why: failure.message }, 'Slack does not stream here; answers are edited instead')
        return undefined
      }
    },
    async add(on, { key, shown, card }) {
      const [before, after] = [partsOf(shown), partsOf(card)]
      const age = Date.now() - (open.get(nameOf(on)) ?? 0)
      if (age > LIFE_MS || after.blocks.length > MAX_BLOCKS || !continues(before.blocks, after.blocks)) return false
      const chunks = chunksOf(key, before, after)
      if (chunks.length === 0) return true
      try {
        await client.chat.appendStream({ channel: on.thread.channel, ts: on.message, chunks })
        return true
      } catch (error) {
        const failure = toSayError(error)
        // ended by Slack, stopped by a person, or not understood: an edit shows it all
        if (failure.failure === 'refused' || failure.failure === 'gone') return false
        throw failure
      }
    },
    isOpen: (on) => open.has(nameOf(on)),
    async close(on) {
      open.delete(nameOf(on))
      try {
        await client.chat.stopStream({ channel: on.thread.channel, ts: on.message })
      } catch (error) {
        if (slackErrorCode(error) !== 'message_not_in_streaming_state') throw error
      }
    },
  }
}

/** The mark by which an open stream is found again: metadata can be set only when it ends. */
export function streamMark(key: string): string {
  return `fm-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`
}

interface Parts {
  /** said for good */
  blocks: types.KnownBlock[]
  /** of progress; replaced by the next */
  line: string
}

function partsOf(card: Card): Parts {
  const last = card.blocks.at(-1)
  const line = last?.kind === 'note' ? clip(neutraliseLine(plainText(last.text)), MAX_TITLE) : ''
  const lasting = last?.kind === 'note' ? card.blocks.slice(0, -1) : card.blocks
  const empty = lasting.length === 0 && card.title === undefined
  return { blocks: empty ? [] : renderCard({ ...card, blocks: lasting, controls: [] }).blocks, line }
}

function continues(before: types.KnownBlock[], after: types.KnownBlock[]): boolean {
  return before.every((block, at) => JSON.stringify(block) === JSON.stringify(after[at]))
}

/** What is new, as Slack takes it: a stream that began with chunks takes nothing else. */
function chunksOf(key: string, before: Parts | undefined, after: Parts): types.AnyChunk[] {
  const mark = streamMark(key)
  const fresh = after.blocks.slice(before?.blocks.length ?? 0)
  const blocks = before ? fresh : fresh.map((block, at) => (at === 0 ? { ...block, block_id: mark } : block))
  const task: types.AnyChunk = { type: 'task_update', id: mark, title: after.line || 'Working', status: 'in_progress' }
  return [
    ...(blocks.length > 0 ? [{ type: 'blocks' as const, blocks }] : []),
    ...(before && (after.line === before.line || after.line === '') ? [] : [task]),
  ]
}

function isDirect(thread: Thread): boolean {
  return thread.direct || thread.channel.startsWith('D')
}
