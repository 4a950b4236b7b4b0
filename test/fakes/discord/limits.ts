// Discord's rate limits as its headers tell them: per route and channel, and 50 requests a second for everything.
// https://docs.discord.com/developers/topics/rate-limits

interface Bucket {
  limit: number
  perMs: number
  times: number[]
}

/** Not documented, as observed: five messages (or edits) per five seconds and channel, one reaction per quarter of a second. */
const RULES: [RegExp, number, number][] = [
  [/^POST \/channels\/\d+\/messages$/, 5, 5000],
  [/^PATCH \/channels\/\d+\/messages\/:id$/, 5, 5000],
  [/^PUT \/channels\/\d+\/messages\/:id\/reactions/, 4, 1000],
  [/^POST \/channels\/\d+\/messages\/:id\/threads$/, 50, 300_000],
]
const GLOBAL_PER_SECOND = 50

export interface Limits {
  /** headers for the answer; `retryAfter` in seconds when the request must be refused */
  check(method: string, path: string): { headers: Record<string, string>; retryAfter?: number; global?: boolean }
}

type Verdict = ReturnType<Limits['check']>

export function createLimits(on: boolean): Limits {
  const buckets = new Map<string, Bucket>()
  const all: number[] = []
  return {
    check(method, path): Verdict {
      if (!on) return { headers: {} }
      const now = Date.now()
      // interactions are not bound to the global limit
      const counted = !/^\/(interactions|webhooks)\//.test(path)
      while (all.length > 0 && all[0]! <= now - 1000) all.shift()
      if (counted && all.length >= GLOBAL_PER_SECOND) {
        const retryAfter = (all[0]! + 1000 - now) / 1000
        return { headers: { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' }, retryAfter, global: true }
      }
      if (counted) all.push(now)
      const name = `${method} ${path.replace(/(\/messages)\/\d+/, '$1/:id').replace(/(\/reactions)\/.*$/, '$1')}`
      const rule = RULES.find(([pattern]) => pattern.test(name))
      if (!rule) return { headers: {} }
      const [, limit, perMs] = rule
      const bucket = buckets.get(name) ?? { limit, perMs, times: [] }
      buckets.set(name, bucket)
      bucket.times = bucket.times.filter((time) => time > now - perMs)
      const full = bucket.times.length >= limit
      if (!full) bucket.times.push(now)
      const after = Math.max((bucket.times[0]! + perMs - now) / 1000, 0.001)
      const headers = {
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(limit - bucket.times.length),
        'x-ratelimit-reset': String((now + after * 1000) / 1000),
        'x-ratelimit-reset-after': after.toFixed(3),
        'x-ratelimit-bucket': Buffer.from(rule[0].source).toString('hex').slice(0, 32),
        ...(full ? { 'x-ratelimit-scope': 'user' } : {}),
      }
      return full ? { headers, retryAfter: after } : { headers }
    },
  }
}
