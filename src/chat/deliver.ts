// Delivers one message of the outbox: says it once, remembers where it stands, edits it when its body has changed since.
import { createHash } from 'node:crypto'
import type { Attachment } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import type { Outgoing } from '../core/message.ts'
import type { Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { type Budget, createBudget } from './budget.ts'
import { type Adapter, type Posted, SayError } from './contract.ts'
import { createLetters, type Letter, type Letters } from './letter.ts'
import { bury, threadOf } from './outbox.ts'
import { createThreads, isFuture, type Threads } from './threads.ts'

/** the platform's clock and ours may differ by so much when looking back */
const CLOCK_SKEW_MS = 5 * 60_000
const GIVE_UP_MS = 24 * 3600_000
/** a reaction that late says nothing any more */
const REACTION_STALE_MS = 10 * 60_000
const MAX_BACKOFF_MS = 15_000
/** what may still be on its way at the platform gets this long to arrive before it is looked for */
const ARRIVAL_MS = 1500
/** edits and reactions may come this many at once before the pace applies */
const BURST = 8

export interface DeliverContext {
  store: Store
  letters: Letters
  threads: Threads
  budget: Budget
  log: Logger
}

export function createDeliverContext(store: Store, log: Logger): DeliverContext {
  return { store, letters: createLetters(store), threads: createThreads(store), budget: createBudget(store), log }
}

/** `wait`: try again in so many ms; `holds`: what comes after it in the thread must wait as well. */
export type Outcome = { done: true } | { done: false; wait: number; holds: boolean }

const AGAIN: Outcome = { done: false, wait: 0, holds: false }

/** What the platform is being asked for; 429s are per method. */
type Doing = 'find' | 'post' | 'edit' | 'file' | 'react' | 'private'

/** One attempt at one letter. */
interface Attempt extends DeliverContext {
  adapter: Adapter
  letter: Letter
  doing: Doing
}
type Post = Extract<Outgoing, { kind: 'post' }>

/** Takes a message one step further, or to its end. Never throws for what a platform does. */
export async function deliverOne(
  context: DeliverContext,
  adapter: Adapter,
  name: string,
  key: string,
): Promise<Outcome> {
  const letter = await context.letters.read(name, key)
  if (!letter) return finish(context, name, key, undefined)
  const attempt: Attempt = { ...context, adapter, letter, doing: 'post' }
  try {
    if (Date.now() - letter.first > GIVE_UP_MS && !letter.on) {
      throw new SayError('refused', 'It could not be delivered for 24 hours.')
    }
    return (await step(attempt)) ?? (await finish(context, name, key, letter))
  } catch (error) {
    if (!(error instanceof SayError)) throw error
    return failed(attempt, error)
  }
}

/** Resolves undefined when nothing is left to do for this body. */
function step(attempt: Attempt): Promise<Outcome | undefined> {
  const { outgoing } = attempt.letter
  switch (outgoing.kind) {
    case 'post':
      return stepPost(attempt, outgoing)
    case 'react':
      return stepReact(attempt, outgoing)
    case 'private':
      return stepPrivate(attempt, outgoing)
  }
}

async function stepPost(attempt: Attempt, outgoing: Post): Promise<Outcome | undefined> {
  const { letter, letters } = attempt
  const wait = letter.on ? await edit(attempt, outgoing) : await say(attempt, outgoing)
  if (wait) return wait
  if (await letters.isNewer(letter)) return AGAIN
  return sendFiles(attempt, outgoing)
}

async function say(attempt: Attempt, outgoing: Post): Promise<Outcome | undefined> {
  const { adapter, letter, letters } = attempt
  const { key, card, root } = outgoing
  const thread = root ? outgoing.thread : await placeOf(attempt, outgoing.thread)

  // an earlier attempt may have reached the platform: look before saying it again
  const { sending } = letter
  if (sending) {
    const found = await lookBack(attempt, () => adapter.say.find(thread, key, sending.at - CLOCK_SKEW_MS, root))
    if (found === 'later') return { done: false, wait: await paused(attempt), holds: true }
    if (found) {
      await stands(attempt, outgoing, found, sending.hash)
      return letter.shown === letter.hash ? undefined : AGAIN
    }
  }

  attempt.doing = 'post'
  const wait = await placeFor(attempt, `post:${thread.channel}`, adapter.pace.postEveryMs, 1)
  if (wait > 0) return { done: false, wait, holds: true }
  await letters.posting(letter)
  const posted = await adapter.say.post({ key, thread, card, root }).catch(async (error: unknown) => {
    // surely not said: no need to look for it. In all other cases the mark stays.
    const never = error instanceof SayError && (error.failure === 'limited' || error.failure === 'down')
    if (never) await letters.unposted(letter)
    throw error
  })
  await stands(attempt, outgoing, posted, letter.hash)
  return undefined
}

async function stands(attempt: Attempt, outgoing: Post, posted: Posted, hash: string): Promise<void> {
  const { letter, letters, threads } = attempt
  // before the message counts as posted: what follows in the thread needs to know where it is
  if (outgoing.root && isFuture(outgoing.thread)) await threads.bind(outgoing.thread, posted.thread)
  await letters.posted(letter, posted, hash)
  await threads.join(posted.thread)
}

async function edit(attempt: Attempt, outgoing: Post): Promise<Outcome | undefined> {
  const { adapter, letter } = attempt
  if (letter.shown === letter.hash) return undefined
  attempt.doing = 'edit'
  const early = letter.editedAt + adapter.pace.editEveryMs - Date.now()
  const wait = early > 0 ? early : await placeFor(attempt, 'edit', 60_000 / adapter.pace.editsPerMinute, BURST)
  if (wait > 0) return { done: false, wait, holds: false }
  await adapter.say.update(letter.on!, { key: outgoing.key, card: outgoing.card })
  await attempt.letters.edited(letter)
  return undefined
}

async function sendFiles(attempt: Attempt, outgoing: Post): Promise<Outcome | undefined> {
  const { adapter, letter, letters } = attempt
  const { thread } = letter.on!
  const overflow = adapter.say.overflow(outgoing.card)
  for (const file of overflow ? [...outgoing.attachments, overflow] : outgoing.attachments) {
    const tag = tagOf(file)
    const state = Object.hasOwn(letter.files, tag) ? letter.files[tag] : undefined
    if (state === 'sent') continue
    const since = Number(state) - CLOCK_SKEW_MS
    const there = state ? await lookBack(attempt, () => adapter.say.hasFile(thread, tag, since)) : false
    attempt.doing = there === 'later' ? 'find' : 'file'
    const wait = await paused(attempt)
    if (wait > 0) return { done: false, wait, holds: true }
    if (!there) {
      await letters.file(letter, tag, String(Date.now()))
      await adapter.say.upload(thread, file, tag)
    }
    await letters.file(letter, tag, 'sent')
  }
  return undefined
}

async function stepReact(
  attempt: Attempt,
  outgoing: Extract<Outgoing, { kind: 'react' }>,
): Promise<Outcome | undefined> {
  const { adapter, letter } = attempt
  attempt.doing = 'react'
  if (Date.now() - letter.first > REACTION_STALE_MS) return undefined
  const wait = await placeFor(attempt, 'react', 60_000 / adapter.pace.reactionsPerMinute, BURST)
  if (wait > 0) return { done: false, wait, holds: false }
  await adapter.say.react(outgoing.on, outgoing.sign)
  return undefined
}

/** A private note cannot be looked for: after a crash in between it is said again rather than lost. */
async function stepPrivate(
  attempt: Attempt,
  outgoing: Extract<Outgoing, { kind: 'private' }>,
): Promise<Outcome | undefined> {
  attempt.doing = 'private'
  const thread = await placeOf(attempt, outgoing.thread)
  const wait = await paused(attempt)
  if (wait > 0) return { done: false, wait, holds: false }
  await attempt.adapter.say.notify(outgoing.to, thread, outgoing.card)
  return undefined
}

async function placeOf(attempt: Attempt, thread: Thread): Promise<Thread> {
  const real = await attempt.threads.real(thread)
  if (!real) throw new SayError('refused', 'The thread it belongs to was never opened.')
  return real
}

/** `later`: the platform lets us look back only after a pause. Where it never does (a missing scope, a deleted root): better said twice than not at all. */
async function lookBack<T>(attempt: Attempt, look: () => Promise<T>): Promise<T | 'later' | undefined> {
  attempt.doing = 'find'
  if ((await paused(attempt)) > 0) return 'later'
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof SayError) || error.failure !== 'refused') throw error
    const { name, key } = attempt.letter
    attempt.log.warn({ thread: name, key, why: messageOf(error) }, 'own messages cannot be looked for')
    return undefined
  }
}

