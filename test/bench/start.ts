// How long commands take to start, and how much memory roles keep. Whole processes, as a person runs them.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { BIN, environmentOf, startServe } from '../flows/serve.ts'
import { STORY, slackEnv } from '../flows/ship.ts'
import { startRedis } from '../store/redis-server.ts'
import { type Figure, percentile } from './figure.ts'

const SCENARIO = join(import.meta.dirname, '../corpora/scenarios/p01-cart/cluster.yaml')
const RUNS = 7

export async function bench(): Promise<Figure[]> {
  const [harbor, slack, redis] = await Promise.all([
    loadFiles([STORY]).then((load) => startHarbor({ load })),
    startFakeSlack(),
    startRedis(),
  ])
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops', members: ['U1', slack.world.botUser] })
  const env = { ...(await environmentOf(redis, harbor)), ...slackEnv(slack) }
  try {
    const diagnose = await repeat(async () => timeOf(['diagnose', '--from', SCENARIO], env))
    const serve = await repeat(async () => {
      const started = performance.now()
      const serving = await startServe([], env)
      const ms = performance.now() - started
      await serving.kill()
      return ms
    })
    const bot = await startServe(['--roles', 'bot'], env)
    const worker = await startServe(['--roles', 'worker,executor'], env)
    await asked(slack)
    const botMemory = await bot.residentMb()
    await Promise.all([bot.kill(), worker.kill()])
    const all = await startServe([], env)
    await asked(slack)
    const allMemory = await all.residentMb()
    await all.kill()
    return [
      {
        name: 'diagnose --from a 60 kB file, whole process, median',
        value: percentile(diagnose, 0.5),
        target: 800,
        unit: 'ms',
      },
      { name: 'serve → ready, median', value: percentile(serve, 0.5), target: 2000, unit: 'ms' },
      { name: 'resident memory of role bot with Slack, after 20 questions', value: botMemory, target: 150, unit: 'MB' },
      {
        name: 'resident memory of all roles without a model, after 20 questions',
        value: allMemory,
        target: 250,
        unit: 'MB',
      },
    ]
  } finally {
    await Promise.all([harbor.close(), slack.stop(), redis.stop()])
  }
}

async function repeat(run: () => Promise<number>): Promise<number[]> {
  await run()
  const times: number[] = []
  for (let n = 0; n < RUNS; n++) times.push(await run())
  return times
}

async function timeOf(args: string[], env: Record<string, string>): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: 'ignore' })
  await new Promise((resolve) => child.once('exit', resolve))
  return performance.now() - started
}

async function asked(slack: Awaited<ReturnType<typeof startFakeSlack>>): Promise<void> {
  const before = slack.said('C1').length
  for (let n = 0; n < 20; n++) slack.mention({ channel: 'C1', user: 'U1', text: 'what is wrong in shop?' })
  const until = performance.now() + 60_000
  while (slack.said('C1').length - before < 20 && performance.now() < until) await sleep(100)
}
