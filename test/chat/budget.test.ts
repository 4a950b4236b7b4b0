// Two bots in processes of their own, one workspace: together they stay within the platform's limits, so that it never has to say 429.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOutbox } from '../../src/chat/outbox.ts'
import { textCard } from '../../src/core/card.ts'
import type { Person } from '../../src/core/people.ts'
import type { Thread } from '../../src/core/thread.ts'
import { GUILD } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { ChannelType } from '../fakes/discord/world.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { harbour, inThread, MIRA } from './rigs/discord.ts'
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
    limited: () => slack.requests.filter((one) => one.status === 429).map((one) => one.method),
    end: () => slack.stop(),
  }
}

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
      const lines = Array.from({ length: 7 }, (_, n) => `line ${n}`)
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
