// Counts within a sliding window, in Redis: one sorted set per counter, its members the moments.
import { randomBytes } from 'node:crypto'
import type { Store } from '../store/store.ts'
import type { Counters } from './budget.ts'

export function createCounters(store: Store): Counters {
  const key = (name: string) => store.key(`budget:${name}`)
  return {
    async count(name, windowMs) {
      return store.redis.zcount(key(name), Date.now() - windowMs, '+inf')
    },
    async add(name, windowMs) {
      const now = Date.now()
      await store.redis
        .multi()
        .zadd(key(name), now, `${now}-${randomBytes(4).toString('hex')}`)
        .zremrangebyscore(key(name), '-inf', now - windowMs)
        .pexpire(key(name), windowMs)
        .exec()
    },
  }
}
