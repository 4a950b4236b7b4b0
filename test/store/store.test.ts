import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SettingsError, UnavailableError } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/log.ts'
import { isNewEnough } from '../../src/store/checks.ts'
import { connectStore, parseRedisUrl } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { compareAndSet } from '../../src/store/versioned.ts'
import { eventually, freePort, heardTwice, type RedisServer, startRedis, temporaryFolder } from './redis-server.ts'

let server: RedisServer
let one: Store
let two: Store

const connect = (url: string) =>
  connectStore({ url, dataDir: temporaryFolder(), log: silentLogger, connectTimeoutMs: 1_000 })

beforeAll(async () => {
  server = await startRedis()
  one = await connect(server.url)
  two = await connect(server.url)
})
afterAll(async () => {
  await one.close()
  await two.close()
  await server.stop()
})

describe('values', () => {
  it('come back as they were, under the prefix', async () => {
    await one.setJson('value', { a: [1, 'ä', null] })
    expect(await two.getJson('value')).toEqual({ a: [1, 'ä', null] })
    expect(await one.redis.exists('fm:value')).toBe(1)
    await one.remove('value')
    expect(await two.getJson('value')).toBeUndefined()
  })

  it('vanish after their time', async () => {
    await one.setJson('short', 1, { ttlMs: 300 })
    expect(await one.getJson('short')).toBe(1)
    await eventually(async () => (await one.getJson('short')) === undefined)
  })

  it('that do not fit the schema are refused', async () => {
    await one.setJson('shape', { a: 1 })
    await expect(one.getJson('shape', z.object({ a: z.string() }))).rejects.toThrow(z.ZodError)
  })
})

describe('compare-and-set', () => {
  it('lets exactly one of a hundred writers through', async () => {
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? one : two).compareAndSet('cas', 0, i)),
    )
    expect(results.filter((revision) => revision === 1)).toHaveLength(1)
    expect(results.filter((revision) => revision === undefined)).toHaveLength(99)
  })

  it('refuses a stale revision and a value that was removed meanwhile', async () => {
    await one.compareAndSet('stale', 0, 'a')
    expect(await two.compareAndSet('stale', 1, 'b')).toBe(2)
    expect(await one.compareAndSet('stale', 1, 'c')).toBeUndefined()
    expect(await one.read('stale')).toEqual({ revision: 2, value: 'b' })
    await one.remove('stale')
    expect(await one.compareAndSet('stale', 2, 'd')).toBeUndefined()
  })

  it('is one write when its command is sent again because the reply was lost', async () => {
    expect(await compareAndSet(heardTwice(one.redis), 'fm:again', 0, 'a')).toBe(1)
    expect(await compareAndSet(heardTwice(one.redis), 'fm:again', 1, 'b')).toBe(2)
    expect(await one.read('again')).toEqual({ revision: 2, value: 'b' })
  })

  it('without a time to live keeps a value that had one', async () => {
    await one.compareAndSet('kept', 0, 'a', { ttlMs: 60_000 })
    expect(await one.redis.pttl('fm:kept')).toBeGreaterThan(0)
    await one.compareAndSet('kept', 1, 'b')
    expect(await one.redis.pttl('fm:kept')).toBe(-1)
  })

  it('update loses no increment', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? one : two).update<number>('count', (n = 0) => n + 1)),
    )
    expect(await one.read('count')).toEqual({ revision: 40, value: 40 })
  })
})

describe('lock', () => {
  it('has one holder at a time and a token that grows', async () => {
    const first = await one.lock('room', 1_000)
    expect(await two.lock('room', 1_000)).toBeUndefined()
    expect(first?.held).toBe(true)
    await first?.release()
    expect(first?.held).toBe(false)
    const second = await two.lock('room', 1_000)
    expect(second?.token).toBeGreaterThan(first?.token ?? Number.POSITIVE_INFINITY)
    await second?.release()
  })

  it('has a token that grows even when the clock of Redis goes back', async () => {
    const later = (Date.now() + 3_600_000) * 1000
    await one.redis.hset('fm:lock:clock', 'token', later)
    const next = await one.lock('clock', 1_000)
    expect(next?.token).toBe(later + 1)
    await next?.release()
  })

  it('is kept by renewal for longer than its time, and waited for', async () => {
    const held = await one.lock('long', 400)
    await sleep(1_000)
    expect(held?.held).toBe(true)
    const waiting = two.lock('long', 400, { waitMs: 5_000 })
    await sleep(50)
    await held?.release()
    const next = await waiting
    expect(next?.held).toBe(true)
    await next?.release()
  })

  it('tells its holder when it is lost', async () => {
    const held = await one.lock('stolen', 120)
    await one.redis.hset('fm:lock:stolen', 'owner', 'somebody else')
    await eventually(() => held?.lost.aborted === true)
    expect(held?.held).toBe(false)
    expect(await held?.renew()).toBe(false)
  })

  it('of a holder that died is free after its time', async () => {
    const dead = await one.lock('dead', 60_000)
    await one.redis.hset('fm:lock:dead', 'until', Date.now() + 500)
    expect(await two.lock('dead', 100)).toBeUndefined()
    const next = await two.lock('dead', 5_000, { waitMs: 5_000 })
    expect(next?.token).toBeGreaterThan(dead?.token ?? Number.POSITIVE_INFINITY)
    await next?.release()
    await dead?.release()
  })
})

