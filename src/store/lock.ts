// A lock with an end: one hash per lock, its clock is Redis's own, its token only grows.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Lock } from './store.ts'

// The token is the time of taking in microseconds, or one more than the last one: it still grows after the key was forgotten.
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'token')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then return 0 end
local token = held[3]
if held[1] ~= ARGV[1] then
  token = string.format('%.0f', math.max(tonumber(held[3] or '0') + 1, t[1] * 1000000 + t[2]))
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])), 'token', token)
redis.call('PEXPIRE', KEYS[1], 86400000 + tonumber(ARGV[2]))
return token`

// A holder that was late may go on if nobody took the lock meanwhile.
const RENEW = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[2])))
redis.call('PEXPIRE', KEYS[1], 86400000 + tonumber(ARGV[2]))
return 1`

const RELEASE = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then return redis.call('HDEL', KEYS[1], 'owner', 'until') end
return 0`

const RETRY_MS = 50

export async function takeLock(redis: Redis, key: string, ttlMs: number, waitMs = 0): Promise<Lock | undefined> {
  const owner = randomUUID()
  const deadline = performance.now() + waitMs
  for (;;) {
    const asked = performance.now()
    const token = Number(await redis.eval(TAKE, 1, key, owner, ttlMs))
    if (token > 0) return holdLock(redis, key, owner, ttlMs, token, asked)
    const left = deadline - performance.now()
    if (left <= 0) return undefined
    await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS, left)))
  }
}

function holdLock(redis: Redis, key: string, owner: string, ttlMs: number, token: number, asked: number): Lock {
  const lost = new AbortController()
  let released = false
  // counted from before the command was sent, so that our own clock always gives up first
  let until = asked + ttlMs

  const timer = setInterval(() => void renew().catch(() => {}), Math.max(10, Math.floor(ttlMs / 3)))
  let end = setTimeout(lose, ttlMs)
  timer.unref()
  end.unref()

  function stop(): void {
    clearInterval(timer)
    clearTimeout(end)
  }

  function lose(): void {
    stop()
    if (!released) lost.abort(new Error('The lock was lost.'))
  }

  function held(): boolean {
    return !released && !lost.signal.aborted && performance.now() < until
  }

  async function renew(): Promise<boolean> {
    if (!held()) {
      lose()
      return false
    }
    const from = performance.now()
    const ours = Number(await redis.eval(RENEW, 1, key, owner, ttlMs)) === 1
    if (!ours || released || lost.signal.aborted) {
      if (!ours) lose()
      return false
    }
    until = from + ttlMs
    clearTimeout(end)
    end = setTimeout(lose, Math.max(0, until - performance.now()))
    end.unref()
    return held()
  }

  return {
    token,
    lost: lost.signal,
    get held() {
      return held()
    },
    renew,
    async release() {
      if (released) return
      released = true
      stop()
      await redis.eval(RELEASE, 1, key, owner).catch(() => {})
    },
  }
}
