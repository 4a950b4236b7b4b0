// Whatever arrives is enqueued once and is safe from then on, until it is done or canceled.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UnavailableError, UsageError } from '../../src/core/errors.ts'
import type { Task } from '../../src/core/task.ts'
import { silentLogger } from '../../src/log.ts'
import { KINDS } from '../../src/queue/kinds.ts'
import { createQueue } from '../../src/queue/queue.ts'
import { connectStore } from '../../src/store/redis.ts'
import { eventually, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { queueRig } from './rig.ts'
import { answer, expire } from './tasks.ts'

const rig = queueRig()

describe('enqueue', () => {
  it('accepts a task once, however often it is delivered at the same time', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    const results = await Promise.all(Array.from({ length: 50 }, () => rig.queue.enqueue(task)))
    expect(results.filter(({ accepted }) => accepted)).toHaveLength(1)
    rig.work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length > 0)
    await sleep(200)
    expect(seen).toEqual([task.id])
  })

  it('knows a task again when its job is long gone', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    await rig.queue.enqueue(task)
    rig.work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(async () => (await rig.queue.stats()).worker.active === 0 && seen.length === 1)
    await rig.store.redis.del(`fm:queue:worker:${task.id}`)
    expect(await rig.queue.enqueue(task)).toEqual({ accepted: false })
    await sleep(150)
    expect(seen).toHaveLength(1)
    expect(await rig.store.redis.pttl(`fm:queue:task:${task.id}`)).toBeGreaterThan(23 * 3600_000)
  })

  it('loses nothing when the process dies between taking a place and adding the job', async () => {
    // what such a death leaves behind: a place in the thread, and no job
    const [lost, next] = [answer('t', 'lost'), answer('t', 'next')]
    await rig.store.redis.zadd('fm:queue:thread:terminal//terminal/t', (Date.now() - 60_000) * 1000, lost.id)
    const seen: string[] = []
    await rig.queue.enqueue(next)
    rig.work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.includes(next.id))
    expect(await rig.queue.enqueue(lost)).toEqual({ accepted: true })
    await eventually(() => seen.includes(lost.id))
  })

  it('runs nothing twice when the process dies between adding the job and remembering it', async () => {
    const task = answer('t', 1)
    const seen: string[] = []
    await rig.queue.enqueue(task)
    await rig.store.redis.hdel(`fm:queue:task:${task.id}`, 'by')
    rig.work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length === 1)
    await rig.store.redis.del(`fm:queue:worker:${task.id}`)
    expect(await rig.queue.enqueue(task)).toEqual({ accepted: false })
    await sleep(150)
    expect(seen).toHaveLength(1)
  })

  it('refuses what is no task, or too much', async () => {
    await expect(rig.queue.enqueue({ ...answer('t', 1), id: '12:3' })).rejects.toThrow(UsageError)
    await expect(rig.queue.enqueue({ kind: 'nonsense' } as unknown as Task)).rejects.toThrow(UsageError)
    await expect(rig.queue.enqueue({ ...answer('t', 1), text: 'x'.repeat(300_000) } as Task)).rejects.toThrow(
      /too long: 294 KB/,
    )
  })

  it('takes a thousand mentions over a hundred channels at once and loses none', async () => {
    await rig.queue.enqueue(answer('warm', 'up'))
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => rig.queue.enqueue(answer(`t${i % 100}`, i))),
    )
    expect(results.every(({ accepted }) => accepted)).toBe(true)
    expect((await rig.queue.stats()).worker.waiting).toBe(1_001)
  })

  it('fails fast and in one sentence while Redis is away', async () => {
    const own = await startRedis()
    const away = await connectStore({ url: own.url, dataDir: temporaryFolder(), log: silentLogger })
    const cut = createQueue(away, { log: silentLogger })
    await cut.enqueue(answer('t', 0))
    await own.stop()
    const asked = performance.now()
    await expect(cut.enqueue(answer('t', 1))).rejects.toThrow(UnavailableError)
    expect(performance.now() - asked).toBeLessThan(5_000)
    await cut.close()
    await away.close()
  })

  it('holds a task back until its time', async () => {
    const seen: number[] = []
    const started = performance.now()
    await rig.queue.enqueue(expire(1), { delayMs: 400 })
    rig.work({ expire: async () => void seen.push(performance.now() - started) }, 'bot')
    await eventually(() => seen.length === 1)
    expect(seen[0]).toBeGreaterThan(380)
  })
})

describe('cancel', () => {
  it('removes a task that waits, and lets the next one in the thread run', async () => {
    const seen: string[] = []
    const [first, second] = [answer('t', 1), answer('t', 2)]
    await rig.queue.enqueue(first)
    await rig.queue.enqueue(second)
    expect(await rig.queue.cancel(first.id)).toBe(true)
    rig.work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length === 1)
    expect(seen).toEqual([second.id])
    expect(await rig.queue.cancel(second.id)).toBe(false)
    expect(await rig.queue.cancel('answer-unknown')).toBe(false)
  })

  it('aborts a task that runs, without a retry or a complaint', async () => {
    const reasons: unknown[] = []
    let runs = 0
    const task = answer('t', 1)
    await rig.queue.enqueue(task)
    const worker = rig.work({
      answer: (_task, { signal }) => {
        runs++
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            reject(new Error('aborted'))
          })
        })
      },
    })
    await eventually(() => worker.running().length === 1)
    expect(await rig.queue.cancel(task.id)).toBe(true)
    await eventually(() => worker.running().length === 0)
    await sleep(200)
    expect(String(reasons[0])).toBe('Canceled: This task was canceled.')
    expect([runs, rig.failures.length]).toEqual([1, 0])
  })
})

it('every kind of task has a role, and what changes a cluster is never repeated', () => {
  expect(
    Object.entries(KINDS)
      .filter(([, { attempts }]) => attempts === 1)
      .map(([kind]) => kind),
  ).toEqual(['preview', 'execute'])
  expect(
    Object.entries(KINDS)
      .filter(([, { role }]) => role === 'executor')
      .map(([kind]) => kind),
  ).toEqual(['preview', 'execute'])
})
