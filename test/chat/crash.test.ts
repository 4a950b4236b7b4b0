// A bot that dies between any two steps: the n-th command to Redis is its last, for every n. Another takes over, and everything is said once, in order.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { textCard } from '../../src/core/card.ts'
import type { Thread } from '../../src/core/thread.ts'
import type { Store } from '../../src/store/store.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { startBot } from './rigs/bot.ts'
import { slackConfig } from './rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A store that dies: at the n-th command its connection ends for good, in the middle of a transaction if it must. What was being sent to Slack may still arrive there. */
function mortal(store: Store): { store: Store; dieAfter: (n: number) => void; dead: () => boolean } {
  let left = Number.POSITIVE_INFINITY
  const send = store.redis.sendCommand.bind(store.redis)
  store.redis.sendCommand = (...command) => {
    if (left === 0) store.redis.disconnect()
    left -= 1
    return send(...command)
  }
  return { store, dieAfter: (n) => (left = n), dead: () => left < 0 }
}

/** more than all steps of the delivery below take */
const STEPS = 36

async function play(n: number, streamed: boolean): Promise<void> {
  const prefix = `crash${n}${streamed}:`
  const slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops' })
  const root = slack.write({ channel: 'C1', user: 'U1', text: 'a conversation' })
  const thread: Thread = {
    platform: 'slack',
    workspace: slack.world.team,
    channel: 'C1',
    thread: root.ts,
    direct: false,
  }
  const config = slackConfig(slack)
  const { store, dieAfter, dead } = mortal(await redis.connect(prefix))
  const options = { leaseMs: 600 }
  const victim = await startBot(store, (parts) => createSlack({ ...parts, config }), options)
  const heir = await startBot(await redis.connect(prefix), (parts) => createSlack({ ...parts, config }), options)
  const { outbox, delivery } = heir
  // the heir is there, but delivers nothing before the victim is dead
  await delivery.stop()
  dieAfter(n)
  const file = { name: 'log.txt', data: 'the whole log', encoding: 'utf8' as const }
  const post = (key: string, text: string, attachments = [file], growing = {}) =>
    outbox.put({ kind: 'post', key, thread, card: textCard(text), attachments, root: false, ...growing })
  await outbox.put({ kind: 'react', key: 'seen', on: { thread, message: root.ts }, sign: 'seen' })
  await post('a', 'first', [file], streamed ? { growing: { platform: 'slack', workspace: 'T0FAKE', id: 'U1' } } : {})
  await eventually('its death, or the first message', () => dead() || slack.said('C1').length > 1)
  await post('a', 'first, edited')
  await post('b', 'second', [])
  await sleep(1200)
  store.redis.disconnect()
  await delivery.start()

  const said = () => slack.said('C1').map((one) => one.files?.[0]?.title ?? showBlocks(one.blocks ?? []))
  await eventually('everything', async () => (await outbox.counts()).waiting === 0 && said().includes('second'), 20_000)
  expect(said().filter((text) => text !== 'log.txt')).toEqual(['first, edited', 'second'])
  expect(said().filter((text) => text === 'log.txt')).toHaveLength(1)
  expect(root.reactions.map((one) => one.name)).toEqual(['eyes'])
  expect(await outbox.dead()).toEqual([])
  expect(slack.said('C1').filter((one) => one.streaming)).toEqual([])
  await Promise.all([heir.stop(), victim.stop().catch(() => {})])
  await slack.stop()
}

it.each([
  ['posts and edits', false],
  ['streams', true],
])(
  'whichever step is the last of a bot that %s, everything is said once and in order',
  async (_how, streamed) => {
    const plays = Array.from({ length: STEPS }, (_, n) =>
      play(n, streamed).then(
        () => undefined,
        (error: Error) => `n = ${n}: ${error.message}`,
      ),
    )
    expect((await Promise.all(plays)).filter(Boolean)).toEqual([])
  },
  60_000,
)
