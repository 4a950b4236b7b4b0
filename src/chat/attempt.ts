// One attempt at one message of the outbox: what it works with, and when its turn is.
import type { Outgoing } from '../core/message.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { type Budget, createBudget } from './budget.ts'
import type { Adapter, SayFailure } from './contract.ts'
import { createLetters, type Letter, type Letters } from './letter.ts'
import { threadOf } from './outbox.ts'
import { createThreads, type Threads } from './threads.ts'

/** edits and reactions may come this many at once before the pace applies */
export const BURST = 8
/** surely not said */
export const UNSAID: ReadonlySet<SayFailure> = new Set(['limited', 'down'])

export interface DeliverContext {
  store: Store
  letters: Letters
  threads: Threads
  budget: Budget
  /** when each platform and workspace last took something (ms), as this process saw it */
  worked: Map<string, number>
  log: Logger
}

export function createDeliverContext(store: Store, log: Logger): DeliverContext {
  return {
    store,
    letters: createLetters(store),
    threads: createThreads(store),
    budget: createBudget(store),
    worked: new Map(),
    log,
  }
}

/** `wait`: try again in so many ms; `holds`: what comes after it in the thread must wait as well. */
export type Outcome = { done: true } | { done: false; wait: number; holds: boolean }

export const AGAIN: Outcome = { done: false, wait: 0, holds: false }

/** What the platform is being asked for; 429s are per method. */
type Doing = 'find' | 'post' | 'edit' | 'grow' | 'file' | 'react' | 'private'

/** One attempt at one letter. */
export interface Attempt extends DeliverContext {
  adapter: Adapter
  letter: Letter
  doing: Doing
}

export type Post = Extract<Outgoing, { kind: 'post' }>

export function bucketOf(letter: Letter, bucket: string): string {
  const { platform, workspace } = threadOf(letter.outgoing)
  return `${platform}:${workspace}:${bucket}`
}

export function paused({ budget, letter, doing }: Attempt): Promise<number> {
  return budget.paused(bucketOf(letter, doing))
}

/** 0 when it is this message's turn. A place is reserved once and kept with the message, so that turns go by order of asking. */
export async function placeFor(attempt: Attempt, bucket: string, everyMs: number, burst: number): Promise<number> {
  const { letter, letters, budget } = attempt
  const pause = await paused(attempt)
  if (pause > 0 || everyMs <= 0) return pause
  if (letter.slot !== undefined) return Math.max(letter.slot - Date.now(), 0)
  const wait = await budget.take(bucketOf(letter, bucket), everyMs, burst)
  if (wait > 0) await letters.reserve(letter, Date.now() + wait)
  return wait
}
