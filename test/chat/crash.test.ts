// A bot that dies between any two steps: the n-th command to Redis is its last, for every n. Another takes over, and everything is said once, in order.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Adapter, AdapterContext } from '../../src/chat/contract.ts'
import { createDiscord } from '../../src/chat/discord/adapter.ts'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { textCard } from '../../src/core/card.ts'
import type { Person } from '../../src/core/people.ts'
import type { Thread } from '../../src/core/thread.ts'
import type { Store } from '../../src/store/store.ts'
import { GUILD } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { startBot } from './rigs/bot.ts'
import { discordConfig, harbour, inThread, MIRA } from './rigs/discord.ts'
import { slackConfig } from './rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A store that dies: at the n-th command its connection ends for good, in the middle of a transaction if it must. What was being sent may still arrive. */
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

/** A platform on which a conversation has begun. */
interface Stage {
  create(parts: Omit<AdapterContext, 'config'>): Adapter
  thread: Thread
  /** the first message is written as a stream, for that person */
  growing?: Person
  /** the bot's messages and files in the thread, in order; a file as `file` */
  said(): string[]
  /** the bot's reactions to the message that began the conversation */
  signs(): string[]
  /** messages that were begun as a stream and never ended */
  open?(): number
  end(): Promise<void>
}

async function slackStage(streamed = false): Promise<Stage> {
  const slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops' })
  const root = slack.write({ channel: 'C1', user: 'U1', text: 'a conversation' })
  const { team } = slack.world
  return {
    create: (parts) => createSlack({ ...parts, config: slackConfig(slack) }),
    thread: { platform: 'slack', workspace: team, channel: 'C1', thread: root.ts, direct: false },
    said: () => slack.said('C1').map((one) => (one.files?.length ? 'file' : showBlocks(one.blocks ?? []))),
    signs: () => root.reactions.map((one) => one.name),
    open: () => slack.said('C1').filter((one) => one.streaming).length,
    ...(streamed ? { growing: { platform: 'slack', workspace: team, id: 'U1' } } : {}),
    end: () => slack.stop(),
  }
}

async function discordStage(): Promise<Stage> {
  const discord = await harbour()
  const channel = discord.addChannel({}).id
  const root = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread: Thread = { platform: 'discord', workspace: GUILD, channel, thread: root.id, direct: false }
  return {
    create: (parts) => createDiscord({ ...parts, config: discordConfig(discord) }, { leaseMs: 600 }),
    thread,
    said: () => inThread(discord, thread).map((one) => (one.attachments.length > 0 ? 'file' : showBody(one))),
    signs: () => root.reactions.map((one) => one.emoji),
    end: () => discord.stop(),
  }
}

/** more than all steps of the delivery below take */
const STEPS = 36

async function play(n: number, name: string, open: () => Promise<Stage>, eyes: string): Promise<void> {
  const prefix = `crash ${n} ${name}:`
  const stage = await open()
  const { thread, create, said, growing } = stage
  const { store, dieAfter, dead } = mortal(await redis.connect(prefix))
  const options = { leaseMs: 600 }
  const victim = await startBot(store, create, options)
  const heir = await startBot(await redis.connect(prefix), create, options)
  const { outbox, delivery } = heir
  // the heir is there, but delivers nothing before the victim is dead
  await delivery.stop()
  dieAfter(n)
  const file = { name: 'log.txt', data: 'the whole log', encoding: 'utf8' as const }
  const post = (key: string, text: string, attachments = [file], more = {}) =>
    outbox.put({ kind: 'post', key, thread, card: textCard(text), attachments, root: false, ...more })
  await outbox.put({ kind: 'react', key: 'seen', on: { thread, message: thread.thread }, sign: 'seen' })
  await post('a', 'first', [file], growing ? { growing } : {})
  await eventually('its death, or the first message', () => dead() || said().length > 0)
  await post('a', 'first, edited')
  await post('b', 'second', [])
  await sleep(1200)
  store.redis.disconnect()
  await delivery.start()

  await eventually('everything', async () => (await outbox.counts()).waiting === 0 && said().includes('second'), 20_000)
  expect(said().filter((text) => text !== 'file')).toEqual(['first, edited', 'second'])
  expect(said().filter((text) => text === 'file')).toHaveLength(1)
  expect(stage.signs()).toEqual([eyes])
  expect(stage.open?.() ?? 0).toBe(0)
  expect(await outbox.dead()).toEqual([])
  await Promise.all([heir.stop(), victim.stop().catch(() => {})])
  await stage.end()
}

it.each([
  ['Slack', () => slackStage(), 'eyes'],
  ['Slack, streaming', () => slackStage(true), 'eyes'],
  ['Discord', discordStage, '👀'],
] as const)(
  'whichever step is the last of a bot on %s, everything is said once and in order',
  async (name, open, eyes) => {
    const plays = Array.from({ length: STEPS }, (_, n) =>
      play(n, name, open, eyes).then(
        () => undefined,
        (error: Error) => `n = ${n}: ${error.message}`,
      ),
    )
    expect((await Promise.all(plays)).filter(Boolean)).toEqual([])
  },
  60_000,
)
