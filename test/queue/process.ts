// A worker process to be killed: writes `start ID` and `end ID` to a list in Redis around 300 ms of work. Run by takeover.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '../../src/log.ts'
import type { TaskRole } from '../../src/queue/kinds.ts'
import { startWorker } from '../../src/queue/worker.ts'
import { connectStore } from '../../src/store/redis.ts'

const [, , url = '', role = 'worker', name = '', workMs = '300'] = process.argv
const store = await connectStore({ url, dataDir: '/nowhere', log: silentLogger })
const work = async (task: { id: string }) => {
  await store.redis.rpush('runs', `start ${name} ${task.id}`)
  await sleep(Number(workMs))
  await store.redis.rpush('runs', `end ${name} ${task.id}`)
}
const worker = startWorker({
  store,
  role: role as TaskRole,
  concurrency: 5,
  log: silentLogger,
  handlers: { answer: work, execute: work },
  onFailed: async (task, error, id) => {
    await store.redis.rpush('runs', `failed ${name} ${task.id} ${id} ${(error as Error).message}`)
  },
})
process.on('SIGTERM', () => {
  void worker
    .stop(5_000)
    .then(() => store.close())
    .then(() => process.exit(0))
})
process.stdout.write('ready\n')
