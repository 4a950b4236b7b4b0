// kill -9 of every process, Redis restarted, chat away and every watch cut, in the middle of a storm: four threads, nothing twice, nothing lost.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk } from '../../src/incidents/desk.ts'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { textOf } from './ship.ts'
import { report, stormyWorld } from './storm.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
const EVENTS = 2000
let harbor: Harbor
let slack: FakeSlack
let redis: RedisServer
let store: Store
let env: Record<string, string>
const children = new Map<string, ChildProcess>()

beforeAll(async () => {
  ;[harbor, slack, redis] = await Promise.all([
    startHarbor({ load: stormyWorld(), controllers: false }),
    startFakeSlack(),
    startRedis(),
  ])
  slack.addChannel({ id: 'COPS', name: 'incidents', members: [slack.world.botUser] })
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, harbor.kubeconfig())
  env = {
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
    INCIDENT_CHANNELS: 'slack:COPS',
    WATCHDOG_CHECKS_EVERY: '0s',
    INCIDENT_EDIT_EVERY: '3s',
  }
  store = await connectStore({ url: redis.url, dataDir: folder, log: silentLogger })
  await start('bot', 'bot,worker')
  await start('first', 'watcher')
  await start('second', 'watcher')
}, 60_000)

afterAll(async () => {
  for (const child of children.values()) child.kill('SIGKILL')
  await store.close()
  await Promise.all([harbor.close(), slack.stop(), redis.stop()])
})

async function start(name: string, roles: string): Promise<void> {
  const child = spawn(process.execPath, [BIN, 'serve', '--roles', roles], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.set(name, child)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${errors}`)))
  })
}

async function kill(name: string): Promise<void> {
  const child = children.get(name)
  child?.removeAllListeners('exit')
  const gone = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill('SIGKILL')
  await gone
}

function roots(): FakeMessage[] {
  return slack.said('COPS').filter((one) => one.thread_ts === undefined || one.thread_ts === one.ts)
}

describe('a storm in which everything is killed once', () => {
  it('becomes four threads with one root and one diagnosis each, and every workload is in one of them', async () => {
    const trouble: Record<number, () => Promise<void>> = {
      200: async () => kill('first'),
      500: async () => harbor.disconnect(),
      700: async () => {
        slack.outage(true)
        await sleep(4000)
        slack.outage(false)
      },
      1000: async () => {
        await kill('bot')
        await start('bot', 'bot,worker')
      },
      1300: async () => redis.restart(500),
      1600: async () => {
        await start('first', 'watcher')
        await kill('second')
      },
    }
    const under: Promise<void>[] = []
    for (let index = 0; index < EVENTS; index++) {
      report(harbor, index)
      const now = trouble[index]
      if (now) under.push(now())
      if (index % 20 === 19) await sleep(60)
    }
    await Promise.all(under)
    const desk = createDesk(store)
    const until = Date.now() + 60_000
    const complete = async () =>
      (await desk.list({ open: true })).flatMap((one) => one.owners.filter((owner) => owner.kind === 'Deployment'))
        .length === 40
    while (!(await complete().catch(() => false)) && Date.now() < until) await sleep(250)
    // what is still on its way is said meanwhile
    await sleep(8000)
    const shown = slack.show('COPS')
    expect(roots(), shown).toHaveLength(4)
    for (const root of roots()) {
      const replies = slack.said('COPS').filter((one) => one.thread_ts === root.ts && one.ts !== root.ts)
      expect(
        replies.filter((one) => /Diagnosis/.test(textOf([one]))),
        shown,
      ).toHaveLength(1)
      expect(replies.length, shown).toBeLessThanOrEqual(3)
    }
    const open = await desk.list({ open: true })
    expect(open.flatMap((one) => one.owners.filter((owner) => owner.kind === 'Deployment')).length).toBe(40)
  }, 150_000)

  it('is led by the other watcher within 15 s when the leader vanishes', async () => {
    await start('second', 'watcher')
    await sleep(500)
    await kill('first')
    const killed = performance.now()
    harbor.world.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'late', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'late-7d9f64c8bb-x2p9q' },
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'late',
      count: 3,
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
    })
    await slack.until(
      'the incident of the event that nobody watched',
      () => roots().some((root) => /default\/late/.test(textOf([root]))),
      30_000,
    )
    expect(performance.now() - killed).toBeLessThan(17_000)
    expect(roots()).toHaveLength(5)
  }, 60_000)
})
