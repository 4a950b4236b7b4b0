// kill -9 of the bot and of a worker around every step: nothing is lost, nothing is said twice. Real processes, a Slack and a cluster on loopback.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { type RedisServer, startRedis } from '../store/redis-server.ts'
import { environmentOf, type Serving, startServe } from './serve.ts'
import { STORY, slackEnv, textOf } from './ship.ts'

let harbor: Harbor
let slack: FakeSlack
let redis: RedisServer
let env: Record<string, string>
const crew = new Map<string, Serving>()

beforeAll(async () => {
  ;[harbor, slack, redis] = await Promise.all([
    loadFiles([STORY]).then((load) => startHarbor({ load })),
    startFakeSlack(),
    startRedis(),
  ])
  slack.addUser({ id: 'U1', name: 'mira' })
  env = { ...(await environmentOf(redis, harbor)), ...slackEnv(slack) }
  await Promise.all([start('bot'), start('worker')])
}, 60_000)

afterAll(async () => {
  await Promise.all([...crew.values()].map((one) => one.kill()))
  await Promise.all([harbor.close(), slack.stop(), redis.stop()])
})

async function start(role: string): Promise<void> {
  crew.set(role, await startServe(['--roles', role], env))
}

let count = 0
function mention(): FakeMessage {
  const channel = `K${++count}`
  slack.addChannel({ id: channel, name: channel.toLowerCase(), members: ['U1', slack.world.botUser] })
  return slack.mention({ channel, user: 'U1', text: 'why is checkout failing in shop?' })
}

function answers(root: FakeMessage): FakeMessage[] {
  return slack.world.messages.filter(
    (one) => one.channel === root.channel && one.thread_ts === root.ts && one.bot_id !== undefined,
  )
}

describe.each(['bot', 'worker'])('a %s killed while questions are at every step', (role) => {
  it('answers each of them exactly once', async () => {
    // one question every 40 ms: at the moment of the kill some are on the wire, some queued, some running, some half said
    const roots: FakeMessage[] = []
    for (let n = 0; n < 12; n++) {
      roots.push(mention())
      if (n === 7) {
        void crew
          .get(role)
          ?.kill()
          .then(() => start(role))
      }
      await sleep(40)
    }
    await slack.until(
      'every question answered',
      () => roots.every((root) => answers(root).some((one) => /DATABASE_URL/.test(textOf([one])))),
      45_000,
    )
    await sleep(1500)
    for (const root of roots) expect(answers(root), slack.show(root.channel)).toHaveLength(1)
  }, 90_000)
})
