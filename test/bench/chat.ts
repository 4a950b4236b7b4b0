// Slack and Discord side by side: from a mention to the first message, 200 threads at once within the budgets, and what a bot with both keeps in memory.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Adapter, AdapterContext } from '../../src/chat/contract.ts'
import { createDiscord } from '../../src/chat/discord/adapter.ts'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { textCard } from '../../src/core/card.ts'
import type { Thread } from '../../src/core/thread.ts'
import { type Bot, startBot } from '../chat/rigs/bot.ts'
import { discordConfig, harbour, MIRA } from '../chat/rigs/discord.ts'
import { slackConfig } from '../chat/rigs/slack.ts'
import { startRedis } from '../chat/support.ts'
import { type FakeDiscord, GUILD } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { ChannelType } from '../fakes/discord/world.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import { environmentOf, startServe } from '../flows/serve.ts'
import { launch, slackEnv } from '../flows/ship.ts'
import { type Figure, percentile } from './figure.ts'

const ROUNDS = 25
const THREADS = 200
const CHANNELS = 50
const MESSAGES = 3

export async function bench(): Promise<Figure[]> {
  return [...(await first()), ...(await crowd('Slack')), ...(await crowd('Discord')), await memory()]
}

// ---- mention → first message ----

async function first(): Promise<Figure[]> {
  const discord = await harbour()
  const ship = await launch({
    env: { DISCORD_BOT_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_GUILDS: GUILD },
  })
  const text = 'why is checkout failing in shop?'
  const times: Record<'Slack' | 'Discord', number[]> = { Slack: [], Discord: [] }
  try {
    for (let n = -1; n < ROUNDS; n++) {
      ship.slack.addChannel({ id: `B${n + 2}`, members: ['U1', ship.slack.world.botUser] })
      const began = performance.now()
      const root = ship.slack.mention({ channel: `B${n + 2}`, user: 'U1', text })
      await until(() => ship.thread(root).length > 0)
      const between = performance.now()
      if (n >= 0) times.Slack.push(between - began)
      await sleep(300)
      const asked = performance.now()
      const question = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text })
      await until(() => discord.said(question.id).length > 0)
      if (n >= 0) times.Discord.push(performance.now() - asked)
      await sleep(300)
    }
  } finally {
    await ship.stop()
    await discord.stop()
  }
  return Object.entries(times).map(([name, values]) => ({
    name: `${name}: mention → first message, p95`,
    value: percentile(values, 0.95),
    target: 400,
    unit: 'ms',
  }))
}

// ---- 200 threads at once ----

/** A platform with room for the crowd. */
interface Hall {
  create(parts: Omit<AdapterContext, 'config'>): Adapter
  thread(channel: number): Thread
  said(thread: Thread): string[]
  /** how often the platform had to say 429 */
  limited(): number
  stop(): Promise<void>
}

async function slackHall(): Promise<Hall> {
  const slack: FakeSlack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  return {
    create: (parts) => createSlack({ ...parts, config: slackConfig(slack) }),
    thread(n) {
      const channel = `C${n}`
      if (!slack.world.channels.has(channel)) slack.addChannel({ id: channel })
      const { ts } = slack.write({ channel, user: 'U1', text: 'a conversation' })
      return { platform: 'slack', workspace: slack.world.team, channel, thread: ts, direct: false }
    },
    said: ({ channel, thread }) =>
      slack
        .said(channel)
        .filter((one) => one.thread_ts === thread)
        .map((one) => showBlocks(one.blocks ?? [])),
    limited: () => slack.requests.filter((one) => one.status === 429).length,
    stop: () => slack.stop(),
  }
}

async function discordHall(): Promise<Hall> {
  const discord: FakeDiscord = await harbour()
  const channels = Array.from({ length: CHANNELS }, () => discord.addChannel({}).id)
  return {
    create: (parts) => createDiscord({ ...parts, config: discordConfig(discord) }),
    thread(n) {
      const channel = channels[n]!
      const { id } = discord.write({ channel, user: MIRA, text: 'a conversation' })
      discord.addChannel({ id, type: ChannelType.thread, parent_id: channel })
      return { platform: 'discord', workspace: GUILD, channel, thread: id, direct: false }
    },
    said: ({ thread }) => discord.said(thread).map(showBody),
    limited: () => discord.requests.filter((one) => one.status === 429).length,
    stop: () => discord.stop(),
  }
}

async function crowd(name: 'Slack' | 'Discord'): Promise<Figure[]> {
  const redis = await startRedis()
  const hall = await (name === 'Slack' ? slackHall() : discordHall())
  const bot: Bot = await startBot(await redis.connect(), hall.create)
  const wanted = Array.from({ length: MESSAGES }, (_, n) => `message ${n}`)
  const perChannel = (THREADS * MESSAGES) / CHANNELS
  try {
    const threads = Array.from({ length: THREADS }, (_, n) => hall.thread(n % CHANNELS))
    const began = performance.now()
    const put = (thread: Thread, text: string) =>
      bot.outbox.put({ kind: 'post', key: text, thread, card: textCard(text), attachments: [], root: false })
    await Promise.all(
      threads.map(async (thread) => {
        for (const text of wanted) await put(thread, text)
      }),
    )
    await until(() => threads.every((thread) => hall.said(thread).length >= MESSAGES), 60_000).catch(() => {})
    const ms = performance.now() - began
    const said = threads.map((thread) => hall.said(thread))
    const figure = (what: string, value: number, target = 0, unit = ''): Figure => ({
      name: `${name}: ${THREADS} threads with ${MESSAGES} messages each: ${what}`,
      value,
      target,
      unit,
    })
    const count = said.reduce((sum, one) => sum + one.length, 0)
    return [
      // Slack takes one message a second in each channel, Discord 50 requests a second in all
      figure('all said after', ms / 1000, name === 'Slack' ? perChannel + 8 : (THREADS * MESSAGES) / 50 + 13, 's'),
      figure('lost or twice', Math.abs(count - THREADS * MESSAGES)),
      figure('out of order', said.filter((one) => one.join() !== wanted.join()).length),
      figure('refused by the platform (429)', hall.limited()),
    ]
  } finally {
    await bot.stop()
    await hall.stop()
    await redis.stop()
  }
}

// ---- memory ----

async function memory(): Promise<Figure> {
  const [discord, slack, redis] = await Promise.all([harbour(), startFakeSlack(), startRedis()])
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', members: ['U1', slack.world.botUser] })
  const channel = discord.addChannel({}).id
  const env = {
    ...(await environmentOf(redis)),
    ...slackEnv(slack),
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_GUILDS: GUILD,
  }
  const bot = await startServe(['--roles', 'bot'], env)
  try {
    const roots = Array.from({ length: 20 }, () => slack.mention({ channel: 'C1', user: 'U1', text: 'pods' }))
    const questions = Array.from({ length: 20 }, () => discord.mention({ channel, user: MIRA, text: 'pods' }))
    // no worker: what a bot does by itself is to hear, to store and to say that it did
    await until(() => [...roots, ...questions].every((one) => one.reactions.length > 0), 60_000)
    const value = await bot.residentMb()
    return {
      name: 'resident memory of role bot with Slack and Discord, after 40 questions',
      value,
      target: 150,
      unit: 'MB',
    }
  } finally {
    await bot.kill()
    await Promise.all([discord.stop(), slack.stop(), redis.stop()])
  }
}

async function until(check: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!check()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms`)
    await sleep(2)
  }
}
