// The connection to Slack, and what comes through it: every question becomes one task, whatever breaks.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOutbox } from '../../../src/chat/outbox.ts'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { silentLogger } from '../../../src/log.ts'
import { showBlocks } from '../../fakes/slack/show.ts'
import type { FakeSlackOptions } from '../../fakes/slack/slack.ts'
import { ANSWERS, type Play, playScene } from '../rigs/scene.ts'
import { slackConfig } from '../rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from '../support.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const scene = (play: Play, fake?: FakeSlackOptions) => playScene(redis, play, fake)

it.concurrent('one task when every event is delivered twice', () =>
  scene(
    async ({ bot, slack }) => {
      const one = await bot(ANSWERS)
      for (let n = 0; n < 10; n += 1) {
        slack.addChannel({ id: `C${n}` })
        slack.mention({ channel: `C${n}`, user: 'U1MIRA', text: `question ${n}` })
      }
      await eventually('all answers', () => [...Array(10).keys()].every((n) => slack.said(`C${n}`).length >= 1))
      await sleep(500)
      expect(one.tasks).toHaveLength(10)
      for (let n = 0; n < 10; n += 1) expect(slack.said(`C${n}`)).toHaveLength(1)
    },
    { twice: true },
  ))

it.concurrent('one task when the queue refuses it at first: it is not acknowledged and comes again', () =>
  scene(async ({ bot, slack }) => {
    const one = await bot()
    slack.addChannel({ id: 'C1' })
    const { enqueue } = one.handlers
    let refusals = 2
    one.handlers.enqueue = async (task) => {
      if (refusals-- > 0) throw new Error('Redis is away')
      return enqueue(task)
    }
    slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'hello' })
    await eventually('the task', () => one.tasks.length === 1)
    await eventually('the acks', () => slack.wire.deliveries.every((delivery) => delivery.ackedAt))
    expect(one.tasks).toHaveLength(1)
  }))

it.concurrent(
  'one task when the socket breaks, is recycled, and questions come meanwhile',
  () =>
    scene(async ({ bot, slack }) => {
      const one = await bot(ANSWERS)
      slack.addChannel({ id: 'C1' })
      slack.wire.cut()
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'while cut' })
      await eventually('the first', () => one.tasks.length === 1)
      slack.wire.refresh()
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'while recycled' })
      await eventually('the second', () => one.tasks.length === 2)
      slack.outage(true)
      await sleep(300)
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'while away' })
      await sleep(1200)
      slack.outage(false)
      await eventually('the third', () => one.tasks.length === 3, 20_000)
      expect(slack.wire.connections()).toBe(1)
    }),
  40_000,
)

it.concurrent('one task when nobody can say at first who asks', () =>
  scene(async ({ bot, slack }) => {
    const one = await bot(ANSWERS)
    slack.addChannel({ id: 'C1' })
    slack.fault({ method: 'users.info', times: 2, retryAfter: 1 })
    slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'hello' })
    await eventually('the answer', () => slack.said('C1').length === 1)
    expect(one.tasks).toHaveLength(1)
  }))

it.concurrent(
  'one task when the bot is killed and another takes over',
  () =>
    scene(async ({ bot, childBot, slack }) => {
      slack.addChannel({ id: 'C1' })
      const child = await childBot()
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'one' })
      await eventually('the first answer', () => slack.said('C1').length === 1)
      child.kill('SIGKILL')
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'two' })
      await bot(ANSWERS)
      await eventually('the second answer', () => slack.said('C1').length === 2, 20_000)
      await sleep(500)
      expect(slack.said('C1').map((one) => showBlocks(one.blocks ?? []))).toEqual(['answer to one', 'answer to two'])
    }),
  40_000,
)

it.concurrent('is not healthy before Slack was reached, and is again once it was', () =>
  scene(async ({ slack, store, bot }) => {
    const outbox = createOutbox({ store })
    expect(createSlack({ config: slackConfig(slack), store, outbox, log: silentLogger }).health().ok).toBe(false)
    slack.outage(true)
    const { adapter } = await bot()
    expect(adapter.health()).toMatchObject({ ok: false, detail: expect.stringContaining('cannot be reached') })
    slack.outage(false)
    await slack.until('the connection', () => adapter.health().ok)
    slack.outage(true)
    await slack.until('the loss', () => !adapter.health().ok)
    slack.outage(false)
  }))
