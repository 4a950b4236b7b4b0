// The mailbox: a thread without a window. What is said there stays in the store, for REST, A2A and custom resources to read.
import type { Attachment, Card } from '../../core/card.ts'
import { Outgoing } from '../../core/message.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import type { Store } from '../../store/store.ts'
import type { LocalDelivery } from '../outbox.ts'

const MAILBOX_TTL_MS = 8 * 24 * 3600_000
const MAX_MESSAGES = 500

interface Mail {
  /** the outbox key: stable over edits */
  key: string
  /** 1 for the first body under that key, one more for each edit */
  revision: number
  /** place in the thread, by first appearance */
  order: number
  card: Card
  attachments: Attachment[]
  /** `platform:id` of the only person it is for */
  privateTo?: string
  /** RFC 3339, of the latest body */
  at: string
}

export interface Mailbox extends LocalDelivery {
  /** Everything said in a thread, in order, each message as it stands now. */
  read(thread: Thread): Promise<Mail[]>
  /** Calls back after every message put or edited, at least once each; call the result to end it. */
  subscribe(thread: Thread, heard: (mail: Mail) => void): Promise<() => Promise<void>>
}

/* One hash per thread: `order` counts, other fields are messages. The oldest give way when there are too many. */
const DELIVER = `
local old = redis.call('HGET', KEYS[1], 'm:' .. ARGV[1])
local meta = redis.call('HGET', KEYS[1], 'v:' .. ARGV[1])
if old == ARGV[2] then return '' end
local order, revision
if meta then
  order, revision = string.match(meta, '^(%d+) (%d+)')
  revision = tonumber(revision) + 1
else
  order = redis.call('HINCRBY', KEYS[1], 'order', 1)
  revision = 1
  local oldest = tonumber(order) - tonumber(ARGV[4])
  if oldest > 0 then
    local key = redis.call('HGET', KEYS[1], 'o:' .. oldest)
    if key then redis.call('HDEL', KEYS[1], 'm:' .. key, 'v:' .. key, 'o:' .. oldest) end
  end
  redis.call('HSET', KEYS[1], 'o:' .. order, ARGV[1])
end
meta = order .. ' ' .. revision .. ' ' .. ARGV[3]
redis.call('HSET', KEYS[1], 'm:' .. ARGV[1], ARGV[2], 'v:' .. ARGV[1], meta)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[1])
return meta`

export function createMailbox(store: Store): Mailbox {
  const name = (thread: Thread) => `${store.prefix}mailbox:${threadKey(thread)}`

  async function deliver(outgoing: Outgoing): Promise<boolean> {
    // nobody watches a reaction here: the task's state says the same
    if (outgoing.kind === 'react') return false
    const key = name(outgoing.thread)
    const at = new Date().toISOString()
    const body = JSON.stringify(outgoing)
    const meta = await store.redis.eval(DELIVER, 1, key, outgoing.key, body, at, MAX_MESSAGES, MAILBOX_TTL_MS, key)
    return meta !== ''
  }

  async function read(thread: Thread): Promise<Mail[]> {
    const fields = await store.redis.hgetall(name(thread))
    const mails = Object.keys(fields).flatMap((field) => {
      const mail = field.startsWith('m:') ? toMail(fields[field], fields[`v:${field.slice(2)}`]) : undefined
      return mail ? [mail] : []
    })
    return mails.sort((a, b) => a.order - b.order)
  }

  async function subscribe(thread: Thread, heard: (mail: Mail) => void): Promise<() => Promise<void>> {
    return store.subscribe(name(thread), (key) => {
      void store.redis.hmget(name(thread), `m:${key}`, `v:${key}`).then(
        ([body, meta]) => {
          const mail = toMail(body ?? undefined, meta ?? undefined)
          if (mail) heard(mail)
        },
        () => {},
      )
    })
  }

  return { platform: 'mailbox', deliver, read, subscribe }
}

function toMail(body: string | undefined, meta: string | undefined): Mail | undefined {
  const [order, revision, at] = (meta ?? '').split(' ')
  if (!body || !at) return undefined
  const outgoing = Outgoing.parse(JSON.parse(body))
  if (outgoing.kind === 'react') return undefined
  return {
    key: outgoing.key,
    revision: Number(revision),
    order: Number(order),
    card: outgoing.card,
    attachments: outgoing.kind === 'post' ? outgoing.attachments : [],
    at,
    ...(outgoing.kind === 'private' ? { privateTo: `${outgoing.to.platform}:${outgoing.to.id}` } : {}),
  }
}
