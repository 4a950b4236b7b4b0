// One message of the outbox as Redis holds it: what is to be said, what was said, and how far an attempt has come.
import type { Card } from '../core/card.ts'
import { Outgoing } from '../core/message.ts'
import { type MessageRef, Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'
import type { Posted } from './contract.ts'
import { MESSAGE_TTL_MS, outboxKeys, threadOf } from './outbox.ts'

export interface Letter {
  /** the thread's key */
  name: string
  key: string
  outgoing: Outgoing
  /** of the body */
  hash: string
  /** counts the bodies put under this key */
  rev: string
  /** when it was first put, ms */
  first: number
  tries: number
  /** failures while the platform took others */
  odd: number
  /** when it last failed, ms */
  failedAt?: number
  /** stands between "about to post" and "posted": when, and the hash of what */
  sending?: { at: number; hash: string }
  /** a place in the budget that was reserved for it: ms since 1970 */
  slot?: number
  /** where it stands, once posted */
  on?: MessageRef
  /** the hash of the body that is shown there */
  shown?: string
  editedAt: number
  /** what a stream shows so far, and since when (ms); absent: it is no stream, or was ended */
  stream?: { card: Card; at: number }
  /** stands between "about to add" and "added": until then nobody knows what the stream shows */
  adding: boolean
  /** by tag: `sent`, or when an upload was begun */
  files: Record<string, string>
}

export interface Letters {
  read(name: string, key: string): Promise<Letter | undefined>
  /** another body was put since the letter was read */
  isNewer(letter: Letter): Promise<boolean>
  /** marks that the message is about to be posted: until `posted` or `unposted`, nobody knows whether it was */
  posting(letter: Letter): Promise<void>
  /** the platform surely did not take it */
  unposted(letter: Letter): Promise<void>
  posted(letter: Letter, posted: Posted, hash: string): Promise<void>
  /** shown by an edit; a stream ends by that */
  edited(letter: Letter): Promise<void>
  /** about to add to a stream */
  adding(letter: Letter): Promise<void>
  /** the platform surely did not add it */
  unadded(letter: Letter): Promise<void>
  /** a stream shows this body */
  streamed(letter: Letter, card: Card): Promise<void>
  /** what was posted is of no use any more: it is posted anew */
  lost(letter: Letter): Promise<void>
  file(letter: Letter, tag: string, state: string): Promise<void>
  reserve(letter: Letter, slot: number): Promise<void>
  failed(letter: Letter, odd: boolean): Promise<void>
  count(what: 'limited'): Promise<void>
  /** takes it off the queue, unless another body was put since it was read; resolves whether it is off */
  finish(name: string, key: string, letter: Letter | undefined): Promise<boolean>
}

/* Only the body that was read is finished with: one put meanwhile keeps its place. Attachments need not be kept once sent. */
const FINISH = `
if ARGV[2] ~= '' and redis.call('HGET', KEYS[2], 'rev') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], 'sending', 'slot', 'tries', 'odd', 'failedAt')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'body', ARGV[3]) end
return 1`

export function createLetters(store: Store): Letters {
  const { redis } = store
  const keys = outboxKeys(store.prefix)
  const hash = (letter: Letter) => keys.message(letter.name, letter.key)

  return {
    async read(name, key) {
      const fields = await redis.hgetall(keys.message(name, key))
      return fields.body ? toLetter(name, key, fields.body, fields) : undefined
    },
    async isNewer(letter) {
      return (await redis.hget(hash(letter), 'rev')) !== letter.rev
    },
    async posting(letter) {
      letter.sending = { at: Date.now(), hash: letter.hash }
      await redis.hset(hash(letter), { sending: `${letter.sending.at} ${letter.hash}` })
    },
    async unposted(letter) {
      await redis.hdel(hash(letter), 'sending')
    },
    async posted(letter, { thread, message }, shown) {
      const on = { thread, message }
      const at = JSON.stringify({ thread: threadOf(letter.outgoing), key: letter.key })
      await redis
        .multi()
        .set(keys.at(on), at, 'PX', MESSAGE_TTL_MS)
        .hset(hash(letter), { id: message, where: JSON.stringify(thread), shown })
        .hdel(hash(letter), 'sending', 'slot', 'tries', 'odd', 'failedAt')
        .hincrby(keys.counts, 'posted', 1)
        .exec()
      letter.on = on
      letter.shown = shown
    },
    async edited(letter) {
      letter.shown = letter.hash
      await redis
        .multi()
        .hset(hash(letter), { shown: letter.hash, editedAt: Date.now() })
        .hdel(hash(letter), 'slot', 'tries', 'odd', 'failedAt', 'stream', 'adding')
        .hincrby(keys.counts, 'edited', 1)
        .exec()
    },
    async adding(letter) {
      await redis.hset(hash(letter), { adding: '1' })
    },
    async unadded(letter) {
      await redis.hdel(hash(letter), 'adding')
    },
    async streamed(letter, card) {
      letter.shown = letter.hash
      await redis
        .multi()
        .hset(hash(letter), { shown: letter.hash, stream: JSON.stringify({ card, at: Date.now() }) })
        .hdel(hash(letter), 'slot', 'tries', 'odd', 'failedAt', 'adding')
        .exec()
    },
    async lost(letter) {
      await redis.hdel(hash(letter), 'id', 'where', 'shown', 'stream', 'adding', 'slot')
    },
    async file(letter, tag, state) {
      await redis.hset(hash(letter), { [`file:${tag}`]: state })
    },
    async reserve(letter, slot) {
      await redis.hset(hash(letter), { slot })
    },
    async failed(letter, odd) {
      await redis.hset(hash(letter), { tries: letter.tries + 1, odd: letter.odd + (odd ? 1 : 0), failedAt: Date.now() })
    },
    async count(what) {
      await redis.hincrby(keys.counts, what, 1)
    },
    async finish(name, key, letter) {
      const outgoing = letter?.outgoing
      const heavy = outgoing?.kind === 'post' && outgoing.attachments.length > 0
      const body = heavy ? JSON.stringify({ ...outgoing, attachments: [] }) : ''
      const queue = keys.queue(name)
      return (await redis.eval(FINISH, 2, queue, keys.message(name, key), key, letter?.rev ?? '', body)) === 1
    },
  }
}

function toLetter(name: string, key: string, body: string, fields: Record<string, string>): Letter {
  const [at, hash = ''] = (fields.sending ?? '').split(' ')
  const files = Object.entries(fields).filter(([field]) => field.startsWith('file:'))
  return {
    name,
    key,
    outgoing: Outgoing.parse(JSON.parse(body)),
    hash: fields.hash ?? '',
    rev: fields.rev ?? '',
    first: Number(fields.first ?? 0),
    tries: Number(fields.tries ?? 0),
    odd: Number(fields.odd ?? 0),
    editedAt: Number(fields.editedAt ?? 0),
    files: Object.fromEntries(files.map(([field, state]) => [field.slice('file:'.length), state])),
    adding: fields.adding === '1',
    ...(fields.stream ? { stream: JSON.parse(fields.stream) as NonNullable<Letter['stream']> } : {}),
    ...(at ? { sending: { at: Number(at), hash } } : {}),
    ...(fields.failedAt ? { failedAt: Number(fields.failedAt) } : {}),
    ...(fields.slot ? { slot: Number(fields.slot) } : {}),
    ...(fields.shown ? { shown: fields.shown } : {}),
    ...(fields.id && fields.where
      ? { on: { thread: Thread.parse(JSON.parse(fields.where)), message: fields.id } }
      : {}),
  }
}
