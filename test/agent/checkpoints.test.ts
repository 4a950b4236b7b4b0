// LangGraph's own conformance suite over checkpoints on plain Redis, and what its suite does not ask.
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { validate } from '@langchain/langgraph-checkpoint-validation'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisCheckpoints } from '../../src/agent/model/checkpoints.ts'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

let redis: RedisServer
let store: Store

beforeAll(async () => {
  redis = await startRedis()
  store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})

// the suite speaks to the test runner by its globals, which are off here
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it })
validate({
  checkpointerName: 'RedisCheckpoints',
  async createCheckpointer() {
    await store.redis.flushall()
    return new RedisCheckpoints(store)
  },
})

it('keeps threads apart whatever their names are', async () => {
  await store.redis.flushall()
  const saver = new RedisCheckpoints(store)
  const names = ['slack/T1/C1/1.2', 'slack/T1/C1/1.2:x', '__proto__', 'a:b', 'a%3Ab', 'ä 🙂']
  for (const name of names) {
    await saver.put(
      { configurable: { thread_id: name, checkpoint_ns: '' } },
      { ...emptyCheckpoint(), id: uuid6(1), channel_values: { name }, channel_versions: { name: 1 } },
      { source: 'input', step: 0, parents: {} },
      { name: 1 },
    )
  }
  for (const name of names) {
    const found = await saver.getTuple({ configurable: { thread_id: name } })
    expect(found?.checkpoint.channel_values).toEqual({ name })
  }
  await saver.deleteThread('a:b')
  expect(await saver.getTuple({ configurable: { thread_id: 'a:b' } })).toBeUndefined()
  expect(await saver.getTuple({ configurable: { thread_id: 'a%3Ab' } })).toBeDefined()
})

it('keeps the last state of a thread and forgets the steps before it', async () => {
  await store.redis.flushall()
  const saver = new RedisCheckpoints(store)
  let config: Parameters<typeof saver.put>[0] = { configurable: { thread_id: 't', checkpoint_ns: '' } }
  for (let step = 0; step < 5; step++) {
    config = await saver.put(
      config,
      { ...emptyCheckpoint(), id: uuid6(step), channel_values: { step }, channel_versions: { step } },
      { source: 'loop', step, parents: {} },
      { step },
    )
    await saver.putWrites(config, [['messages', step]], `task-${step}`)
  }
  await saver.put(
    { configurable: { thread_id: 't', checkpoint_ns: 'tools:1' } },
    { ...emptyCheckpoint(), id: uuid6(9) },
    { source: 'loop', step: 0, parents: {} },
    {},
  )
  await saver.trim('t')
  const left: unknown[] = []
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: 't' } }))
    left.push(checkpoint.channel_values)
  expect(left).toEqual([{ step: 4 }])
  expect((await store.redis.keys('*checkpoint*')).length).toBeLessThanOrEqual(5)
})
