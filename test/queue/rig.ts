// A queue on a real Redis for the tests of one file, and workers that are stopped behind each of them.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { silentLogger } from '../../src/log.ts'
import { createQueue, type TaskQueue } from '../../src/queue/queue.ts'
import { startWorker, type TaskHandlers, type TaskWorker } from '../../src/queue/worker.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

export interface QueueRig {
  server: RedisServer
  store: Store
  queue: TaskQueue
  /** stopped at the end of the test */
  workers: TaskWorker[]
  /** what was said to have failed for good */
  failures: { task: string; id: string; message: string }[]
  work(handlers: TaskHandlers, role?: 'worker' | 'executor' | 'bot', concurrency?: number): TaskWorker
}

/** To be called once, at the top of a file: it is there when the first test begins, and empty when each of them does. */
export function queueRig(): QueueRig {
  const rig = {
    workers: [],
    failures: [],
    work(handlers, role = 'worker', concurrency = 5) {
      const worker = startWorker({
        store: rig.store,
        role,
        handlers,
        concurrency,
        log: silentLogger,
        onFailed: async (task, error, id) => {
          rig.failures.push({ task: task.id, id, message: (error as Error).message })
        },
      })
      rig.workers.push(worker)
      return worker
    },
  } as Pick<QueueRig, 'workers' | 'failures' | 'work'> as QueueRig

  beforeAll(async () => {
    rig.server = await startRedis()
    rig.store = await connectStore({ url: rig.server.url, dataDir: temporaryFolder(), log: silentLogger })
    rig.queue = createQueue(rig.store, { log: silentLogger })
  })
  beforeEach(async () => {
    await rig.store.redis.flushall()
    rig.failures = []
  })
  afterEach(async () => {
    await Promise.all(rig.workers.map((worker) => worker.stop(0)))
    rig.workers = []
  })
  afterAll(async () => {
    await rig.queue.close()
    await rig.store.close()
    await rig.server.stop()
  })
  return rig
}
