// The outbox: everything said is put here first, durably and by any role; the bot delivers it (delivery.ts).
import { createHash } from 'node:crypto'
import type { Control } from '../core/card.ts'
import { Outgoing } from '../core/message.ts'
import { type MessageRef, Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'
import { cleanOutgoing } from './clean.ts'

/** how long a message can still be edited and its buttons be pressed: a day more than an Intent lives */
export const MESSAGE_TTL_MS = 8 * 24 * 3600_000
const DEAD_KEPT = 1000

export interface Outbox {
  /**
   * Stores something to say. The same key again with another body edits what was said, or replaces it while it waits; the
   * same body again does nothing. Resolves false when nothing new was stored. Text is redacted on the way in.
   */
  put(outgoing: Outgoing): Promise<boolean>
  /** Where the message of that key stands on the platform; undefined until it is delivered. */
  posted(thread: Thread, key: string): Promise<MessageRef | undefined>
  /** The key of a message that we posted; undefined for any other message. */
  keyOf(on: MessageRef): Promise<{ thread: Thread; key: string } | undefined>
  /** The control as it stands now on a message of ours; undefined when the message is not ours or no longer carries it. */
  controlOn(on: MessageRef, id: string): Promise<Control | undefined>
  /** What could not be delivered and never will be, newest first. */
  dead(limit?: number): Promise<DeadLetter[]>
  counts(): Promise<OutboxCounts>
}

export interface DeadLetter {
  thread: Thread
  key: string
  kind: Outgoing['kind']
  why: string
  /** RFC 3339 */
  at: string
}

interface OutboxCounts {
  /** threads with something still to be said */
  waiting: number
  posted: number
  edited: number
  dead: number
  limited: number
}

/** The names of everything the outbox keeps in Redis; delivery.ts works on the same. */
export function outboxKeys(prefix: string) {
  const base = `${prefix}outbox:`
  return {
    /** hash: one message */
    message: (thread: string, key: string) => `${base}m:${thread}:${key}`,
    /** sorted set: keys of a thread with something to deliver, in the order they were put */
    queue: (thread: string) => `${base}q:${thread}`,
    /** sorted set: threads with something to deliver, by the time it is due */
    due: (platform: string) => `${base}due:${platform}`,
    /** string: thread key and message key of a posted message */
    at: (on: MessageRef) => `${base}at:${on.thread.platform}/${on.thread.workspace}/${on.thread.channel}/${on.message}`,
    wake: `${base}wake`,
    sequence: `${base}sequence`,
    dead: `${base}dead`,
    counts: `${base}counts`,
  }
}

/** A local platform needs no bot: what is put is written at once (the mailbox). */
export interface LocalDelivery {
  platform: Thread['platform']
  deliver(outgoing: Outgoing): Promise<boolean>
}

const PUT = `
if redis.call('HGET', KEYS[1], 'hash') == ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'body', ARGV[1], 'hash', ARGV[2], 'kind', ARGV[8])
redis.call('HSETNX', KEYS[1], 'first', ARGV[3])
redis.call('HDEL', KEYS[1], 'tries')
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if not redis.call('ZSCORE', KEYS[2], ARGV[5]) then
  redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[4]), ARGV[5])
end
redis.call('ZADD', KEYS[3], 'LT', ARGV[3], ARGV[4])
redis.call('PUBLISH', ARGV[7], ARGV[4])
return 1`

export function createOutbox(options: { store: Store; local?: LocalDelivery[] }): Outbox {
  const { store } = options
  const { redis } = store
  const keys = outboxKeys(store.prefix)

  async function put(outgoing: Outgoing): Promise<boolean> {
    const parsed = Outgoing.parse(outgoing)
    const clean = cleanOutgoing({ ...parsed, key: shortKey(parsed.key) })
    const thread = threadOf(clean)
    const local = options.local?.find((one) => one.platform === thread.platform)
    if (local) return local.deliver(clean)

    const name = threadKey(thread)
    const body = JSON.stringify(clean)
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 32)
    const stored = await redis.eval(
      PUT,
      4,
      keys.message(name, clean.key),
      keys.queue(name),
      keys.due(thread.platform),
      keys.sequence,
      body,
      hash,
      Date.now(),
      name,
      clean.key,
      MESSAGE_TTL_MS,
      keys.wake,
      laneOf(clean),
    )
    return stored === 1
  }

  async function posted(thread: Thread, key: string): Promise<MessageRef | undefined> {
    const [message, where] = await redis.hmget(keys.message(threadKey(thread), shortKey(key)), 'id', 'where')
    return message && where ? { thread: Thread.parse(JSON.parse(where)), message } : undefined
  }

  async function keyOf(on: MessageRef): Promise<{ thread: Thread; key: string } | undefined> {
    const found = await redis.get(keys.at(on))
    return found ? (JSON.parse(found) as { thread: Thread; key: string }) : undefined
  }

  async function controlOn(on: MessageRef, id: string): Promise<Control | undefined> {
    const ours = await keyOf(on)
    if (!ours) return undefined
    const body = await redis.hget(keys.message(threadKey(ours.thread), ours.key), 'body')
    if (!body) return undefined
    const outgoing = Outgoing.parse(JSON.parse(body))
    return outgoing.kind === 'react' ? undefined : outgoing.card.controls.find((control) => control.id === id)
  }

  async function dead(limit = 50): Promise<DeadLetter[]> {
    const rows = await redis.lrange(keys.dead, 0, limit - 1)
    return rows.map((row) => JSON.parse(row) as DeadLetter)
  }

  async function counts(): Promise<OutboxCounts> {
    const [stored, ...waiting] = await Promise.all([
      redis.hgetall(keys.counts),
      ...Thread.shape.platform.options.map((platform) => redis.zcard(keys.due(platform))),
    ])
    const count = (name: string) => Number(stored[name] ?? 0)
    return {
      waiting: waiting.reduce((sum, one) => sum + one, 0),
      posted: count('posted'),
      edited: count('edited'),
      dead: count('dead'),
      limited: count('limited'),
    }
  }

  return { put, posted, keyOf, controlOn, dead, counts }
}

/** Writes a dead letter; the list is kept short, the count is not. */
export async function bury(store: Store, letter: DeadLetter): Promise<void> {
  const keys = outboxKeys(store.prefix)
  await store.redis
    .multi()
    .lpush(keys.dead, JSON.stringify(letter))
    .ltrim(keys.dead, 0, DEAD_KEPT - 1)
    .hincrby(keys.counts, 'dead', 1)
    .exec()
}

/** `seen` is about the question and waits for nothing; everything else of a thread has its order. */
export type Lane = Outgoing['kind'] | 'seen'

function laneOf(outgoing: Outgoing): Lane {
  return outgoing.kind === 'react' && outgoing.sign === 'seen' ? 'seen' : outgoing.kind
}

export function threadOf(outgoing: Outgoing): Thread {
  return outgoing.kind === 'react' ? outgoing.on.thread : outgoing.thread
}

/** Keys travel in message metadata, whose size is limited. */
function shortKey(key: string): string {
  if (key.length <= 150) return key
  return `${key.slice(0, 110)}~${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}
