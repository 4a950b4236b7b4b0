// Delivers one message of the outbox: says it once, remembers where it stands, edits it when its body has changed since.
import { createHash } from 'node:crypto'
import type { Attachment } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import { Outgoing } from '../core/message.ts'
import { type MessageRef, Thread, threadKey } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Budget } from './budget.ts'
import { type Adapter, type Posted, SayError } from './contract.ts'
import { bury, MESSAGE_TTL_MS, outboxKeys, threadOf } from './outbox.ts'
import { isFuture, type Threads } from './threads.ts'

/** the platform's clock and ours may differ by so much when looking back */
const CLOCK_SKEW_MS = 5 * 60_000
const GIVE_UP_MS = 24 * 3600_000
/** a reaction that late says nothing any more */
const REACTION_STALE_MS = 10 * 60_000
const MAX_BACKOFF_MS = 15_000
/** edits and reactions may come this many at once before the pace applies */
const BURST = 8

export interface DeliverContext {
  store: Store
  threads: Threads
  budget: Budget
  log: Logger
}

/** `wait`: try again in so many ms; `holds`: what comes after it in the thread must wait as well. */
export type Outcome = { done: true } | { done: false; wait: number; holds: boolean }

const DONE: Outcome = { done: true }

/** What Redis holds of one message. */
interface Letter {
  name: string
  key: string
  outgoing: Outgoing
  hash: string
  rev: string
  first: number
  tries: number
  /** set between "about to say" and "said": when, and the hash of what */
  sending?: { at: number; hash: string }
  /** a place in the budget that was reserved for it: ms since 1970 */
  slot?: number
  /** where it stands, once said */
  on?: MessageRef
  shown?: string
  editedAt: number
  files: Record<string, string>
}

/** Takes a message one step further, or to its end. Never throws for what a platform does. */
export async function deliverOne(
  context: DeliverContext,
  adapter: Adapter,
  name: string,
  key: string,
): Promise<Outcome> {
  const letter = await readLetter(context.store, name, key)
  if (!letter) return finish(context, name, key, undefined)
  try {
    if (Date.now() - letter.first > GIVE_UP_MS && !letter.on) {
      throw new SayError('refused', 'It could not be delivered for 24 hours.')
    }
    const outcome = await step(context, adapter, letter)
    return outcome ?? (await finish(context, name, key, letter))
  } catch (error) {
    if (!(error instanceof SayError)) throw error
    return failed(context, letter, error)
  }
}

/** Resolves undefined when nothing is left to do for this body. */
function step(context: DeliverContext, adapter: Adapter, letter: Letter): Promise<Outcome | undefined> {
  switch (letter.outgoing.kind) {
    case 'post':
      return stepPost(context, adapter, letter, letter.outgoing)
    case 'react':
      return stepReact(context, adapter, letter, letter.outgoing)
    case 'private':
      return stepPrivate(context, adapter, letter.outgoing)
  }
}

async function stepPost(
  context: DeliverContext,
  adapter: Adapter,
  letter: Letter,
  outgoing: Extract<Outgoing, { kind: 'post' }>,
): Promise<Outcome | undefined> {
  if (!letter.on) {
    const wait = await say(context, adapter, letter, outgoing)
    if (wait) return wait
  } else if (letter.shown !== letter.hash) {
    const wait = await edit(context, adapter, letter, outgoing)
    if (wait) return wait
  }
  if (await isNewer(context.store, letter)) return { done: false, wait: 0, holds: false }
  return sendFiles(context, adapter, letter, outgoing)
}

