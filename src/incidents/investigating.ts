// Which incidents are being investigated: agreed on in Redis, because watchers of several clusters share the workers and the model.
import type { Store } from '../store/store.ts'

/** an investigation that says nothing for that long is given up, so that the next one may begin */
const INVESTIGATION_MS = 15 * 60_000

export interface Investigating {
  /** Takes one of `most` places; false when all are taken. An incident that has one already keeps it. */
  begin(incident: string, most: number): Promise<boolean>
  end(incident: string): Promise<void>
}

const BEGIN = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return 1`

export function createInvestigating({ redis, key }: Pick<Store, 'redis' | 'key'>): Investigating {
  const places = key('incident:investigating')
  return {
    begin: async (incident, most) => (await redis.eval(BEGIN, 1, places, incident, most, INVESTIGATION_MS)) === 1,
    async end(incident) {
      await redis.zrem(places, incident)
    },
  }
}
