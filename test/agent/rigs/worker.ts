// One worker process for the crash tests: answers one question with the memory of a Redis, prints the answer, and ends.

import { clusterAt, clustersOf } from '../../../src/kube/clusters.ts'
import { silentLogger } from '../../../src/log.ts'
import { connectStore } from '../../../src/store/redis.ts'
import { agentAt } from './world.ts'

const {
  model = '',
  cluster = '',
  redis = '',
  run = '',
  thread = '',
  question = '',
  now = '',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const store = await connectStore({ url: redis, dataDir: '/nowhere', log: silentLogger })
const answer = await agentAt(model)(question, {
  clusters: clustersOf([clusterAt('prod-eu', cluster)]),
  subject: {},
  now: () => new Date(now),
  signal: AbortSignal.timeout(30_000),
  progress: () => undefined,
  store,
  thread,
  run,
})
process.stdout.write(`${JSON.stringify(answer)}\n`)
await store.close()