async function say(
  context: DeliverContext,
  adapter: Adapter,
  letter: Letter,
  outgoing: Extract<Outgoing, { kind: 'post' }>,
): Promise<Outcome | undefined> {
  const { key, card, root } = outgoing
  const thread = root ? outgoing.thread : await context.threads.real(outgoing.thread)
  if (!thread) throw new SayError('refused', 'The thread it belongs to was never opened.')

  // an earlier attempt may have reached the platform: look before saying it again
  if (letter.sending) {
    const since = letter.sending.at - CLOCK_SKEW_MS
    const found = await lookBack(context, letter, () => adapter.say.find(thread, key, since, root))
    if (found) {
      await recordPosted(context, letter, found, letter.sending.hash)
      return letter.shown === letter.hash ? undefined : { done: false, wait: 0, holds: false }
    }
  }

  const wait = await placeFor(context, letter, `post:${thread.channel}`, 'post', adapter.pace.postEveryMs, 1)
  if (wait > 0) return { done: false, wait, holds: true }
  await update(context.store, letter, { sending: `${Date.now()} ${letter.hash}` })
  letter.sending = { at: Date.now(), hash: letter.hash }
  const posted = await adapter.say.post({ key, thread, card, root })
  await recordPosted(context, letter, posted, letter.hash)
  return undefined
}

/** A platform that does not let us look back (a missing scope, a deleted root) leaves us without an answer: better said twice than not at all. */
async function lookBack<T>(context: DeliverContext, letter: Letter, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof SayError) || error.failure !== 'refused') throw error
    context.log.warn(
      { thread: letter.name, key: letter.key, why: messageOf(error) },
      'own messages cannot be looked for',
    )
    return undefined
  }
}

async function edit(
  context: DeliverContext,
  adapter: Adapter,
  letter: Letter,
  outgoing: Extract<Outgoing, { kind: 'post' }>,
): Promise<Outcome | undefined> {
  const early = letter.editedAt + adapter.pace.editEveryMs - Date.now()
  if (early > 0) return { done: false, wait: early, holds: false }
  const wait = await placeFor(context, letter, 'edit', 'edit', 60_000 / adapter.pace.editsPerMinute, BURST)
  if (wait > 0) return { done: false, wait, holds: false }
  await adapter.say.update(letter.on!, { key: outgoing.key, card: outgoing.card })
  letter.shown = letter.hash
  const keys = outboxKeys(context.store.prefix)
  await context.store.redis
    .multi()
    .hset(keys.message(letter.name, letter.key), { shown: letter.hash, editedAt: Date.now() })
    .hdel(keys.message(letter.name, letter.key), 'slot', 'tries')
    .hincrby(keys.counts, 'edited', 1)
    .exec()
  return undefined
}

async function sendFiles(
  context: DeliverContext,
  adapter: Adapter,
  letter: Letter,
  outgoing: Extract<Outgoing, { kind: 'post' }>,
): Promise<Outcome | undefined> {
  const overflow = adapter.say.overflow(outgoing.card)
  const files = overflow ? [...outgoing.attachments, overflow] : outgoing.attachments
  for (const file of files) {
    const tag = tagOf(file)
    const state = Object.hasOwn(letter.files, tag) ? letter.files[tag] : undefined
    if (state === 'sent') continue
    const thread = letter.on!.thread
    const since = Number(state) - CLOCK_SKEW_MS
    const before = state ? await lookBack(context, letter, () => adapter.say.hasFile(thread, tag, since)) : false
    if (!before) {
      const paused = await context.budget.paused(bucketOf(letter, 'file'))
      if (paused > 0) return { done: false, wait: paused, holds: true }
      await update(context.store, letter, { [`file:${tag}`]: `${Date.now()}` })
      await adapter.say.upload(thread, file, tag)
    }
    await update(context.store, letter, { [`file:${tag}`]: 'sent' })
  }
  return undefined
}

async function stepReact(
  context: DeliverContext,
  adapter: Adapter,
  letter: Letter,
  outgoing: Extract<Outgoing, { kind: 'react' }>,
): Promise<Outcome | undefined> {
  if (Date.now() - letter.first > REACTION_STALE_MS) return undefined
  const wait = await placeFor(context, letter, 'react', 'react', 60_000 / adapter.pace.reactionsPerMinute, BURST)
  if (wait > 0) return { done: false, wait, holds: false }
  await adapter.say.react(outgoing.on, outgoing.sign)
  return undefined
}

