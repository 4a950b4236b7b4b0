// Delivers one message of the outbox: says it once, remembers where it stands, edits it when its body has changed since.
import { createHash } from 'node:crypto'
import type { Attachment } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import type { Outgoing } from '../core/message.ts'
import type { Thread } from '../core/thread.ts'
import {
  AGAIN,
  type Attempt,
  type DeliverContext,
  type Outcome,
  type Post,
  paused,
  turnAt,
  turnToSay,
  UNSAID,
} from './attempt.ts'
import { type Adapter, type Posted, SayError, type SayFailure } from './contract.ts'
import { failed, finish, unreadable, works } from './failed.ts'
import { grow } from './grow.ts'
import { isFuture } from './threads.ts'

/** the platform's clock and ours may differ by so much when looking back */
const CLOCK_SKEW_MS = 5 * 60_000
const GIVE_UP_MS = 24 * 3600_000
/** a reaction that late says nothing any more */
const REACTION_STALE_MS = 10 * 60_000
/** how often a message that is still being written is edited where it cannot be streamed: a late edit must not hold up the answer */
const GROWING_EDIT_MS = 5000
const LOST = new Set<SayFailure>(['gone', 'refused'])

/** Takes a message one step further, or to its end. Never throws for what a platform does. */
export async function deliverOne(
  context: DeliverContext,
  adapter: Adapter,
  name: string,
  key: string,
): Promise<Outcome> {
  let attempt: Attempt | undefined
  try {
    const letter = await context.letters.read(name, key)
    if (!letter) return finish(context, name, key, undefined)
    attempt = { ...context, adapter, letter, doing: 'post' }
    if (Date.now() - letter.first > GIVE_UP_MS && !letter.on) {
      throw new SayError('refused', 'It could not be delivered for 24 hours.')
    }
    const left = await step(attempt)
    if (left) return left
    works(attempt)
    return await finish(context, name, key, letter)
  } catch (error) {
    if (attempt && error instanceof SayError) return failed(attempt, error)
    // without Redis everything waits; whatever else goes wrong is about this one message, and must not hold up its thread for good
    if (!(await context.store.healthy())) throw error
    return attempt ? failed(attempt, error) : unreadable(context, name, key, error)
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
  const thread = root ? outgoing.thread : await realThread(attempt, outgoing.thread)

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
  const wait = await turnToSay(attempt, root ? { ...thread, thread: '' } : thread)
  if (wait > 0) return { done: false, wait, holds: true }
  const posted = await marked(attempt, () => begin(attempt, outgoing, thread))
  await stands(attempt, outgoing, posted, letter.hash)
  if (posted.stream) await letters.streamed(letter, card)
  return undefined
}

/** Until it is known to be said, an attempt leaves a mark; what was surely not said needs no looking for. */
async function marked<T>({ letter, letters }: Attempt, work: () => Promise<T>): Promise<T> {
  await letters.posting(letter)
  return work().catch(async (error: unknown) => {
    if (error instanceof SayError && UNSAID.has(error.failure)) await letters.unposted(letter)
    throw error
  })
}

async function begin(attempt: Attempt, outgoing: Post, thread: Thread): Promise<Posted & { stream?: true }> {
  const { say } = attempt.adapter
  const { key, card, root, growing } = outgoing
  const opened = growing && !root ? await say.stream?.open({ key, thread, card, to: growing }) : undefined
  return opened ? { ...opened, stream: true } : say.post({ key, thread, card, root })
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
  const grown = outgoing.growing ? await grow(attempt, outgoing) : undefined
  if (grown) return grown === 'grown' ? undefined : grown
  attempt.doing = 'edit'
  const every = outgoing.growing ? Math.max(adapter.pace.editEveryMs, GROWING_EDIT_MS) : adapter.pace.editEveryMs
  const early = letter.editedAt + every - Date.now()
  const wait = early > 0 ? early : await turnAt(attempt, adapter.pace.edits, letter.on!)
  if (wait > 0) return { done: false, wait, holds: false }
  try {
    await adapter.say.update(letter.on!, { key: outgoing.key, card: outgoing.card })
  } catch (error) {
    // a stream that the platform will not let us edit is left behind, and all of it said anew
    if (!letter.stream || !(error instanceof SayError) || !LOST.has(error.failure)) throw error
    await attempt.letters.lost(letter)
    return AGAIN
  }
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
    if (there === 'later') return { done: false, wait: await paused(attempt), holds: true }
    if (!there) {
      attempt.doing = 'file'
      const wait = await turnToSay(attempt, thread)
      if (wait > 0) return { done: false, wait, holds: true }
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
  const wait = await turnAt(attempt, adapter.pace.reactions, outgoing.on)
  if (wait > 0) return { done: false, wait, holds: false }
  await adapter.say.react(outgoing.on, outgoing.sign)
  return undefined
}

/** Looked for only where that person alone reads: what one person was shown among others no platform tells, and it is rather said twice than not at all. */
async function stepPrivate(
  attempt: Attempt,
  outgoing: Extract<Outgoing, { kind: 'private' }>,
): Promise<Outcome | undefined> {
  const { letter, adapter } = attempt
  const { sending } = letter
  const { key, to, card } = outgoing
  attempt.doing = 'private'
  const thread = await realThread(attempt, outgoing.thread)
  if (sending && thread.direct) {
    const found = await lookBack(attempt, () => adapter.say.find(thread, key, sending.at - CLOCK_SKEW_MS, false))
    if (found === 'later') return { done: false, wait: await paused(attempt), holds: false }
    if (found) return undefined
    attempt.doing = 'private'
  }
  const wait = await paused(attempt)
  if (wait > 0) return { done: false, wait, holds: false }
  await marked(attempt, () => adapter.say.notify({ key, to, thread, card }))
  return undefined
}

async function realThread(attempt: Attempt, thread: Thread): Promise<Thread> {
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

function tagOf(file: Attachment): string {
  return createHash('sha256').update(`${file.name}\n${file.encoding}\n${file.data}`).digest('hex').slice(0, 10)
}
