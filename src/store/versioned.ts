// Compare-and-set: one hash per key, `revision` beside `value`, changed by one script.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { z } from 'zod'
import { ConflictError } from '../core/errors.ts'
import type { Store, Versioned, WriteOptions } from './store.ts'

/** How often `update` tries before it says that too many want the same key. */
const ATTEMPTS = 50

// `by` is the writer's mark of this one write: ioredis sends a command again when the connection broke before the reply, and the
// second run must find its own first run to be a success.
const COMPARE_AND_SET = `
local current = redis.call('HMGET', KEYS[1], 'revision', 'by')
local revision = tonumber(current[1] or '0') or 0
if revision == tonumber(ARGV[1]) + 1 and current[2] == ARGV[3] then return revision end
if revision ~= tonumber(ARGV[1]) then return -1 end
redis.call('HSET', KEYS[1], 'revision', revision + 1, 'value', ARGV[2], 'by', ARGV[3])
if tonumber(ARGV[4]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[4]) else redis.call('PERSIST', KEYS[1]) end
return revision + 1`

export async function readVersioned<T>(
  redis: Redis,
  key: string,
  schema?: z.ZodType<T>,
): Promise<Versioned<T> | undefined> {
  const [revision, text] = await redis.hmget(key, 'revision', 'value')
  if (revision == null || text == null) return undefined
  const value: unknown = JSON.parse(text)
  return { revision: Number(revision), value: schema ? schema.parse(value) : (value as T) }
}

export async function compareAndSet(
  redis: Redis,
  key: string,
  revision: number,
  value: unknown,
  options: WriteOptions = {},
): Promise<number | undefined> {
  const ttl = options.ttlMs === undefined ? 0 : Math.max(1, Math.ceil(options.ttlMs))
  const result = Number(await redis.eval(COMPARE_AND_SET, 1, key, revision, JSON.stringify(value), randomUUID(), ttl))
  return result < 0 ? undefined : result
}

export async function update<T>(
  store: Pick<Store, 'read' | 'compareAndSet'>,
  name: string,
  change: (current: T | undefined) => T | undefined,
  options: WriteOptions & { schema?: z.ZodType<T> } = {},
): Promise<Versioned<T> | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await store.read(name, options.schema)
    const value = change(current?.value)
    if (value === undefined) return current
    const revision = await store.compareAndSet(name, current?.revision ?? 0, value, options)
    if (revision !== undefined) return { revision, value }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(5 * (attempt + 1), 100)))
  }
  throw new ConflictError(`Too many writers wanted ${name} at once; try again.`)
}
