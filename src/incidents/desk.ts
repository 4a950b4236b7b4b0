// The desk keeps incidents in Redis: opened once per trouble, changed by compare-and-set, never by a leader that was replaced.
import { createHash } from 'node:crypto'
import { ConflictError } from '../core/errors.ts'
import { type ObjectRef, refKey } from '../core/ref.ts'
import type { Store } from '../store/store.ts'
import { Incident } from './incident.ts'

const KEPT_MS = 90 * 24 * 3600_000
const FAMILY_KEPT = 20

export interface Desk {
  read(id: string): Promise<Incident | undefined>
  /** newest first */
  list(options?: { cluster?: string; open?: boolean; limit?: number }): Promise<Incident[]>
  /** every incident of a cluster that is not closed or merged */
  active(cluster: string): Promise<Incident[]>
  /** Opens it, unless the fingerprint meanwhile belongs to another than `expected`; resolves that one's id then. */
  open(incident: Incident, expected: string | undefined): Promise<{ opened: boolean; id: string }>
  /** the newest incident of a fingerprint */
  byFingerprint(fingerprint: string): Promise<Incident | undefined>
  /** another fingerprint under which the same trouble is known */
  alias(fingerprint: string, id: string): Promise<void>
  /**
   * Changes a record; `change` returning undefined leaves it. Throws a ConflictError when `fence` is that of a replaced leader. Resolves
   * what is stored then, undefined when there is no such incident.
   */
  change(
    id: string,
    change: (incident: Incident) => Incident | undefined,
    fence?: number,
  ): Promise<Incident | undefined>
  /** earlier incidents of a family in a cluster, newest first */
  family(cluster: string, family: string): Promise<Incident[]>
  count(what: Counted, by?: number): Promise<void>
  counts(): Promise<Record<string, number>>
}

/** events seen, signs that joined an incident, signs that filters or silence kept back, incidents opened */
export const COUNTED = ['seen', 'grouped', 'suppressed', 'opened', 'reopened', 'merged', 'recovered'] as const
export type Counted = (typeof COUNTED)[number]

const OPEN = `
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] and current ~= ARGV[2] then return current end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[5])
if redis.call('EXISTS', KEYS[2]) == 1 then return ARGV[2] end
redis.call('HSET', KEYS[2], 'revision', 1, 'value', ARGV[3], 'by', 'open')
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
redis.call('SADD', KEYS[4], ARGV[2])
return ARGV[2]`

export function createDesk(store: Store): Desk {
  const { redis } = store
  const keys = {
    record: (id: string) => store.key(`incident:r:${id}`),
    pointer: (fingerprint: string) => store.key(`incident:fp:${fingerprint}`),
    all: store.key('incident:all'),
    active: (cluster: string) => store.key(`incident:active:${cluster}`),
    family: (cluster: string, family: string) => store.key(`incident:family:${cluster}:${family}`),
    counts: store.key('incident:counts'),
  }

  async function read(id: string): Promise<Incident | undefined> {
    if (!/^[0-9a-f]{6,32}$/.test(id)) return undefined
    return (await store.read(keys.record(id), Incident))?.value
  }

  async function readAll(ids: string[]): Promise<Incident[]> {
    const found: Incident[] = []
    for (let at = 0; at < ids.length; at += 100) {
      for (const incident of await Promise.all(ids.slice(at, at + 100).map(read))) if (incident) found.push(incident)
    }
    return found
  }

  /** In its family: harmless when repeated. */
  async function remember({ id, cluster, family }: Incident): Promise<void> {
    const key = keys.family(cluster, family)
    await redis
      .multi()
      .lrem(key, 0, id)
      .lpush(key, id)
      .ltrim(key, 0, FAMILY_KEPT - 1)
      .pexpire(key, KEPT_MS)
      .exec()
  }

  return {
    read,
    async list({ cluster, open, limit = 50 } = {}) {
      const found: Incident[] = []
      for (let from = 0; found.length < limit; from += 100) {
        const ids = await redis.zrevrange(keys.all, from, from + 99)
        if (ids.length === 0) break
        const fits = (one: Incident) => (!cluster || one.cluster === cluster) && (!open || one.state === 'open')
        found.push(...(await readAll(ids)).filter(fits))
      }
      return found.slice(0, limit)
    },
    async active(cluster) {
      return readAll(await redis.smembers(keys.active(cluster)))
    },
    async open(incident, expected) {
      const id = String(
        await redis.eval(
          OPEN,
          4,
          keys.pointer(incident.fingerprint),
          keys.record(incident.id),
          keys.all,
          keys.active(incident.cluster),
          expected ?? '',
          incident.id,
          JSON.stringify(Incident.parse(incident)),
          Date.parse(incident.openedAt),
          KEPT_MS,
        ),
      )
      if (id === incident.id) await remember(incident)
      // the list of all forgets what has expired
      await redis.zremrangebyscore(keys.all, 0, Date.now() - KEPT_MS)
      return { opened: id === incident.id, id }
    },
    async byFingerprint(fingerprint) {
      const id = await redis.get(keys.pointer(fingerprint))
      return id ? read(id) : undefined
    },
    async alias(fingerprint, id) {
      await redis.set(keys.pointer(fingerprint), id, 'PX', KEPT_MS)
    },
    async change(id, change, fence) {
      let family: string | undefined
      const stored = await store.update<Incident>(
        keys.record(id),
        (current) => {
          if (!current) return undefined
          family = current.family
          if (fence !== undefined && current.fence > fence)
            throw new ConflictError(`Incident ${id} belongs to another watcher now.`)
          const next = change(current)
          return next && Incident.parse(fence === undefined ? next : { ...next, fence })
        },
        { ttlMs: KEPT_MS, schema: Incident },
      )
      const incident = stored?.value
      if (!incident) return undefined
      if (family !== incident.family) await remember(incident)
      const gone = incident.state === 'closed' || incident.state === 'merged'
      await (gone ? redis.srem(keys.active(incident.cluster), id) : redis.sadd(keys.active(incident.cluster), id))
      return incident
    },
    async family(cluster, family) {
      return readAll(await redis.lrange(keys.family(cluster, family), 0, FAMILY_KEPT - 1))
    },
    async count(what, by = 1) {
      if (by > 0) await redis.hincrby(keys.counts, what, by)
    },
    async counts() {
      const stored = await redis.hgetall(keys.counts)
      return Object.fromEntries(COUNTED.map((name) => [name, Number(stored[name] ?? 0)]))
    },
  }
}

/** The same trouble of the same object at the same moment has the same id, so that opening it again after a lost reply is harmless. */
export function incidentId(fingerprint: string, owner: ObjectRef, openedAt: string): string {
  return createHash('sha256')
    .update(`${fingerprint} ${refKey(owner)} ${openedAt}`)
    .digest('hex')
    .slice(0, 10)
}
