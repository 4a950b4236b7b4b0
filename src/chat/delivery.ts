// Delivers the outbox: at once, in order within a thread, one deliverer at a time per thread however many bots run.
import { messageOf } from '../core/errors.ts'
import type { Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { createDeliverContext } from './attempt.ts'
import type { Adapter } from './contract.ts'
import { deliverOne } from './deliver.ts'
import { type Lane, outboxKeys } from './outbox.ts'
import { parseThreadKey } from './threads.ts'

/** A deliverer that died leaves its thread to others after this long, unless told otherwise. */
const LEASE_MS = 10_000
/** how often forgotten threads are looked for; new messages do not wait for it */
const SWEEP_MS = 1000
/** threads delivered at the same time */
const CONCURRENCY = 32
/** messages of one thread looked at in one pass */
const PASS = 200
/** a thread that nobody serves any more (a closed terminal) is dropped after this long */
const ORPHAN_MS = 24 * 3600_000

export interface Delivery {
  /** delivers until stopped; resolves when it listens for new messages */
  start(): Promise<void>
  /** finishes the message in hand */
  stop(): Promise<void>
}

export interface DeliveryOptions {
  store: Store
  adapters: Adapter[]
  log: Logger
  /** after how long without a sign of life others take over; default 10 s */
  leaseMs?: number
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { store, adapters, log, leaseMs = LEASE_MS } = options
  const { redis } = store
  const keys = outboxKeys(store.prefix)
  const context = createDeliverContext(store, log)
  const platforms = [...new Set(adapters.map((adapter) => adapter.name))]

  const running = new Map<string, Promise<void>>()
  const again = new Set<string>()
  const waiting = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  let stopping = false
  let sweeper: NodeJS.Timeout | undefined
  let unsubscribe: (() => Promise<void>) | undefined

  async function start(): Promise<void> {
    stopping = false
    unsubscribe = await store.subscribe(keys.wake, wake)
    await sweep()
    sweeper = setInterval(() => void sweep().catch(lost), SWEEP_MS)
  }

  async function stop(): Promise<void> {
    stopping = true
    clearInterval(sweeper)
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
    waiting.clear()
    await unsubscribe?.().catch(() => {})
    await Promise.all(running.values())
  }

  function lost(error: unknown): void {
    log.warn({ why: messageOf(error) }, 'the outbox cannot be read; trying again')
  }

  function wake(name: string): void {
    if (stopping) return
    if (running.has(name)) {
      again.add(name)
      return
    }
    const adapter = adapterOf(name)
    if (!adapter) return
    if (running.size >= CONCURRENCY) {
      waiting.add(name)
      return
    }
    clearTimeout(timers.get(name))
    timers.delete(name)
    running.set(name, run(name, adapter))
  }

  async function run(name: string, adapter: Adapter): Promise<void> {
    let next: number | undefined
    try {
      next = await pass(name, adapter)
    } catch (error) {
      // Redis is away, or a bug: either way the message stays where it is and the sweep comes back to it
      log.warn({ thread: name, why: messageOf(error) }, 'a thread could not be delivered; trying again')
      next = SWEEP_MS
    }
    running.delete(name)
    if (stopping) return
    if (again.delete(name)) wake(name)
    else if (next !== undefined) wakeIn(name, next)
    const [first] = waiting
    if (first !== undefined && running.size < CONCURRENCY) {
      waiting.delete(first)
      wake(first)
    }
  }

  function wakeIn(name: string, ms: number): void {
    clearTimeout(timers.get(name))
    const timer = setTimeout(() => {
      timers.delete(name)
      wake(name)
    }, ms)
    timers.set(name, timer)
  }

  /** One walk over what a thread has to say. Resolves in how many ms to come back; undefined when nothing is left or another bot is at it. */
  async function pass(name: string, adapter: Adapter): Promise<number | undefined> {
    const lock = await store.lock(`outbox:${name}`, leaseMs)
    if (!lock) return undefined
    try {
      const due = keys.due(adapter.name)
      const lease = Date.now() + leaseMs
      await redis.zadd(due, 'XX', String(lease), name)
      const queue = await redis.zrange(keys.queue(name), 0, String(PASS - 1))
      const wait = await walk(name, adapter, queue, () => lock.held)
      const next = await redis.eval(SETTLE, 2, due, keys.queue(name), name, lease, wait ?? -1, Date.now())
      return Number(next) < 0 ? undefined : Number(next)
    } finally {
      await lock.release()
    }
  }

  async function walk(
    name: string,
    adapter: Adapter,
    queue: string[],
    held: () => boolean,
  ): Promise<number | undefined> {
    let wait: number | undefined
    let holding = false
    async function deliver(key: string): Promise<void> {
      let outcome = await deliverOne(context, adapter, name, key)
      // a newer body came while this one was said: at most one more step now, its pace decides
      if (!outcome.done && outcome.wait === 0) outcome = await deliverOne(context, adapter, name, key)
      if (outcome.done) return
      wait = Math.min(wait ?? outcome.wait, outcome.wait)
      if (outcome.holds) holding = true
    }

    const aside: Promise<unknown>[] = []
    for (const { key, lane, posted } of await readHeads(name, queue)) {
      if (stopping || !held()) {
        wait = 0
        break
      }
      // while a post waits for its turn, later posts wait behind it; edits of what is already there need not
      if (holding && !posted && (lane === 'post' || lane === 'react')) continue
      if (lane === 'seen') aside.push(deliver(key).catch((error: unknown) => error))
      else await deliver(key)
    }
    const failed = (await Promise.all(aside)).find((error) => error !== undefined)
    if (failed !== undefined) throw failed
    return wait
  }

  async function readHeads(name: string, queue: string[]): Promise<{ key: string; lane: Lane; posted: boolean }[]> {
    const pipeline = redis.pipeline()
    for (const key of queue) pipeline.hmget(keys.message(name, key), 'kind', 'id')
    const replies = (await pipeline.exec()) ?? []
    return queue.map((key, index) => {
      const [lane, id] = (replies[index]?.[1] ?? []) as (string | null)[]
      return { key, lane: (lane ?? 'post') as Lane, posted: Boolean(id) }
    })
  }

  async function sweep(): Promise<void> {
    for (const platform of platforms) {
      const names = await redis.zrangebyscore(keys.due(platform), 0, Date.now(), 'LIMIT', 0, 1000)
      for (const name of names) {
        if (timers.has(name) || running.has(name)) continue
        wake(name)
      }
      const orphans = await redis.zrangebyscore(keys.due(platform), 0, Date.now() - ORPHAN_MS, 'LIMIT', 0, 100)
      for (const name of orphans.filter((orphan) => !adapterOf(orphan))) {
        await redis.multi().zrem(keys.due(platform), name).del(keys.queue(name)).exec()
      }
    }
  }

  function adapterOf(name: string): Adapter | undefined {
    const thread: Thread = parseThreadKey(name)
    return adapters.find((adapter) => adapter.name === thread.platform && adapter.serves(thread))
  }

  return { start, stop }
}

/*
 * Ends a pass: nothing left → the thread is no longer due; something was put meanwhile (its due time is below our lease) or
 * more is queued than was looked at → at once; else when the shortest wait is over.
 */
const SETTLE = `
local left = redis.call('ZCARD', KEYS[2])
if left == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) return -1 end
local due = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
local wait = tonumber(ARGV[3])
if due < tonumber(ARGV[2]) or wait < 0 then wait = 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(ARGV[4]) + wait), ARGV[1])
return math.ceil(wait)`
