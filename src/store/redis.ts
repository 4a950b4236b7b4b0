// Connects the store: to REDIS_URL, or to the embedded Redis of the data folder.
import { randomBytes } from 'node:crypto'
import { Redis, type RedisOptions } from 'ioredis'
import { messageOf, SettingsError, UnavailableError } from '../core/errors.ts'
import type { Logger } from '../log.ts'
import { createBus } from './bus.ts'
import { checkRedis } from './checks.ts'
import { type EmbeddedRedis, joinEmbedded } from './embedded.ts'
import { takeLock } from './lock.ts'
import type { ConnectionRole, Store } from './store.ts'
import { compareAndSet, readVersioned, update } from './versioned.ts'

export interface StoreOptions {
  /** redis://, rediss:// or unix://; unset: an embedded Redis in `dataDir` */
  url?: string
  dataDir: string
  log: Logger
  /** begins every key; default `fm:` */
  prefix?: string
  /** how long to wait for the first connection; default 10 s */
  connectTimeoutMs?: number
}

/** With the longest pause this is how long a command waits, also one that comes when Redis has been away for long: three to five seconds. */
const PATIENCE_TRIES = 8
const LONGEST_PAUSE_MS = 500

/** Rejects with a SettingsError of one sentence when there is no fit Redis. */
export async function connectStore(options: StoreOptions): Promise<Store> {
  const { log, url } = options
  const name = `fm:${process.pid}:${randomBytes(4).toString('hex')}`
  const embedded = url ? undefined : await joinEmbedded({ dataDir: options.dataDir, name, log })
  const address = embedded ? { path: embedded.socket } : parseRedisUrl(url ?? '')
  const where = embedded ? `${embedded.folder} (embedded)` : describe(address)
  const connections = new Set<Redis>()

  function open(extra: RedisOptions): Redis {
    const connection = new Redis({
      ...address,
      connectionName: name,
      connectTimeout: 5_000,
      retryStrategy,
      // after a fail-over the old primary still answers, but as a replica: connect anew and send the command again
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
      ...extra,
    })
    connection.on('error', (error) => log.debug({ error: messageOf(error) }, 'redis connection error'))
    connection.on('end', () => connections.delete(connection))
    connections.add(connection)
    return connection
  }

  // the connection under which this process counts as a user of the embedded Redis
  const redis = open({ maxRetriesPerRequest: PATIENCE_TRIES, enableReadyCheck: true })
  try {
    await firstConnection(redis, where, options.connectTimeoutMs ?? 10_000)
    await checkRedis(redis, where)
  } catch (error) {
    for (const connection of connections) connection.disconnect()
    await embedded?.leave()
    throw error
  }
  await embedded?.joined()
  watch(redis, embedded, log)
  return assemble({ redis, open, connections, where, prefix: options.prefix ?? 'fm:', embedded })
}

interface Parts {
  redis: Redis
  open: (extra: RedisOptions) => Redis
  connections: Set<Redis>
  where: string
  prefix: string
  embedded: EmbeddedRedis | undefined
}

function assemble({ redis, open, connections, where, prefix, embedded }: Parts): Store {
  const key = (name: string) => (name.startsWith(prefix) ? name : prefix + name)
  const bus = createBus(redis, () => open({ maxRetriesPerRequest: null }), key)
  let closing: Promise<void> | undefined

  const store: Store = {
    redis,
    prefix,
    where,
    key,
    getJson: (name, schema) =>
      reached(async () => {
        const text = await redis.get(key(name))
        if (text === null) return undefined
        const value: unknown = JSON.parse(text)
        return schema ? schema.parse(value) : (value as never)
      }),
    setJson: (name, value, { ttlMs } = {}) =>
      reached(async () => {
        const text = JSON.stringify(value)
        if (ttlMs === undefined) await redis.set(key(name), text)
        else await redis.set(key(name), text, 'PX', Math.max(1, Math.ceil(ttlMs)))
      }),
    remove: (name) => reached(async () => void (await redis.del(key(name)))),
    read: (name, schema) => reached(() => readVersioned(redis, key(name), schema)),
    compareAndSet: (name, revision, value, write) =>
      reached(() => compareAndSet(redis, key(name), revision, value, write)),
    update: (name, change, write) => update(store, name, change, write),
    lock: (name, ttlMs, wait) => reached(() => takeLock(redis, key(`lock:${name}`), ttlMs, wait?.waitMs)),
    publish: (channel, message) => reached(() => bus.publish(channel, message)),
    subscribe: (channel, listener) => reached(() => bus.subscribe(channel, listener)),
    newConnection: (role) => open(roleOptions(role)),
    healthy: () => answers(redis, 1_000),
    close() {
      closing ??= close()
      return closing
    },
  }

  async function close(): Promise<void> {
    await Promise.all([...connections].map((connection) => quit(connection)))
    await embedded?.leave()
  }
  return store
}

