// The budgets: bots in processes of their own stay within the limits of a platform together, so that it never has to say 429.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBudget } from '../../src/chat/budget.ts'
import { createOutbox } from '../../src/chat/outbox.ts'
import { textCard } from '../../src/core/card.ts'
import type { Person } from '../../src/core/people.ts'
import type { Thread } from '../../src/core/thread.ts'
import { GUILD } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { ChannelType } from '../fakes/discord/world.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import { harbour, inThread, MIRA } from './rigs/discord.ts'
import { playScene } from './rigs/scene.ts'
import { eventually, startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A platform as the two bots see it together. */
interface Stage {
  apiUrl: string
  /** threads to speak in; the first stands in a channel with nobody else */
  threads: Thread[]
  asker: Person
  said(thread: Thread): string[]
  /** how often it had to say 429, by what was asked for */
  limited(): string[]
  end(): Promise<void>
}

async function slackStage(): Promise<Stage> {
  const slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  const { team } = slack.world
  return {
    apiUrl: slack.apiUrl,
    threads: Array.from({ length: 60 }, (_, n) => {
      const channel = slack.addChannel({ id: `C${n}` }).id
      const { ts } = slack.write({ channel, user: 'U1', text: 'a conversation' })
      return { platform: 'slack', workspace: team, channel, thread: ts, direct: false }
    }),
    asker: { platform: 'slack', workspace: team, id: 'U1' },
    said: ({ channel }) => slack.said(channel).map((one) => showBlocks(one.blocks ?? [])),
    limited: () => limitedBy(slack),
    end: () => slack.stop(),
  }
}

const limitedBy = (slack: FakeSlack) => slack.requests.filter((one) => one.status === 429).map((one) => one.method)

async function discordStage(): Promise<Stage> {
  const discord = await harbour()
  const [quiet, busy] = [discord.addChannel({}).id, discord.addChannel({}).id]
  return {
    apiUrl: discord.apiUrl,
    threads: Array.from({ length: 90 }, (_, n) => {
      const channel = n === 0 ? quiet : busy
      const { id } = discord.write({ channel, user: MIRA, text: 'a conversation' })
      discord.addChannel({ id, type: ChannelType.thread, parent_id: channel })
      return { platform: 'discord', workspace: GUILD, channel, thread: id, direct: false }
    }),
    asker: { platform: 'discord', workspace: GUILD, id: MIRA },
    said: (thread) => inThread(discord, thread).map(showBody),
    limited: () => discord.requests.filter((one) => one.status === 429).map((one) => one.route),
    end: () => discord.stop(),
  }
}

async function startBots(platform: string, prefix: string, stage: Stage): Promise<ChildProcess[]> {
  const file = join(import.meta.dirname, 'rigs/bot-process.ts')
  const args = [redis.url, prefix, platform, stage.apiUrl]
  const bots = [1, 2].map(() => fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
  await Promise.all(bots.map((bot) => new Promise((resolve) => bot.once('message', resolve))))
  return bots
}

async function tell(bot: ChildProcess, order: 'silent' | 'speak'): Promise<void> {
  const done = new Promise((resolve) => bot.once('message', resolve))
  bot.send(order)
  await done
}

it.concurrent.each([
  ['slack', slackStage],
  ['discord', discordStage],
] as const)(
  'on %s',
  async (platform, open) => {
    const stage = await open()
    const prefix = `budget ${platform}:`
    const bots = await startBots(platform, prefix, stage)
    const outbox = createOutbox({ store: await redis.connect(prefix) })
    const put = (thread: Thread, key: string, more = {}) =>
      outbox.put({ kind: 'post', key, thread, card: textCard(key), attachments: [], root: false, ...more })
    try {
      // an answer begins in many threads at once
      const [busy, ...others] = stage.threads
      await Promise.all(others.map((thread) => put(thread, 'Looking…', { growing: stage.asker })))
      await eventually('all beginnings', () => others.every((thread) => stage.said(thread).length === 1), 20_000)
      // and in one much is said, now by one bot, now by the other
      const lines = Array.from({ length: 6 }, (_, n) => `line ${n}`)
      await tell(bots[1]!, 'silent')
      for (const [n, line] of lines.entries()) {
        await put(busy!, line)
        await eventually(line, () => stage.said(busy!).length > n)
        await tell(bots[n % 2]!, 'silent')
        await tell(bots[(n + 1) % 2]!, 'speak')
      }
      expect(stage.said(busy!)).toEqual(lines)
      expect(stage.limited()).toEqual([])
    } finally {
      for (const bot of bots) bot.kill('SIGKILL')
      await stage.end()
    }
  },
  60_000,
)

it.concurrent('one post a second in a channel, whoever speaks there', () =>
  playScene(redis, async ({ bot, thread, say, slack }) => {
    const one = await bot()
    const threads = [1, 2, 3, 4].map(() => thread('C1'))
    await Promise.all(threads.map((where, n) => say(one, where, `message ${n}`)))
    await eventually('all of them', () => slack.said('C1').length === 4)
    const times = slack.requests.filter(({ method }) => method === 'chat.postMessage').map(({ at }) => at)
    expect(times[3]! - times[0]!).toBeGreaterThanOrEqual(2500)
    expect(limitedBy(slack)).toEqual([])
  }))

it('gives out turns one after the other, a burst of them at once; none that is further off than somebody would wait', async () => {
  const budget = createBudget(await redis.connect('turns:'))
  const limit = { everyMs: 1500, burst: 8 }
  const began = Date.now()
  const turns: number[] = []
  for (let n = 0; n < 50; n += 1) turns.push((await budget.take('edit', limit)) + Date.now() - began)
  expect(turns[7]).toBeLessThan(1400)
  for (let n = 8; n < 50; n += 1) expect(turns[n]).toBeGreaterThanOrEqual((n - 7) * limit.everyMs - 1)
  expect(turns[49]).toBeLessThan(43 * limit.everyMs + 1000)
  const next = await budget.take('edit', limit, 0)
  expect(await budget.take('edit', limit, 0)).toBeLessThanOrEqual(next)
})

it.concurrent('after a pause what waited goes by turns again, not all at once', () =>
  playScene(redis, async ({ bot, thread, say, slack }) => {
    const one = await bot()
    slack.fault({ method: 'chat.postMessage', times: 1, retryAfter: 5 })
    const threads = Array.from({ length: 6 }, () => thread('C1'))
    await Promise.all(threads.map((where, n) => say(one, where, `message ${n}`)))
    await eventually('all of them', () => slack.said('C1').length === 6, 20_000)
    expect(limitedBy(slack)).toHaveLength(1)
  }))
