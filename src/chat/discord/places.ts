// Where the messages of a thread stand: in Discord's own thread, or, where none can be opened, in the channel as replies to the question.
import { RateLimitError, type REST, Routes } from 'discord.js'
import { type Thread, threadKey } from '../../core/thread.ts'
import type { Store } from '../../store/store.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import { type Channels, isForum } from './channels.ts'
import { CODE, discordErrorCode } from './errors.ts'

const KNOWN_TTL_MS = 30 * 24 * 3600_000
const MAX_NAME = 100
const ARCHIVE_MINUTES = 4320
/** Discord takes only so many new threads in a while: an answer beside the question is better than one so much later */
const PATIENCE_MS = 10_000
/** no thread here: not permitted, not this kind of channel, or too many of them */
const NO_THREAD = new Set<number>([
  CODE.missingAccess,
  CODE.missingPermissions,
  CODE.wrongChannelType,
  CODE.tooManyMembers,
  CODE.tooManyThreads,
  CODE.tooManyAnnouncements,
])

export interface Place {
  channel: string
  /** the message to reply to */
  reply?: string
}

export interface Places {
  of(thread: Thread): Promise<Place>
  /** Opens the thread of a message; harmless when it is open. Resolves where to speak. Throws what the REST client throws. */
  open(thread: Thread, title: string): Promise<Place>
  /** Speaks beside the question from now on. Undefined for a thread that did not begin with it: what is said there is not for the channel around it. */
  leave(thread: Thread): Promise<Place | undefined>
  /** The channel in which a message of (or the root of) a thread stands. */
  holding(on: { thread: Thread; message: string }): Promise<string>
}

/** `self` is the bot's own id, known once something is said. */
export function createPlaces(rest: REST, store: Store, channels: Channels, self: () => string): Places {
  // once replies, always replies: messages of one conversation stay together
  const flatKey = (thread: Thread) => `${store.prefix}chat:discord:flat:${threadKey(thread)}`

  async function flat(thread: Thread): Promise<Place> {
    await store.redis.set(flatKey(thread), '1', 'PX', KNOWN_TTL_MS)
    return besides(thread)
  }

  async function of(thread: Thread): Promise<Place> {
    if (thread.direct || thread.thread === '' || thread.thread === thread.channel) return { channel: thread.channel }
    return (await store.redis.exists(flatKey(thread))) ? besides(thread) : { channel: thread.thread }
  }

  /** In a forum everything said is a thread already, and the message that began it stands inside. */
  async function isPost(thread: Thread): Promise<boolean> {
    if (thread.direct || thread.thread === '') return false
    return channels.get(thread.channel).then(isForum, () => false)
  }

  return {
    of,
    async open(thread, title) {
      if (thread.direct || (await isPost(thread))) return of(thread)
      try {
        const name = clip(neutraliseLine(title), MAX_NAME) || 'Firstmate'
        await rest.post(Routes.threads(thread.channel, thread.thread), {
          body: { name, auto_archive_duration: ARCHIVE_MINUTES },
        })
      } catch (error) {
        const code = discordErrorCode(error) ?? 0
        if (NO_THREAD.has(code) || isLong(error)) return flat(thread)
        if (code !== CODE.threadExists) throw error
      }
      return { channel: thread.thread }
    },
    async leave(thread) {
      const { owner_id } = await channels.get(thread.thread)
      return owner_id === self() ? flat(thread) : undefined
    },
    async holding({ thread, message }) {
      // a thread has the id of the message it was opened from, and that message stands outside
      if (message !== thread.thread || (await isPost(thread))) return (await of(thread)).channel
      return thread.channel
    },
  }
}

function besides(thread: Thread): Place {
  return { channel: thread.channel, reply: thread.thread }
}

function isLong(error: unknown): boolean {
  return error instanceof RateLimitError && !error.global && error.retryAfter > PATIENCE_MS
}