describe('messages', () => {
  it('reach every listener until it stops listening', async () => {
    const heard: string[] = []
    const stopA = await one.subscribe('wake', (message) => heard.push(`a ${message}`))
    const stopB = await one.subscribe('fm:wake', (message) => heard.push(`b ${message}`))
    await two.publish('wake', '1')
    await eventually(() => heard.length === 2)
    await stopA()
    await two.publish('wake', '2')
    await eventually(() => heard.length === 3)
    expect(heard.sort()).toEqual(['a 1', 'b 1', 'b 2'])
    await stopB()
  })
})

describe('a Redis that went away', () => {
  it('is ridden out when it comes back, and reported when it does not', async () => {
    const own = await startRedis()
    const store = await connect(own.url)
    const producer = store.newConnection('producer')
    await once(producer, 'ready')
    await store.setJson('kept', 1)
    const heard: string[] = []
    await store.subscribe('wake', (message) => heard.push(message))

    const back = own.restart(500)
    await sleep(100)
    expect(await store.healthy()).toBe(false)
    await expect(producer.get('x')).rejects.toThrow()
    expect(await store.getJson('kept')).toBe(1)
    await back
    await eventually(() => store.healthy())
    await eventually(async () => {
      await store.publish('wake', 'again')
      return heard.length > 0
    })

    await own.stop()
    // the second one too, when the pauses between tries have grown
    for (let n = 0; n < 2; n++) {
      const asked = performance.now()
      await expect(store.getJson('kept')).rejects.toBeInstanceOf(UnavailableError)
      expect(performance.now() - asked).toBeLessThan(8_000)
    }
    await store.close()
  })
})

describe('a Redis that is not fit', () => {
  /** the one sentence; a connection that succeeds is closed, and no sentence */
  const refused = async (url: string): Promise<string> => {
    try {
      const store = await connect(url)
      await store.close()
      return 'not refused'
    } catch (error) {
      return error instanceof SettingsError && !error.message.includes('\n')
        ? error.message
        : `not a sentence: ${String(error)}`
    }
  }

  const refusal = async (args: string[]) => {
    const unfit = await startRedis(args)
    try {
      return await refused(unfit.url)
    } finally {
      await unfit.stop()
    }
  }

  it('may evict', async () => {
    expect(await refusal(['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'])).toMatch(
      /maxmemory-policy is allkeys-lru\): set it to noeviction/,
    )
  })

  it('may evict, and forbids CONFIG', async () => {
    expect(await refusal(['--maxmemory-policy', 'volatile-ttl', '--rename-command', 'CONFIG', ''])).toMatch(
      /volatile-ttl/,
    )
  })

  it('is a Cluster', async () => {
    expect(
      await refusal([
        '--cluster-enabled',
        'yes',
        '--port',
        String(await freePort()),
        '--cluster-port',
        String(await freePort()),
      ]),
    ).toMatch(/is a Redis Cluster/)
  })

  it('wants another password, which is not repeated', async () => {
    const port = await freePort()
    const locked = await startRedis(['--requirepass', 'right-one-123', '--port', String(port)])
    const message = await refused(`redis://:wrong-one-456@127.0.0.1:${port}`)
    await locked.stop()
    expect(message).toMatch(/^Redis cannot be reached at 127\.0\.0\.1:\d+ \(WRONGPASS/)
    expect(message).not.toContain('wrong-one')
  })

  it('is not there', async () => {
    await expect(connect('redis://127.0.0.1:1')).rejects.toThrow(
      /Redis cannot be reached at 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
    )
  })

  it('is too old', () => {
    expect(['6.2.0', '7.0.15', '10.0.0'].map(isNewEnough)).toEqual([true, true, true])
    expect(['6.0.16', '5.0.7', 'unknown', ''].map(isNewEnough)).toEqual([false, false, false, false])
  })
})

it('REDIS_URL is understood in each of its forms', () => {
  expect(parseRedisUrl('redis://user:p%40ss@host:7000/2')).toEqual({
    host: 'host',
    port: 7000,
    db: 2,
    username: 'user',
    password: 'p@ss',
  })
  expect(parseRedisUrl('rediss://[::1]')).toMatchObject({ host: '::1', port: 6379, tls: {} })
  expect(parseRedisUrl('unix:///run/redis.sock?db=3')).toMatchObject({ path: '/run/redis.sock', db: 3 })
  expect(() => parseRedisUrl('http://host')).toThrow(SettingsError)
})