function roleOptions(role: ConnectionRole): RedisOptions {
  return role === 'worker'
    ? { maxRetriesPerRequest: null }
    : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 2_000 }
}

function retryStrategy(times: number): number {
  return Math.min(50 * 2 ** Math.min(times - 1, 10), LONGEST_PAUSE_MS) * (0.8 + Math.random() * 0.4)
}

/** Waits for the shared connection; what cannot get better by waiting (a wrong password) ends it at once. */
async function firstConnection(redis: Redis, where: string, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return
  const problem = await new Promise<string | undefined>((resolve) => {
    let last = 'no answer'
    const timer = setTimeout(() => resolve(last), timeoutMs)
    const done = (result: string | undefined) => {
      clearTimeout(timer)
      redis.off('error', onError)
      resolve(result)
    }
    const onError = (error: Error & { code?: string }) => {
      last = error.code ?? error.message
      if (
        /WRONGPASS|NOAUTH|NOPERM|invalid password|ENOTFOUND|EACCES|certificate|SSL|TLS/i.test(
          `${last} ${error.message}`,
        )
      )
        done(error.message)
    }
    redis.on('error', onError)
    redis.once('ready', () => done(undefined))
  })
  if (problem !== undefined) {
    throw new SettingsError(
      `Redis cannot be reached at ${where} (${problem.replace(/[.\s]+$/, '')}): start it, correct REDIS_URL, or unset REDIS_URL to use an embedded one.`,
    )
  }
}

/** An embedded Redis that died is started again by whoever notices first; the connections then find it by themselves. */
function watch(redis: Redis, embedded: EmbeddedRedis | undefined, log: Logger): void {
  redis.on('close', () => {
    if (redis.status === 'end') return
    log.warn('connection to Redis lost; reconnecting')
    embedded
      ?.revive()
      .catch((error: unknown) =>
        log.error({ error: messageOf(error) }, 'the embedded Redis could not be started again'),
      )
  })
  redis.on('ready', () => log.info('connection to Redis is back'))
}

async function answers(redis: Redis, timeoutMs: number): Promise<boolean> {
  if (redis.status !== 'ready') return false
  const timer = Promise.withResolvers<boolean>()
  const timeout = setTimeout(() => timer.resolve(false), timeoutMs)
  try {
    return await Promise.race([redis.ping().then(() => true), timer.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timeout)
  }
}

async function quit(connection: Redis): Promise<void> {
  const polite = connection.status === 'ready' ? connection.quit().catch(() => undefined) : Promise.resolve()
  const timeout = new Promise((resolve) => setTimeout(resolve, 1_000).unref())
  await Promise.race([polite, timeout])
  connection.disconnect()
}

/** Redis's own words for "not there" become the error that callers branch on. */
async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isConnectionError(error)) throw error
    throw new UnavailableError('Redis cannot be reached right now; try again in a moment.', {
      retryAfterMs: 1_000,
      cause: error,
    })
  }
}

export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as Error & { code?: string }).code ?? ''
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /^(?:ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/.test(code) ||
    /Connection is closed|Stream isn't writeable|Command timed out|^(?:LOADING|READONLY|MASTERDOWN|TRYAGAIN|MISCONF|OOM|CLUSTERDOWN)\b/.test(
      error.message,
    )
  )
}

export function parseRedisUrl(url: string): RedisOptions {
  if (!URL.canParse(url))
    throw new SettingsError('REDIS_URL is not a URL; allowed is, for example, redis://localhost:6379.')
  if (url.startsWith('unix:')) {
    const parsed = new URL(url)
    const db = Number(parsed.searchParams.get('db') ?? 0)
    return { path: decodeURIComponent(parsed.pathname), db, ...password(parsed) }
  }
  const parsed = new URL(url)
  if (!/^rediss?:$/.test(parsed.protocol))
    throw new SettingsError('REDIS_URL must start with redis://, rediss:// or unix://.')
  const db = Number(parsed.pathname.slice(1) || 0)
  if (!Number.isInteger(db))
    throw new SettingsError('REDIS_URL must end in the number of a database, such as redis://localhost:6379/0.')
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(parsed.port || 6379),
    db,
    ...credentials(parsed),
    ...(parsed.protocol === 'rediss:' ? { tls: { servername: parsed.hostname } } : {}),
  }
}

/** A socket's URL has no place for a host, hence none for a user either: `unix:///run/redis.sock?password=…`. */
function password(url: URL): RedisOptions {
  const text = url.searchParams.get('password')
  return text ? { password: text } : {}
}

function credentials(url: URL): RedisOptions {
  return {
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
  }
}

function describe(address: RedisOptions): string {
  return address.path ?? `${address.host}:${address.port}${address.db ? `/${address.db}` : ''}`
}
