// How tasks run: one at a time in each thread, again after an error that may pass, never again after their end.
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { describe, expect, it } from 'vitest'
import { NotFoundError, UnavailableError, UsageError } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { startWorker, type TaskHandlers } from '../../src/queue/worker.ts'
import { eventually } from '../store/redis-server.ts'
import { queueRig } from './rig.ts'
import { answer, execute } from './tasks.ts'

const rig = queueRig()

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
    for (let i = 0; i < 100; i++) await rig.queue.enqueue(answer(`t${i % 5}`, i))
    rig.work(handlers)
    rig.work(handlers)
    await eventually(() => [...order.values()].flat().length === 100, 20_000)
    expect(overlaps).toBe(0)
    for (const numbers of order.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('keeps its order when the clock of Redis goes back', async () => {
    const key = 'fm:queue:thread:terminal//terminal/t'
    const [first, second] = [answer('t', 1), answer('t', 2)]
    await rig.queue.enqueue(first)
    await rig.store.redis.zadd(key, (Date.now() + 60_000) * 1000, first.id)
    await rig.queue.enqueue(second)
    expect(await rig.store.redis.zrange(key, '0', '-1')).toEqual([first.id, second.id])
  })

  it('waits for the retry of its first task; other threads do not', async () => {
    const seen: string[] = []
    for (const task of [answer('a', 1), answer('a', 2), answer('b', 3)]) await rig.queue.enqueue(task)
    rig.work({
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
    for (const task of [answer('a', 1), answer('a', 2)]) await rig.queue.enqueue(task)
    rig.work({
      answer: async (task) => {
        if (task.text === 'question 1') throw new UsageError('This cannot be.')
        seen.push(task.text)
      },
    })
    await eventually(() => seen.length === 1)
    expect(rig.failures).toHaveLength(1)
  })
})

describe('a failure', () => {
  it('is tried three times where the task only reads, then said with an id that is found again', async () => {
    const attempts: number[] = []
    const task = answer('t', 1)
    await rig.queue.enqueue(task)
    rig.work({
      answer: async (_task, { attempt }) => {
        attempts.push(attempt)
        throw new UnavailableError('The model at password=hunter2 is away.', { retryAfterMs: 100 })
      },
    })
    await eventually(() => rig.failures.length === 1)
    expect(attempts).toEqual([1, 2, 3])
    const [entry] = await rig.queue.failedTasks()
    expect(entry).toMatchObject({
      id: rig.failures[0]?.id,
      task: task.id,
      kind: 'answer',
      thread: 'terminal//terminal/t',
    })
    expect(JSON.stringify(entry)).not.toContain('hunter2')
    expect(await rig.queue.enqueue(task)).toEqual({ accepted: false })
  })

  it('of input, permission or existence is never tried again, and neither is a change', async () => {
    let runs = 0
    await rig.queue.enqueue(answer('t', 1))
    await rig.queue.enqueue(execute(1))
    rig.work({
      answer: async () => {
        runs++
        throw new NotFoundError('There is no such thing.')
      },
    })
    rig.work(
      {
        execute: async () => {
          runs++
          throw new UnavailableError('The API server is away.', { retryAfterMs: 100 })
        },
      },
      'executor',
    )
    await eventually(() => rig.failures.length === 2)
    await sleep(300)
    expect(runs).toBe(2)
    expect(rig.failures.map(({ message }) => message).sort()).toEqual([
      'The API server is away.',
      'There is no such thing.',
    ])
  })

  it('that could not be said is said by the next worker', async () => {
    await rig.queue.enqueue(answer('t', 1))
    const mute = startWorker({
      store: rig.store,
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
    await eventually(async () => (await rig.queue.stats()).worker.failed === 1)
    await mute.stop(0)
    rig.work({})
    await eventually(() => rig.failures.length === 1)
    expect(rig.failures[0]?.message).toBe('This cannot be.')
  })

  it('of a job that is no task of ours stops nothing', async () => {
    const foreign = new Queue('worker', { connection: rig.store.newConnection('worker'), prefix: 'fm:queue' })
    await foreign.add('answer', { kind: 'answer', id: 'x' })
    const seen: string[] = []
    await rig.queue.enqueue(answer('t', 1))
    rig.work({ answer: async (task) => void seen.push(task.id) })
    await eventually(() => seen.length === 1)
    await foreign.close()
  })
})

describe('stop', () => {
  it('aborts what does not end in time and leaves it to another worker', async () => {
    const seen: string[] = []
    const task = answer('t', 1)
    await rig.queue.enqueue(task)
    const stopping = rig.work({ answer: (_task, { signal }) => sleep(60_000, undefined, { signal }) })
    await eventually(() => stopping.running().length === 1)
    const asked = performance.now()
    await stopping.stop(200)
    // far from the minute that it would have slept
    expect(performance.now() - asked).toBeLessThan(10_000)
    rig.work({ answer: async ({ id }, { attempt }) => void seen.push(`${id} ${attempt}`) })
    await eventually(() => seen.length === 1)
    expect(seen).toEqual([`${task.id} 1`])
    expect(rig.failures).toEqual([])
  })
})

it('metrics are counted by kind and result', async () => {
  const metrics = createMetrics()
  await rig.queue.enqueue(answer('t', 1))
  rig.workers.push(
    startWorker({
      store: rig.store,
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
