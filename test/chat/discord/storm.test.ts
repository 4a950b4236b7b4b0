// Discord's limits and a connection that only seems alive: nothing lost, nothing twice, order kept, and nothing asked again too early.
import { afterEach, beforeEach, expect, it } from 'vitest'
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
let discord: FakeDiscord
let bot: Bot | undefined

beforeEach(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await bot?.stop()
  bot = undefined
  await discord?.stop()
  await redis.stop()
})

async function open(options: FakeDiscordOptions = {}): Promise<Bot> {
  discord = await harbour(options)
  bot = await startBot(await redis.connect(), (parts) =>
    createDiscord({ ...parts, config: discordConfig(discord) }, { leaseMs: 1000 }),
  )
  return bot
}

function conversation(): { thread: Thread; texts: () => string[]; put: (n: number) => Promise<boolean> } {
  const channel = discord.addChannel({}).id
  const { id } = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread: Thread = { platform: 'discord', workspace: GUILD, channel, thread: id, direct: false }
  const texts = () => discord.said(id).map(showBody)
  const put = (n: number) =>
    bot!.outbox.put({ kind: 'post', key: `m${n}`, thread, card: textCard(`m${n}`), attachments: [], root: false })
  return { thread, texts, put }
}

it.each([
  ['of one route', {}],
  ['of the whole bot', { scope: 'global' }],
  ['of the address, told without JSON', { scope: 'cloudflare' }],
] as const)(
  'a limit %s is kept to, and what waited is said in order',
  async (_whose, fault) => {
    const { outbox } = await open()
    const { texts, put } = conversation()
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
    expect(await outbox.dead()).toEqual([])
  },
  30_000,
)

it('a connection on which nothing comes any more is replaced, and what was said meanwhile is taken', async () => {
  const { tasks, adapter } = await open({ heartbeatMs: 400 })
  await discord.until('the connection', () => adapter.health().ok)
  discord.gateway.mute()
  discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'heard?' })
  await discord.until(
    'the question',
    () => tasks.some((task) => task.kind === 'answer' && task.text === 'heard?'),
    15_000,
  )
  await discord.until('health', () => adapter.health().ok, 15_000)
}, 40_000)

it('an outage, limits on everything and cut connections, with every event twice and out of order', async () => {
  const report = await discordStorm({ threads: 4, outageMs: 1500, limitedMs: 1500, cutsMs: 1600, everyMs: 200 })
  expect(report).toMatchObject({ lost: 0, twice: 0, disordered: 0, dead: 0 })
  expect(report.asked).toBeGreaterThan(20)
}, 60_000)