// ---- when it did not work ----

async function failed(attempt: Attempt, error: SayError): Promise<Outcome> {
  const { letter, letters, log, doing } = attempt
  const data = { thread: letter.name, key: letter.key, doing, why: messageOf(error) }
  const holds = doing === 'post' || doing === 'find' || doing === 'file'
  switch (error.failure) {
    case 'limited': {
      const wait = Math.max(error.retryAfterMs, 1000)
      await attempt.budget.pause(bucketOf(letter, doing), wait)
      await letters.count('limited')
      log.info({ ...data, wait }, 'the platform asked us to slow down')
      return { done: false, wait, holds }
    }
    case 'down':
    case 'unknown': {
      const backoff = Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(letter.tries, 6)) * (0.75 + Math.random() / 2)
      const wait = error.failure === 'unknown' && holds ? Math.max(backoff, ARRIVAL_MS) : backoff
      await letters.failed(letter)
      log.warn({ ...data, wait: Math.round(wait) }, 'the platform cannot be reached; trying again')
      return { done: false, wait, holds }
    }
    case 'gone':
    case 'refused':
      if (doing === 'react') log.debug(data, 'a reaction was not possible')
      else await dead(attempt, error)
      return finish(attempt, letter.name, letter.key, letter)
  }
}

async function dead({ store, letter, log, doing }: Attempt, error: SayError): Promise<void> {
  const why = messageOf(error)
  log.error({ thread: letter.name, key: letter.key, doing, why }, 'a message can never be delivered')
  const { kind } = letter.outgoing
  await bury(store, { thread: threadOf(letter.outgoing), key: letter.key, kind, why, at: new Date().toISOString() })
}