/** A private note cannot be looked for: after a crash in between it is said again rather than lost. */
async function stepPrivate(
  context: DeliverContext,
  adapter: Adapter,
  outgoing: Extract<Outgoing, { kind: 'private' }>,
): Promise<Outcome | undefined> {
  const thread = await context.threads.real(outgoing.thread)
  if (!thread) throw new SayError('refused', 'The thread it belongs to was never opened.')
  await adapter.say.notify(outgoing.to, thread, outgoing.card)
  return undefined
}

// ---- what happened ----

async function recordPosted(context: DeliverContext, letter: Letter, posted: Posted, hash: string): Promise<void> {
  const keys = outboxKeys(context.store.prefix)
  const outgoing = letter.outgoing
  const on: MessageRef = { thread: posted.thread, message: posted.message }
  if (outgoing.kind === 'post' && outgoing.root && isFuture(outgoing.thread)) {
    await context.threads.bind(outgoing.thread, posted.thread)
  }
  const at = JSON.stringify({ thread: threadOf(outgoing), key: letter.key })
  await context.store.redis
    .multi()
    .set(keys.at(on), at, 'PX', MESSAGE_TTL_MS)
    .hset(keys.message(letter.name, letter.key), {
      id: posted.message,
      where: JSON.stringify(posted.thread),
      shown: hash,
    })
    .hdel(keys.message(letter.name, letter.key), 'sending', 'slot', 'tries')
    .hincrby(keys.counts, 'posted', 1)
    .exec()
  await context.threads.join(posted.thread)
  letter.on = on
  letter.shown = hash
}

async function failed(context: DeliverContext, letter: Letter, error: SayError): Promise<Outcome> {
  const { store, log } = context
  const what = letter.outgoing.kind
  const data = { thread: letter.name, key: letter.key, kind: what, why: messageOf(error) }
  if (error.failure === 'limited') {
    const wait = Math.max(error.retryAfterMs, 1000)
    await context.budget.pause(bucketOf(letter, methodOf(letter)), wait)
    await store.redis.hincrby(outboxKeys(store.prefix).counts, 'limited', 1)
    await forget(store, letter, 'sending')
    log.info({ ...data, wait }, 'the platform asked us to slow down')
    return { done: false, wait, holds: what !== 'react' }
  }
  if (error.failure === 'down' || error.failure === 'unknown') {
    // nothing was said when it is surely down; otherwise the mark stays and the next attempt looks back first
    if (error.failure === 'down') await forget(store, letter, 'sending')
    const wait = Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(letter.tries, 6)) * (0.75 + Math.random() / 2)
    await update(store, letter, { tries: String(letter.tries + 1) })
    log.warn({ ...data, wait: Math.round(wait) }, 'the platform cannot be reached; trying again')
    return { done: false, wait, holds: what !== 'react' }
  }
  if (what === 'react') {
    log.debug(data, 'a reaction was not possible')
    return finish(context, letter.name, letter.key, letter)
  }
  log.error(data, 'a message can never be delivered')
  await update(store, letter, { dead: messageOf(error) })
  await bury(store, {
    thread: threadOf(letter.outgoing),
    key: letter.key,
    kind: what,
    why: messageOf(error),
    at: new Date().toISOString(),
  })
  return finish(context, letter.name, letter.key, letter)
}

/* Only the body that was read is finished with: one put meanwhile keeps its place. Attachments need not be kept once sent. */
const FINISH = `
if ARGV[2] ~= '' and redis.call('HGET', KEYS[2], 'rev') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], 'slot', 'tries')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'body', ARGV[3]) end
return 1`

