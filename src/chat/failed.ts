// What becomes of a message that could not be said: later, or never (a dead letter). One that the platform cannot stomach must not hold up its thread.
import { textCard } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import { AGAIN, type Attempt, bucketOf, type DeliverContext, type Outcome } from './attempt.ts'
import { SayError } from './contract.ts'
import type { Letter } from './letter.ts'
import { bury, createOutbox, threadOf } from './outbox.ts'
import { parseThreadKey } from './threads.ts'

const MAX_BACKOFF_MS = 15_000
/** what may still be on its way at the platform gets this long to arrive before it is looked for */
const ARRIVAL_MS = 1500
/** how often one message may fail while the platform takes others, before it is given up; and how often by a fault of ours */
const MAX_ODD = 8
const MAX_OWN = 3

/** The platform has just taken something of ours. */
export function works({ adapter, letter, worked }: Attempt): void {
  worked.set(placeOf(adapter.name, letter), Date.now())
}

export async function failed(attempt: Attempt, error: unknown): Promise<Outcome> {
  const { letter, letters, log, doing } = attempt
  const { failure, retryAfterMs } = error instanceof SayError ? error : new SayError('unknown', '')
  const data = { thread: letter.name, key: letter.key, doing, why: messageOf(error) }
  const holds = doing === 'post' || doing === 'find' || doing === 'file'
  switch (failure) {
    case 'limited': {
      const wait = Math.max(retryAfterMs, 1000)
      await attempt.budget.pause(bucketOf(letter, doing), wait)
      await letters.count('limited')
      log.info({ ...data, wait }, 'the platform asked us to slow down')
      return { done: false, wait, holds }
    }
    case 'down':
    case 'unknown': {
      const own = !(error instanceof SayError)
      const odd = own || (failure === 'unknown' && isOdd(attempt))
      if (odd && letter.odd + 1 >= (own ? MAX_OWN : MAX_ODD)) {
        await dead(attempt, `It failed again and again while other messages were delivered: ${messageOf(error)}`)
        return finish(attempt, letter.name, letter.key, letter)
      }
      const backoff = Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(letter.tries, 6)) * (0.75 + Math.random() / 2)
      const wait = failure === 'unknown' && holds ? Math.max(backoff, ARRIVAL_MS) : backoff
      await letters.failed(letter, odd)
      log.warn({ ...data, wait: Math.round(wait) }, 'the platform cannot be reached; trying again')
      return { done: false, wait, holds }
    }
    case 'gone':
    case 'refused':
      if (doing === 'react') log.debug(data, 'a reaction was not possible')
      else {
        await dead(attempt, messageOf(error))
        await sayWhy(attempt, messageOf(error))
      }
      return finish(attempt, letter.name, letter.key, letter)
  }
}

/** Whoever asked in a place where we may not write waits for an answer: they are told in private, once. */
async function sayWhy({ letter, threads, store, doing }: Attempt, why: string): Promise<void> {
  const { outgoing } = letter
  if (doing !== 'post' || outgoing.kind !== 'post' || outgoing.thread.direct) return
  const { thread } = outgoing
  const to = await threads.asker((await threads.real(thread)) ?? thread)
  const text = `I cannot answer you there. ${why} Ask somebody to let me write there, or write to me directly.`
  if (to) await createOutbox({ store }).put({ kind: 'private', key: 'unsaid', thread, to, card: textCard(text) })
}

/** It is this message, not the platform, which took another one since this one last failed. */
function isOdd({ adapter, letter, worked }: Attempt): boolean {
  return letter.failedAt !== undefined && (worked.get(placeOf(adapter.name, letter)) ?? 0) > letter.failedAt
}

function placeOf(platform: string, letter: Letter): string {
  return `${platform}/${threadOf(letter.outgoing).workspace}`
}

/** What Redis holds cannot be understood, perhaps because a newer version wrote it. */
export async function unreadable(context: DeliverContext, name: string, key: string, error: unknown): Promise<Outcome> {
  const why = `It cannot be read: ${messageOf(error).replace(/\s+/g, ' ').slice(0, 300)}`
  context.log.error({ thread: name, key, why }, 'a message can never be delivered')
  await bury(context.store, { thread: parseThreadKey(name), key, kind: 'post', why, at: new Date().toISOString() })
  return finish(context, name, key, undefined)
}

async function dead({ store, letter, log, doing }: Attempt, why: string): Promise<void> {
  log.error({ thread: letter.name, key: letter.key, doing, why }, 'a message can never be delivered')
  const { kind } = letter.outgoing
  await bury(store, { thread: threadOf(letter.outgoing), key: letter.key, kind, why, at: new Date().toISOString() })
}

export async function finish(
  { letters }: DeliverContext,
  name: string,
  key: string,
  letter: Letter | undefined,
): Promise<Outcome> {
  return (await letters.finish(name, key, letter)) ? { done: true } : AGAIN
}
