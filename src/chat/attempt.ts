// One attempt at one message of the outbox: what it works with, and when its turn is.
import type { Outgoing } from '../core/message.ts'
import type { MessageRef, Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { type Budget, createBudget, type Limit } from './budget.ts'
import type { Adapter, Pace, SayFailure } from './contract.ts'
import { createLetters, type Letter, type Letters } from './letter.ts'
import { threadOf } from './outbox.ts'
import { createThreads, type Threads } from './threads.ts'

/** a turn that passed unused so long ago (an outage, a pause) is given up: what waited must not all go at once */
const STALE_MS = 2000
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

/** 0 when it is this message's turn. A turn is reserved once and kept with the message, so that turns go by order of asking. */
export async function turnOf(attempt: Attempt, bucket: string, limit: Limit): Promise<number> {
  const { letter, letters, budget } = attempt
  const pause = await paused(attempt)
  if (pause > 0 || limit.everyMs <= 0) return pause
  const { slot } = letter
  delete letter.slot
  const left = slot === undefined ? undefined : slot - Date.now()
  if (left !== undefined && left > -STALE_MS) return Math.max(left, 0)
  const wait = await budget.take(bucketOf(letter, bucket), limit)
  if (wait > 0) await letters.reserve(letter, Date.now() + wait)
  return wait
}

/** The same for something said anew: a message or a file. */
export async function turnToSay(attempt: Attempt, thread: Thread): Promise<number> {
  return turnOf(attempt, `post:${await placeOf(attempt, { thread })}`, attempt.adapter.pace.posts)
}

/** The same for what is done to a message that stands there. */
export async function turnAt(attempt: Attempt, counted: Pace['edits'], on: MessageRef): Promise<number> {
  const bucket = counted.by === 'place' ? `${attempt.doing}:${await placeOf(attempt, on)}` : attempt.doing
  return turnOf(attempt, bucket, counted)
}

async function placeOf({ adapter }: Attempt, where: { thread: Thread; message?: string }): Promise<string> {
  return (await adapter.placeOf?.(where)) ?? where.thread.channel
}
