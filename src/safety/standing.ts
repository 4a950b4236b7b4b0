// The captain's standing orders: the emergency stop and the autonomy level. Kept over restarts, asked before every single request.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { UnavailableError } from '../core/errors.ts'
import { Person, personKey } from '../core/people.ts'
import { Level } from '../core/plan.ts'
import type { Store } from '../store/store.ts'
import type { Signer } from './signature.ts'

export const Stop = z.object({ by: Person, reason: z.string(), at: z.string() })
export type Stop = z.infer<typeof Stop>

const Orders = z.object({
  /** grows with every order: an older one that is put back does not count */
  number: z.int(),
  stop: Stop.optional(),
  level: Level.optional(),
  by: z.string(),
  /** when the last of them was given */
  at: z.string(),
  seal: z.string().default(''),
})
type Orders = z.infer<typeof Orders>

export interface Standing {
  /** `stop` is undefined when work may go on. Rejects when the store cannot be asked: then nothing may be sent either. */
  read(): Promise<{ stop: Stop | undefined; level: Level; at: string | undefined }>
  /** Whoever calls these has checked that `by` may. They reject where there is no signing key. */
  pullStop(by: Person, reason: string, at?: Date): Promise<void>
  releaseStop(by: Person, at?: Date): Promise<void>
  setLevel(level: Level, by: Person, at?: Date): Promise<void>
}

export interface StandingOptions {
  store: Store
  /** AUTONOMY_LEVEL: as long as nobody has set another */
  level: Level
  /** without one (a worker) the store is believed; whoever sends judges again, with one */
  signer?: Signer
  /** where the newest orders that were seen here are kept over restarts */
  file?: string
}

const KEY = 'standing'

export function standingFile({ DATA_DIR }: { DATA_DIR: string }): string {
  return join(DATA_DIR, 'standing.json')
}

const PURPOSE = 'standing orders'

/**
 * What is in the store counts when its seal holds and it is not older than what this process has seen. Otherwise (somebody removed,
 * forged or put back a record) the stricter of both counts: a stop stops, the lower level is in force.
 */
export function createStanding({ store, level: fallback, signer, file }: StandingOptions): Standing {
  let seen: Orders | undefined
  let loaded: Promise<void> | undefined

  function holds(orders: Orders): boolean {
    const { seal, ...words } = orders
    return !signer || signer.sealHolds(PURPOSE, words, seal)
  }

  /** The file of a process that was stopped: it may be old, but never forged. */
  async function load(): Promise<void> {
    const text = file && (await readFile(file, 'utf8').catch(() => undefined))
    const parsed = text ? Orders.safeParse(jsonOf(text)) : undefined
    if (parsed?.success && holds(parsed.data)) seen = parsed.data
  }

  async function remember(orders: Orders): Promise<void> {
    if (seen && seen.number >= orders.number) return
    seen = orders
    if (!file) return
    await mkdir(dirname(file), { recursive: true })
    // several parts of one process may keep the same file
    const draft = `${file}.${randomBytes(6).toString('hex')}`
    await writeFile(draft, JSON.stringify(orders), { mode: 0o600 })
    await rename(draft, file)
  }

  async function look(): Promise<{ stored: Orders | undefined; isTrue: boolean; revision: number }> {
    loaded ??= load()
    await loaded
    const found = await store.read<unknown>(KEY)
    const stored = Orders.safeParse(found?.value).data
    const isNewest = (stored?.number ?? 0) >= (signer ? (seen?.number ?? 0) : 0)
    const isTrue = isNewest && (stored ? holds(stored) : found === undefined)
    // a full disk must not keep anybody from reading
    if (isTrue && stored) await remember(stored).catch(() => undefined)
    return { stored, isTrue, revision: found?.revision ?? 0 }
  }

  async function give(change: (current: Orders) => Partial<Orders>, by: Person, at: Date): Promise<void> {
    if (!signer) throw new UnavailableError('This process holds no signing key, so it cannot give orders.')
    for (let attempt = 0; attempt < 20; attempt++) {
      const { stored, isTrue, revision } = await look()
      const newest = isTrue ? stored : seen
      const base: Orders = newest ?? { number: 0, by: '', at: '', seal: '' }
      const { seal: _seal, ...words } = {
        ...base,
        ...change(base),
        // counts on from the clock, so that a new data folder does not begin below what others have seen
        number: Math.max(base.number + 1, Date.now()),
        by: personKey(by),
        at: at.toISOString(),
      }
      const plain = JSON.parse(JSON.stringify(words)) as Omit<Orders, 'seal'>
      const next: Orders = { ...plain, seal: signer.seal(PURPOSE, plain) }
      if ((await store.compareAndSet(KEY, revision, next)) !== undefined) return remember(next).catch(() => undefined)
    }
    throw new UnavailableError('The order could not be stored: too many are given at once.', { retryAfterMs: 500 })
  }

  return {
    async read() {
      const { stored, isTrue } = await look()
      if (isTrue) return { stop: stored?.stop, level: stored?.level ?? fallback, at: stored?.at }
      const levels = [seen?.level ?? fallback, stored?.level ?? fallback].sort()
      return { stop: seen?.stop ?? stored?.stop, level: levels[0] ?? 'L0', at: seen?.at }
    },
    pullStop: (by, reason, at = new Date()) => give(() => ({ stop: { by, reason, at: at.toISOString() } }), by, at),
    releaseStop: (by, at = new Date()) => give(() => ({ stop: undefined }), by, at),
    setLevel: (level, by, at = new Date()) => give(() => ({ level }), by, at),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
