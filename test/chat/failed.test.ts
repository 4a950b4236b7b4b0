// One message that can never be said does not hold up its thread: it becomes a dead letter, and an outage does not.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDeliverContext } from '../../src/chat/attempt.ts'
import { type Adapter, SayError } from '../../src/chat/contract.ts'
import { deliverOne } from '../../src/chat/deliver.ts'
import { createOutbox } from '../../src/chat/outbox.ts'
import { textCard } from '../../src/core/card.ts'
import { type Thread, threadKey } from '../../src/core/thread.ts'
import { silentLogger } from '../../src/log.ts'
import { startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
let stages = 0
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const thread = (id: string): Thread => ({ platform: 'terminal', workspace: '', channel: 'c', thread: id, direct: true })

const free = { everyMs: 0, burst: 1, by: 'workspace' }

/** A platform that fails at what `fails` says; attempts are made without waiting. */
async function stage(fails: (key: string) => Error | undefined) {
  const store = await redis.connect(`failed${++stages}:`)
  const outbox = createOutbox({ store })
  const adapter = {
    name: 'terminal',
    pace: { posts: free, edits: free, reactions: free, editEveryMs: 0 },
    say: {
      async post({ key, thread: where }: { key: string; thread: Thread }) {
        const error = fails(key)
        if (error) throw error
        return { message: key, thread: where }
      },
      find: async () => undefined,
      overflow: () => undefined,
    },
  } as unknown as Adapter
  const context = createDeliverContext(store, silentLogger)
  const put = (id: string, key: string) =>
    outbox.put({ kind: 'post', key, thread: thread(id), card: textCard(key), attachments: [], root: false })
  const attempt = (id: string, key: string) => deliverOne(context, adapter, threadKey(thread(id)), key)
  return { store, outbox, put, attempt }
}

const away = () => new SayError('unknown', 'HTTP 500.')

it('when the platform fails at it again and again while it takes others', async () => {
  const { outbox, put, attempt } = await stage((key) => (key === 'poison' ? away() : undefined))
  await put('1', 'poison')
  let tries = 0
  for (let done = false; !done && tries < 50; tries += 1) {
    done = (await attempt('1', 'poison')).done
    await new Promise((resolve) => setTimeout(resolve, 3))
    await put('2', `other${tries}`)
    expect(await attempt('2', `other${tries}`)).toEqual({ done: true })
  }
  expect(tries).toBe(9)
  expect(await outbox.dead()).toMatchObject([{ key: 'poison', why: expect.stringContaining('HTTP 500') }])
  expect((await outbox.counts()).dead).toBe(1)
})

it('but never because the platform is away, however long and whatever it took before', async () => {
  let outage = false
  const { outbox, put, attempt } = await stage(() => (outage ? away() : undefined))
  await put('2', 'before')
  await attempt('2', 'before')
  outage = true
  await put('1', 'waits')
  for (let n = 0; n < 40; n += 1) expect(await attempt('1', 'waits')).toMatchObject({ done: false, holds: true })
  outage = false
  expect(await attempt('1', 'waits')).toEqual({ done: true })
  expect(await outbox.dead()).toEqual([])
})

it('when something of ours breaks on it, or it cannot be read', async () => {
  const { store, outbox, put, attempt } = await stage((key) =>
    key === 'broken' ? new TypeError('x is not y') : undefined,
  )
  await put('1', 'broken')
  expect(await attempt('1', 'broken')).toMatchObject({ done: false })
  expect(await attempt('1', 'broken')).toMatchObject({ done: false })
  expect(await attempt('1', 'broken')).toEqual({ done: true })
  await put('1', 'unreadable')
  await store.redis.hset(
    `${store.prefix}outbox:m:${threadKey(thread('1'))}:unreadable`,
    'body',
    '{"kind":"of another age"}',
  )
  expect(await attempt('1', 'unreadable')).toEqual({ done: true })
  expect((await outbox.dead()).map(({ key }) => key)).toEqual(['unreadable', 'broken'])
})
