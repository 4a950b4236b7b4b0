// How long commands take to start, and how much memory roles keep. Whole processes, as a person runs them.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { STORY } from '../flows/ship.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'
import { type Figure, percentile } from './figure.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
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
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, harbor.kubeconfig())
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: kubeconfig,
    DATA_DIR: folder,
    REDIS_URL: redis.url,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'error',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
  }
  try {
    const diagnose = await repeat(async () => timeOf(['diagnose', '--from', SCENARIO], env))
    const serve = await repeat(async () => {
      const { child, ms } = await ready(['serve'], env)
      await end(child)
      return ms
    })
    const bot = await ready(['serve', '--roles', 'bot'], env)
    const worker = await ready(['serve', '--roles', 'worker,executor'], env)
    await asked(slack)
    const botMemory = await memory(bot.child)
    await Promise.all([end(bot.child), end(worker.child)])
    const all = await ready(['serve'], env)
    await asked(slack)
    const allMemory = await memory(all.child)
    await end(all.child)
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

async function ready(args: string[], env: Record<string, string>): Promise<{ child: ChildProcess; ms: number }> {
  const started = performance.now()
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
  })
  return { child, ms: performance.now() - started }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function asked(slack: Awaited<ReturnType<typeof startFakeSlack>>): Promise<void> {
  const before = slack.said('C1').length
  for (let n = 0; n < 20; n++) slack.mention({ channel: 'C1', user: 'U1', text: 'what is wrong in shop?' })
  const until = performance.now() + 60_000
  while (slack.said('C1').length - before < 20 && performance.now() < until) await sleep(100)
}

/** Resident set in MB, from the kernel. */
async function memory(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}
