import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NotFoundError, UnavailableError, UsageError } from '../../src/core/errors.ts'
import type { Task } from '../../src/core/task.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { KINDS } from '../../src/queue/kinds.ts'
import { createQueue, type TaskQueue } from '../../src/queue/queue.ts'
import { startWorker, type TaskHandlers, type TaskWorker } from '../../src/queue/worker.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { eventually, type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { answer, execute, expire } from './tasks.ts'

let server: RedisServer
let store: Store
let queue: TaskQueue
let workers: TaskWorker[] = []
let failures: { task: string; id: string; message: string }[] = []

beforeAll(async () => {
  server = await startRedis()
  store = await connectStore({ url: server.url, dataDir: temporaryFolder(), log: silentLogger })
  queue = createQueue(store, { log: silentLogger })
})
beforeEach(async () => {
  await store.redis.flushall()
  failures = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop(0)))
  workers = []
})
afterAll(async () => {
  await queue.close()
  await store.close()
  await server.stop()
})

function work(handlers: TaskHandlers, role: 'worker' | 'executor' | 'bot' = 'worker', concurrency = 5): TaskWorker {
  const worker = startWorker({
    store,
    role,
    handlers,
    concurrency,
    log: silentLogger,
    onFailed: async (task, error, id) => {
      failures.push({ task: task.id, id, message: (error as Error).message })
    },
  })
  workers.push(worker)
  return worker
}

describe('enqueue', () => {
  it('accepts a task once, however often it is delivered at the same time', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    const results = await Promise.all(Array.from({ length: 50 }, () => queue.enqueue(task)))
    expect(results.filter(({ accepted }) => accepted)).toHaveLength(1)
    work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length > 0)
    await sleep(200)
    expect(seen).toEqual([task.id])
  })

  it('knows a task again when its job is long gone', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    await queue.enqueue(task)
    work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(async () => (await queue.stats()).worker.active === 0 && seen.length === 1)
    await store.redis.del(`fm:queue:worker:${task.id}`)
    expect(await queue.enqueue(task)).toEqual({ accepted: false })
    await sleep(150)
    expect(seen).toHaveLength(1)
    expect(await store.redis.pttl(`fm:queue:task:${task.id}`)).toBeGreaterThan(23 * 3600_000)
  })

  it('loses nothing when the process dies between taking a place and adding the job', async () => {
    // what such a death leaves behind: a place in the thread, and no job
    const [lost, next] = [answer('t', 'lost'), answer('t', 'next')]
    await store.redis.zadd('fm:queue:thread:terminal//terminal/t', (Date.now() - 60_000) * 1000, lost.id)
    const seen: string[] = []
    await queue.enqueue(next)
    work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.includes(next.id), 5_000)
    expect(await queue.enqueue(lost)).toEqual({ accepted: true })
    await eventually(() => seen.includes(lost.id))
  })

  it('runs nothing twice when the process dies between adding the job and remembering it', async () => {
    const task = answer('t', 1)
    const seen: string[] = []
    await queue.enqueue(task)
    await store.redis.hdel(`fm:queue:task:${task.id}`, 'by')
    work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length === 1)
    await store.redis.del(`fm:queue:worker:${task.id}`)
    expect(await queue.enqueue(task)).toEqual({ accepted: false })
    await sleep(150)
    expect(seen).toHaveLength(1)
  })

  it('refuses what is no task, or too much', async () => {
    await expect(queue.enqueue({ ...answer('t', 1), id: '12:3' })).rejects.toThrow(UsageError)
    await expect(queue.enqueue({ kind: 'nonsense' } as unknown as Task)).rejects.toThrow(UsageError)
    await expect(queue.enqueue({ ...answer('t', 1), text: 'x'.repeat(300_000) } as Task)).rejects.toThrow(
      /too long: 294 KB/,
    )
  })

  it('takes a thousand mentions over a hundred channels at once and loses none', async () => {
    await queue.enqueue(answer('warm', 'up'))
    const results = await Promise.all(Array.from({ length: 1_000 }, (_, i) => queue.enqueue(answer(`t${i % 100}`, i))))
    expect(results.every(({ accepted }) => accepted)).toBe(true)
    expect((await queue.stats()).worker.waiting).toBe(1_001)
  })

  it('fails fast and in one sentence while Redis is away', async () => {
    const own = await startRedis()
    const away = await connectStore({ url: own.url, dataDir: temporaryFolder(), log: silentLogger })
    const cut = createQueue(away, { log: silentLogger })
    await cut.enqueue(answer('t', 0))
    await own.stop()
    const asked = performance.now()
    await expect(cut.enqueue(answer('t', 1))).rejects.toThrow(UnavailableError)
    expect(performance.now() - asked).toBeLessThan(3_000)
    await cut.close()
    await away.close()
  })

  it('holds a task back until its time', async () => {
    const seen: number[] = []
    const started = performance.now()
    await queue.enqueue(expire(1), { delayMs: 400 })
    work({ expire: async () => void seen.push(performance.now() - started) }, 'bot')
    await eventually(() => seen.length === 1)
    expect(seen[0]).toBeGreaterThan(380)
  })
})