async function finish(
  { letters }: DeliverContext,
  name: string,
  key: string,
  letter: Letter | undefined,
): Promise<Outcome> {
  return (await letters.finish(name, key, letter)) ? { done: true } : AGAIN
}

// ---- budgets ----

function bucketOf(letter: Letter, bucket: string): string {
  const { platform, workspace } = threadOf(letter.outgoing)
  return `${platform}:${workspace}:${bucket}`
}

function paused({ budget, letter, doing }: Attempt): Promise<number> {
  return budget.paused(bucketOf(letter, doing))
}

/** 0 when it is this message's turn. A place is reserved once and kept with the message, so that turns go by order of asking. */
async function placeFor(attempt: Attempt, bucket: string, everyMs: number, burst: number): Promise<number> {
  const { letter, letters, budget } = attempt
  const pause = await paused(attempt)
  if (pause > 0 || everyMs <= 0) return pause
  if (letter.slot !== undefined) return Math.max(letter.slot - Date.now(), 0)
  const wait = await budget.take(bucketOf(letter, bucket), everyMs, burst)
  if (wait > 0) await letters.reserve(letter, Date.now() + wait)
  return wait
}

function tagOf(file: Attachment): string {
  return createHash('sha256').update(`${file.name}\n${file.encoding}\n${file.data}`).digest('hex').slice(0, 10)
}
