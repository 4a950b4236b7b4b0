// How fast a workspace may be spoken to, shared by all processes that speak to it: a bucket for each thing that the platform counts.
import type { Store } from '../store/store.ts'

/*
 * One number per bucket, the time at which it would be empty again (GCRA), and a time until which the platform told us to wait.
 * The clock is Redis's own, so that several bots agree.
 */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local empty = math.max(tonumber(redis.call('HGET', KEYS[1], 'empty') or '0'), now)
local every = tonumber(ARGV[1])
local wait = math.ceil(math.max(empty - now - every * (tonumber(ARGV[2]) - 1), 0))
if wait > tonumber(ARGV[3]) then return wait end
redis.call('HSET', KEYS[1], 'empty', string.format('%.0f', empty + every))
redis.call('PEXPIRE', KEYS[1], 600000 + math.floor(empty - now))
return wait`

const PAUSED = `
local t = redis.call('TIME')
return math.max(tonumber(redis.call('HGET', KEYS[1], 'pause') or '0') - (t[1] * 1000 + math.floor(t[2] / 1000)), 0)`

const PAUSE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local till = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'pause') or '0'))
redis.call('HSET', KEYS[1], 'pause', string.format('%.0f', till))
redis.call('PEXPIRE', KEYS[1], 600000 + tonumber(ARGV[1]))
return 1`

/** One per `everyMs`, and `burst` of them at once after a pause. */
export interface Limit {
  everyMs: number
  burst: number
}

export interface Budget {
  /** Reserves the next turn in the bucket; resolves in how many ms it is. One that is further off than `mostMs` is not reserved. */
  take(bucket: string, limit: Limit, mostMs?: number): Promise<number>
  /** how many ms a pause still lasts; 0 when there is none */
  paused(bucket: string): Promise<number>
  /** the platform said: nothing for so long */
  pause(bucket: string, ms: number): Promise<void>
}

export function createBudget(store: Store): Budget {
  const key = (bucket: string) => `${store.prefix}chat:budget:${bucket}`
  return {
    async take(bucket, { everyMs, burst }, mostMs = Number.MAX_SAFE_INTEGER) {
      return Number(await store.redis.eval(TAKE, 1, key(bucket), everyMs, burst, mostMs))
    },
    async paused(bucket) {
      return Number(await store.redis.eval(PAUSED, 1, key(bucket)))
    },
    async pause(bucket, ms) {
      await store.redis.eval(PAUSE, 1, key(bucket), Math.ceil(ms))
    },
  }
}
