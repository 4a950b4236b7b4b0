// The stop and the level: sealed and numbered, so that whoever can write to Redis can only make them stricter.
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/log.ts'
import { createSigner } from '../../src/safety/signature.ts'
import { createStanding } from '../../src/safety/standing.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

const signer = createSigner('a key that only bot and executor hold')
const ADMIN = { platform: 'slack' as const, workspace: 'T1', id: 'U3', name: 'jo' }
let redis: RedisServer
let store: Store
let key: string

beforeAll(async () => {
  redis = await startRedis(['--appendfsync', 'no'])
  store = await connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: redis.url })
  key = store.key('standing')
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})
beforeEach(() => store.remove('standing'))

/** The bot that gives orders, and the executor that obeys them, each with its own memory. */
function processes(level: 'L0' | 'L1' | 'L3' = 'L1') {
  const file = join(temporaryFolder(), 'standing.json')
  const executor = () => createStanding({ store, level, signer, file })
  return { bot: createStanding({ store, level, signer }), executor: executor(), restarted: executor }
}
const record = () => store.redis.hget(key, 'value') as Promise<string>
const put = (value: string) => store.redis.hset(key, 'value', value)

describe('standing orders', () => {
  it('are none at first, hold for every process, and are taken back', async () => {
    const { bot, executor } = processes('L0')
    expect(await executor.read()).toEqual({ stop: undefined, level: 'L0', at: undefined })
    await bot.setLevel('L2', ADMIN)
    await bot.pullStop(ADMIN, 'drill')
    expect(await executor.read()).toMatchObject({ level: 'L2', stop: { reason: 'drill', by: { id: 'U3' } } })
    await bot.releaseStop(ADMIN)
    expect(await executor.read()).toMatchObject({ level: 'L2', stop: undefined })
  })

  it('need the signing key to be given', async () => {
    await expect(createStanding({ store, level: 'L1' }).pullStop(ADMIN, 'x')).rejects.toThrow(/no signing key/)
  })

  it('of two bots at once are both kept', async () => {
    const { bot, executor } = processes()
    await Promise.all([bot.setLevel('L2', ADMIN), processes().bot.pullStop(ADMIN, 'drill')])
    expect(await executor.read()).toMatchObject({ level: 'L2', stop: { reason: 'drill' } })
  })
})

describe('attack: a record written into Redis', () => {
  it('an older one that is put back neither raises the level nor lifts the stop', async () => {
    const { bot, executor, restarted } = processes()
    await bot.setLevel('L3', ADMIN)
    const raised = await record()
    await bot.setLevel('L1', ADMIN)
    await bot.pullStop(ADMIN, 'drill')
    await executor.read()
    await put(raised)
    expect(await executor.read()).toMatchObject({ level: 'L1', stop: { reason: 'drill' } })
    // and a process that was down meanwhile still knows
    expect(await restarted().read()).toMatchObject({ level: 'L1', stop: { reason: 'drill' } })
  })

  it('one that is removed brings back neither the default level nor the work', async () => {
    const { bot, executor } = processes('L3')
    await bot.setLevel('L1', ADMIN)
    await bot.pullStop(ADMIN, 'drill')
    await executor.read()
    await store.remove('standing')
    expect(await executor.read()).toMatchObject({ level: 'L1', stop: { reason: 'drill' } })
    // the next order counts on from there
    await executor.releaseStop(ADMIN)
    expect(await executor.read()).toMatchObject({ level: 'L1', stop: undefined })
  })

  it.each([
    ['a higher level', { level: 'L4' }, 'L1'],
    ['a lower level', { level: 'L0' }, 'L0'],
    ['rubbish', { level: 'L9' }, 'L1'],
  ])('%s without a seal', async (_, forged, level) => {
    const { bot, executor } = processes()
    await bot.setLevel('L1', ADMIN)
    await executor.read()
    await put(JSON.stringify({ ...JSON.parse(await record()), ...forged, number: Number.MAX_SAFE_INTEGER }))
    expect((await executor.read()).level).toBe(level)
    await bot.setLevel('L2', ADMIN)
    expect((await executor.read()).level).toBe('L2')
  })

  it('a forged stop stops: nothing is sent until an admin resumes', async () => {
    const { bot, executor } = processes()
    await bot.setLevel('L2', ADMIN)
    const stop = { by: ADMIN, reason: 'forged', at: new Date().toISOString() }
    await put(JSON.stringify({ ...JSON.parse(await record()), stop }))
    expect((await executor.read()).stop?.reason).toBe('forged')
    await bot.releaseStop(ADMIN)
    expect(await executor.read()).toMatchObject({ level: 'L2', stop: undefined })
  })
})