describe('a thread', () => {
  it('has one task at a time, in the order of arrival, over several workers', async () => {
    const order = new Map<string, number[]>()
    const busy = new Set<string>()
    let overlaps = 0
    const handlers: TaskHandlers = {
      answer: async (task) => {
        const { thread } = task.thread
        if (busy.has(thread)) overlaps++
        busy.add(thread)
        await sleep(Math.random() * 10)
        busy.delete(thread)
        order.set(thread, [...(order.get(thread) ?? []), Number(task.text.split(' ')[1])])
      },
    }
    for (let i = 0; i < 100; i++) await queue.enqueue(answer(`t${i % 5}`, i))
    work(handlers)
    work(handlers)
    await eventually(() => [...order.values()].flat().length === 100, 20_000)
    expect(overlaps).toBe(0)
    for (const numbers of order.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('waits for the retry of its first task; other threads do not', async () => {
    const seen: string[] = []
    for (const task of [answer('a', 1), answer('a', 2), answer('b', 3)]) await queue.enqueue(task)
    work({
      answer: async (task, { attempt }) => {
        if (task.text === 'question 1' && attempt === 1) throw new UnavailableError('away', { retryAfterMs: 300 })
        seen.push(`${task.text} ${attempt}`)
      },
    })
    await eventually(() => seen.length === 3)
    expect(seen).toEqual(['question 3 1', 'question 1 2', 'question 2 1'])
  })

  it('goes on after a task that failed for good', async () => {
    const seen: string[] = []
    for (const task of [answer('a', 1), answer('a', 2)]) await queue.enqueue(task)
    work({
      answer: async (task) => {
        if (task.text === 'question 1') throw new UsageError('This cannot be.')
        seen.push(task.text)
      },
    })
    await eventually(() => seen.length === 1)
    expect(failures).toHaveLength(1)
  })
})

describe('a failure', () => {
  it('is tried three times where the task only reads, then said with an id that is found again', async () => {
    const attempts: number[] = []
    const task = answer('t', 1)
    await queue.enqueue(task)
    work({
      answer: async (_task, { attempt }) => {
        attempts.push(attempt)
        throw new UnavailableError('The model at password=hunter2 is away.', { retryAfterMs: 100 })
      },
    })
    await eventually(() => failures.length === 1)
    expect(attempts).toEqual([1, 2, 3])
    const [entry] = await queue.failedTasks()
    expect(entry).toMatchObject({ id: failures[0]?.id, task: task.id, kind: 'answer', thread: 'terminal//terminal/t' })
    expect(JSON.stringify(entry)).not.toContain('hunter2')
    expect(await queue.enqueue(task)).toEqual({ accepted: false })
  })

  it('of input, permission or existence is never tried again, and neither is a change', async () => {
    let runs = 0
    await queue.enqueue(answer('t', 1))
    await queue.enqueue(execute(1))
    work({
      answer: async () => {
        runs++
        throw new NotFoundError('There is no such thing.')
      },
    })
    work(
      {
        execute: async () => {
          runs++
          throw new UnavailableError('The API server is away.', { retryAfterMs: 100 })
        },
      },
      'executor',
    )
    await eventually(() => failures.length === 2)
    await sleep(300)
    expect(runs).toBe(2)
    expect(failures.map(({ message }) => message).sort()).toEqual([
      'The API server is away.',
      'There is no such thing.',
    ])
  })

  it('that could not be said is said by the next worker', async () => {
    await queue.enqueue(answer('t', 1))
    const mute = startWorker({
      store,
      role: 'worker',
      handlers: {
        answer: async () => {
          throw new UsageError('This cannot be.')
        },
      },
      concurrency: 1,
      log: silentLogger,
      onFailed: async () => {
        throw new Error('the outbox is away')
      },
    })
    await eventually(async () => (await queue.stats()).worker.failed === 1)
    await mute.stop(0)
    work({})
    await eventually(() => failures.length === 1)
    expect(failures[0]?.message).toBe('This cannot be.')
  })

  it('of a job that is no task of ours stops nothing', async () => {
    const foreign = new Queue('worker', { connection: store.newConnection('worker'), prefix: 'fm:queue' })
    await foreign.add('answer', { kind: 'answer', id: 'x' })
    const seen: string[] = []
    await queue.enqueue(answer('t', 1))
    work({ answer: async (task) => void seen.push(task.id) })
    await eventually(() => seen.length === 1)
    await foreign.close()
  })
})

describe('cancel', () => {
  it('removes a task that waits, and lets the next one in the thread run', async () => {
    const seen: string[] = []
    const [first, second] = [answer('t', 1), answer('t', 2)]
    await queue.enqueue(first)
    await queue.enqueue(second)
    expect(await queue.cancel(first.id)).toBe(true)
    work({ answer: async ({ id }) => void seen.push(id) })
    await eventually(() => seen.length === 1)
    expect(seen).toEqual([second.id])
    expect(await queue.cancel(second.id)).toBe(false)
    expect(await queue.cancel('answer-unknown')).toBe(false)
  })

  it('aborts a task that runs, without a retry or a complaint', async () => {
    const reasons: unknown[] = []
    let runs = 0
    const task = answer('t', 1)
    await queue.enqueue(task)
    const worker = work({
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
    expect(await queue.cancel(task.id)).toBe(true)
    await eventually(() => worker.running().length === 0)
    await sleep(200)
    expect(String(reasons[0])).toBe('Canceled: This task was canceled.')
    expect([runs, failures.length]).toEqual([1, 0])
  })
})

describe('stop', () => {
  it('aborts what does not end in time and leaves it to another worker', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    await queue.enqueue(task)
    const stopping = work({ answer: (_task, { signal }) => sleep(60_000, undefined, { signal }) })
    await eventually(() => stopping.running().length === 1)
    const asked = performance.now()
    await stopping.stop(200)
    expect(performance.now() - asked).toBeLessThan(2_500)
    work({ answer: async ({ id }, { attempt }) => void seen.push(`${id} ${attempt}`) })
    await eventually(() => seen.length === 1, 3_000)
    expect(seen).toEqual([`${task.id} 1`])
    expect(failures).toEqual([])
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

it('metrics are counted by kind and result', async () => {
  const metrics = createMetrics()
  await queue.enqueue(answer('t', 1))
  workers.push(
    startWorker({
      store,
      role: 'worker',
      handlers: { answer: async () => {} },
      concurrency: 1,
      log: silentLogger,
      onFailed: async () => {},
      metrics,
    }),
  )
  await eventually(async () =>
    (await metrics.text()).includes('firstmate_tasks_total{kind="answer",result="completed"} 1'),
  )
})