async function finish(
  context: DeliverContext,
  name: string,
  key: string,
  letter: Letter | undefined,
): Promise<Outcome> {
  const keys = outboxKeys(context.store.prefix)
  const outgoing = letter?.outgoing
  const slim =
    outgoing?.kind === 'post' && outgoing.attachments.length > 0 ? { ...outgoing, attachments: [] } : undefined
  const finished = await context.store.redis.eval(
    FINISH,
    2,
    keys.queue(name),
    keys.message(name, key),
    key,
    letter?.rev ?? '',
    slim ? JSON.stringify(slim) : '',
  )
  return finished === 1 ? DONE : { done: false, wait: 0, holds: false }
}

// ---- budgets ----

function methodOf(letter: Letter): string {
  if (letter.outgoing.kind === 'react') return 'react'
  if (letter.outgoing.kind === 'private') return 'private'
  if (!letter.on) return 'post'
  return letter.shown === letter.hash ? 'file' : 'edit'
}

function bucketOf(letter: Letter, method: string): string {
  const thread = threadOf(letter.outgoing)
  return `${thread.platform}:${thread.workspace}:${method}`
}

/** 0 when it is this message's turn. A place is reserved once and kept with the message, so that turns go by order of asking. */
async function placeFor(
  context: DeliverContext,
  letter: Letter,
  bucket: string,
  method: string,
  everyMs: number,
  burst: number,
): Promise<number> {
  const paused = await context.budget.paused(bucketOf(letter, method))
  if (paused > 0) return paused
  if (everyMs <= 0) return 0
  if (letter.slot !== undefined) return Math.max(letter.slot - Date.now(), 0)
  const wait = await context.budget.take(bucketOf(letter, bucket), everyMs, burst)
  if (wait > 0) await update(context.store, letter, { slot: String(Date.now() + wait) })
  return wait
}

// ---- Redis ----

async function readLetter(store: Store, name: string, key: string): Promise<Letter | undefined> {
  const fields = await store.redis.hgetall(outboxKeys(store.prefix).message(name, key))
  if (!fields.body) return undefined
  const outgoing = Outgoing.parse(JSON.parse(fields.body))
  const [at, hash] = (fields.sending ?? '').split(' ')
  return {
    name,
    key,
    outgoing,
    hash: fields.hash ?? '',
    rev: fields.rev ?? '',
    first: Number(fields.first ?? 0),
    tries: Number(fields.tries ?? 0),
    sending: at ? { at: Number(at), hash: hash ?? '' } : undefined,
    slot: fields.slot ? Number(fields.slot) : undefined,
    on: fields.id && fields.where ? { thread: Thread.parse(JSON.parse(fields.where)), message: fields.id } : undefined,
    shown: fields.shown,
    editedAt: Number(fields.editedAt ?? 0),
    files: Object.fromEntries(
      Object.entries(fields).flatMap(([field, value]) => (field.startsWith('file:') ? [[field.slice(5), value]] : [])),
    ),
  }
}

async function isNewer(store: Store, letter: Letter): Promise<boolean> {
  return (await store.redis.hget(outboxKeys(store.prefix).message(letter.name, letter.key), 'rev')) !== letter.rev
}

async function update(store: Store, letter: Letter, fields: Record<string, string>): Promise<void> {
  await store.redis.hset(outboxKeys(store.prefix).message(letter.name, letter.key), fields)
}

async function forget(store: Store, letter: Letter, ...fields: string[]): Promise<void> {
  await store.redis.hdel(outboxKeys(store.prefix).message(letter.name, letter.key), ...fields)
}

function tagOf(file: Attachment): string {
  return createHash('sha256').update(`${file.name}\n${file.encoding}\n${file.data}`).digest('hex').slice(0, 10)
}

export function parseThreadKey(name: string): Thread {
  const [platform, workspace = '', channel = '', ...thread] = name.split('/')
  const parsed = Thread.parse({ platform, workspace, channel, thread: thread.join('/') })
  return threadKey(parsed) === name ? parsed : Thread.parse({ platform, workspace, channel, thread: '' })
}
