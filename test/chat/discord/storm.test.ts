// Discord's limits and a connection that only seems alive: nothing lost, nothing twice, order kept, and nothing asked again too early.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { textCard } from '../../../src/core/card.ts'
import type { Thread } from '../../../src/core/thread.ts'
import { discordStorm } from '../../chaos/discord-storm.ts'
import { type FakeDiscord, type FakeDiscordOptions, GUILD } from '../../fakes/discord/discord.ts'
import { showBody } from '../../fakes/discord/show.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { discordConfig, harbour, MIRA } from '../rigs/discord.ts'
import { startRedis, type TestRedis } from '../support.ts'

const POSTS = 'POST /channels/:id/messages'
let redis: TestRedis
let scenes = 0

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

interface Scene {
  discord: FakeDiscord
  bot: Bot
}

/** A Discord and a bot of its own for each test: they wait at the same time, and share nothing but the Redis process. */
async function scene(play: (scene: Scene) => Promise<void>, options: FakeDiscordOptions = {}): Promise<void> {
  const prefix = `storm${++scenes}:`
  const discord = await harbour(options)
  const bot = await startBot(await redis.connect(prefix), (parts) =>
    createDiscord({ ...parts, config: discordConfig(discord) }, { leaseMs: 1000 }),
  )
  try {
    await play({ discord, bot })
  } finally {
    await bot.stop()
    await discord.stop()
  }
}

function conversation({ discord, bot }: Scene): { texts: () => string[]; put: (n: number) => Promise<boolean> } {
  const channel = discord.addChannel({}).id
  const { id } = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread: Thread = { platform: 'discord', workspace: GUILD, channel, thread: id, direct: false }
  const texts = () => discord.said(id).map(showBody)
  const put = (n: number) =>
    bot.outbox.put({ kind: 'post', key: `m${n}`, thread, card: textCard(`m${n}`), attachments: [], root: false })
  return { texts, put }
}

it.concurrent.each([
  ['of one route', {}],
  ['of the whole bot', { scope: 'global' }],
  ['of the address, told without JSON', { scope: 'cloudflare' }],
] as const)('a limit %s is kept to, and what waited is said in order', (_whose, fault) =>
  scene(async (set) => {
    const { discord, bot } = set
    const { texts, put } = conversation(set)
    await put(0)
    await discord.until('the first', () => texts().length === 1)
    discord.fault({ route: POSTS, times: 1, retryAfter: 2.5, ...fault })
    for (const n of [1, 2, 3]) await put(n)
    await discord.until('the rest', () => texts().length === 4, 15_000)
    expect(texts()).toEqual(['m0', 'm1', 'm2', 'm3'])
    const posts = discord.requests.filter((one) => one.route === POSTS)
    const refused = posts.findIndex((one) => one.status === 429)
    expect(posts.filter((one) => one.status === 429)).toHaveLength(1)
    expect(posts[refused + 1]!.at - posts[refused]!.at).toBeGreaterThanOrEqual(2400)
    expect(await bot.outbox.dead()).toEqual([])
  }),
)

it.concurrent('a connection on which nothing comes any more is replaced, and what was said meanwhile is taken', () =>
  scene(
    async ({ discord, bot: { tasks, adapter } }) => {
      await discord.until('the connection', () => adapter.health().ok)
      discord.gateway.mute()
      discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'heard?' })
      await discord.until(
        'the question',
        () => tasks.some((task) => task.kind === 'answer' && task.text === 'heard?'),
        15_000,
      )
      await discord.until('health', () => adapter.health().ok, 15_000)
    },
    { heartbeatMs: 400 },
  ))

it.concurrent('an outage, limits on everything and cut connections, with every event twice and out of order', async () => {
  const report = await discordStorm({ threads: 7, outageMs: 1000, limitedMs: 1000, cutsMs: 1600, everyMs: 150 })
  expect(report).toMatchObject({ lost: 0, twice: 0, disordered: 0, dead: 0 })
  expect(report.asked).toBeGreaterThan(20)
}, 60_000)
