/*
 * More answers than a channel may be told. Slack takes one post a second in a channel: 5 questions a second for 4 minutes are 1,200
 * answers, so the last one stands there 20 minutes after the first; whoever looks after two minutes finds 120. None of the others is
 * lost: the outbox keeps them and says them in order. The same here, with a budget a hundred times as fast.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Pace } from '../../src/chat/contract.ts'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { textCard } from '../../src/core/card.ts'
import type { Thread } from '../../src/core/thread.ts'
import type { Store } from '../../src/store/store.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import { type Bot, startBot } from './rigs/bot.ts'
import { slackConfig } from './rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

const FAST = { everyMs: 15, burst: 8, by: 'workspace' } as const
const PACE: Pace = { posts: { everyMs: 10, burst: 1 }, edits: FAST, reactions: FAST, editEveryMs: 30 }
/** more than one pass of the delivery looks at */
const LONG = 220
const SHORT_THREADS = 40
const ANSWERS = LONG + 2 * SHORT_THREADS

let redis: TestRedis
let slack: FakeSlack
beforeAll(async () => {
  redis = await startRedis()
  slack = await startFakeSlack({ limits: false })
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops' })
})
afterAll(async () => {
  await slack.stop()
  await redis.stop()
})

const bot = (store: Store): Promise<Bot> =>
  startBot(store, (parts) => ({ ...createSlack({ ...parts, config: slackConfig(slack) }), pace: PACE }))

function conversation(): Thread {
  const { ts } = slack.write({ channel: 'C1', user: 'U1', text: 'a conversation' })
  return { platform: 'slack', workspace: slack.world.team, channel: 'C1', thread: ts, direct: false }
}

const answers = ({ thread }: Thread) =>
  slack
    .said('C1')
    .filter((one) => one.thread_ts === thread)
    .map((one) => showBlocks(one.blocks ?? []))

it('three hundred answers for one channel are all said, once and in order, at the pace of the channel', async () => {
  const first = await bot(await redis.connect())
  const put = async (thread: Thread, n: number, text: string) =>
    first.outbox.put({ kind: 'post', key: `m${n}`, thread, card: textCard(text), attachments: [], root: false })
  const threads = [conversation(), ...Array.from({ length: SHORT_THREADS }, conversation)]
  const wanted = threads.map((_, at) => Array.from({ length: at === 0 ? LONG : 2 }, (_, n) => `answer ${n}`))
  const began = Date.now()
  // each has a line of progress first, as an answer does: what still waits is replaced, and costs no edit
  for (const text of ['Looking…', 'answer'])
    await Promise.all(
      threads.map(async (thread, at) => {
        for (const n of wanted[at]!.keys()) await put(thread, n, text === 'answer' ? `answer ${n}` : text)
      }),
    )
  const backlog = ANSWERS - slack.requests.filter(({ method }) => method === 'chat.postMessage').length
  expect(backlog).toBeGreaterThan(ANSWERS / 3)
  // a bot that ends in the middle leaves the rest to the next
  await first.stop()
  const second = await bot(await redis.connect())
  const said = () => threads.map(answers)
  await eventually('all of them', () => JSON.stringify(said()) === JSON.stringify(wanted), 25_000)
  const took = Date.now() - began
  await sleep(300)
  expect(said()).toEqual(wanted)
  const posts = slack.requests.filter(({ method }) => method === 'chat.postMessage')
  expect(posts).toHaveLength(ANSWERS)
  expect(took).toBeGreaterThan((ANSWERS - 1) * PACE.posts.everyMs)
  expect(await second.outbox.dead()).toEqual([])
  expect((await second.outbox.counts()).waiting).toBe(0)
  await second.stop()
}, 40_000)
