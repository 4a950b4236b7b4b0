// What a leader has counted so far, kept in Redis together with how far it has read: the next leader goes on from exactly there.
import { ConflictError } from '../core/errors.ts'
import type { Store } from '../store/store.ts'
import { Group } from './groups.ts'
import { Signal } from './signal.ts'

const KEPT_MS = 7 * 24 * 3600_000
/** alerts that wait for a leader; what comes on top is refused at the door */
export const MAX_WAITING_ALERTS = 5000

export interface Notebook {
  load(): Promise<{ groups: Group[]; resourceVersion: string | undefined }>
  /** All or nothing. Throws a ConflictError when another leader has taken over. */
  save(changes: ReadonlyMap<string, Group | undefined>, resourceVersion: string | undefined): Promise<void>
  /** alerts that came over HTTP after the one called `after`, the oldest first; they stay until `taken` */
  waiting(after: string | undefined, limit: number): Promise<{ id: string; signal: Signal | undefined }[]>
  /** Harmless when repeated. */
  taken(ids: readonly string[]): Promise<void>
}

const SAVE = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[2]) end
for at = 4, #ARGV, 2 do
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[3], ARGV[at]) else redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1]) end
end
redis.call('PEXPIRE', KEYS[3], ARGV[2])
return 1`

export function createNotebook(store: Store, cluster: string, fence: number): Notebook {
  const { redis } = store
  const keys = {
    fence: store.key(`incident:fence:${cluster}`),
    version: store.key(`incident:rv:${cluster}`),
    groups: store.key(`incident:groups:${cluster}`),
  }
  const inbox = inboxKey(store, cluster)
  return {
    async load() {
      const [version, stored] = await Promise.all([redis.get(keys.version), redis.hgetall(keys.groups)])
      const groups = Object.values(stored).flatMap((text) => {
        const parsed = Group.safeParse(JSON.parse(text))
        return parsed.success ? [parsed.data] : []
      })
      return { groups, resourceVersion: version ?? undefined }
    },
    async save(changes, resourceVersion) {
      const pairs = [...changes].flatMap(([key, group]) => [key, group ? JSON.stringify(group) : ''])
      const saved = await redis.eval(
        SAVE,
        3,
        keys.fence,
        keys.version,
        keys.groups,
        fence,
        KEPT_MS,
        resourceVersion ?? '',
        ...pairs,
      )
      if (saved !== 1) throw new ConflictError(`Another watcher leads cluster ${cluster} now.`)
    },
    async waiting(after, limit) {
      const rows = await redis.xrange(inbox, after === undefined ? '-' : `(${after}`, '+', 'COUNT', limit)
      return rows.map(([id, [, body = '']]) => ({ id, signal: readSignal(body) }))
    },
    async taken(ids) {
      if (ids.length > 0) await redis.xdel(inbox, ...ids)
    },
  }
}

function readSignal(body: string): Signal | undefined {
  try {
    return Signal.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}

const DELIVER = `
for at = 2, #KEYS do
  if redis.call('XLEN', KEYS[at]) + (#ARGV - 2) / 2 > tonumber(ARGV[1]) then return -1 end
end
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[2]) == false then return 0 end
local at = 3
while at < #ARGV do
  redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'signal', ARGV[at + 1])
  at = at + 2
end
return 1`

/** Stores the signs of one delivery, once: `repeated` when its `mark` was seen before, `full` when too many wait already. */
export async function deliver(
  store: Store,
  mark: string,
  markMs: number,
  signals: readonly Signal[],
): Promise<'stored' | 'repeated' | 'full'> {
  const clusters = [...new Set(signals.map((signal) => signal.cluster))]
  const lists = clusters.map((cluster) => inboxKey(store, cluster))
  const pairs = signals.flatMap((signal) => [String(clusters.indexOf(signal.cluster) + 2), JSON.stringify(signal)])
  const result = await store.redis.eval(
    DELIVER,
    1 + lists.length,
    store.key(`incident:seen:${mark}`),
    ...lists,
    MAX_WAITING_ALERTS,
    markMs,
    ...pairs,
  )
  return result === 1 ? 'stored' : result === 0 ? 'repeated' : 'full'
}

function inboxKey(store: Store, cluster: string): string {
  return store.key(`incident:alerts:${cluster}`)
}
