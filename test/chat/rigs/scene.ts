// A Slack of its own for one test, with as many bots as it needs: in this process, or in one that can be killed.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Outbox } from '../../../src/chat/outbox.ts'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { textCard } from '../../../src/core/card.ts'
import type { Thread } from '../../../src/core/thread.ts'
import type { Store } from '../../../src/store/store.ts'
import { showBlocks } from '../../fakes/slack/show.ts'
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '../../fakes/slack/slack.ts'
import type { TestRedis } from '../support.ts'
import { type Bot, type BotOptions, startBot } from './bot.ts'
import { slackConfig } from './slack.ts'

/** One workspace, one set of keys in Redis, and the bots that speak there. Tests share nothing but the Redis process. */
export interface Scene {
  store: Store
  slack: FakeSlack
  bot: (options?: BotOptions, on?: Store) => Promise<Bot>
  childBot: () => Promise<ChildProcess>
  thread: (channel: string) => Thread
  say: (from: { outbox: Outbox }, where: Thread, key: string, text?: string) => Promise<boolean>
  texts: (where: Thread) => string[]
  another: () => Promise<Store>
}

export type Play = (scene: Scene) => Promise<void>

let scenes = 0

export async function playScene(redis: TestRedis, play: Play, fake: FakeSlackOptions = {}): Promise<void> {
  scenes += 1
  const prefix = `test${scenes}:`
  const store = await redis.connect(prefix)
  const slack = await startFakeSlack({ redeliverMs: 300, ...fake })
  slack.addUser({ id: 'U1MIRA', name: 'mira' })
  const stops: (() => unknown)[] = []
  const set: Scene = {
    store,
    slack,
    async bot(options = {}, on = store) {
      const started = await startBot(on, (parts) => createSlack({ ...parts, config: slackConfig(slack) }), options)
      stops.push(started.stop)
      return started
    },
    async childBot() {
      const file = join(import.meta.dirname, 'bot-process.ts')
      const child = fork(file, [redis.url, prefix, 'slack', slack.apiUrl], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      stops.push(() => child.kill('SIGKILL'))
      await new Promise((resolve) => child.once('message', resolve))
      return child
    },
    thread(channel) {
      if (!slack.world.channels.has(channel)) slack.addChannel({ id: channel, name: channel.toLowerCase() })
      const root = slack.write({ channel, user: 'U1MIRA', text: 'a conversation' })
      return { platform: 'slack', workspace: slack.world.team, channel, thread: root.ts, direct: false }
    },
    say(from, where, key, text = key) {
      return from.outbox.put({ kind: 'post', key, thread: where, card: textCard(text), attachments: [], root: false })
    },
    texts(where) {
      const said = slack.said(where.channel).filter((one) => one.thread_ts === where.thread)
      return said.map((one) => showBlocks(one.blocks ?? []))
    },
    another: () => redis.connect(prefix),
  }
  try {
    await play(set)
  } finally {
    for (const stop of stops.reverse()) await stop()
    await slack.stop()
  }
}

/** Answers each question with "answer to …". */
export const ANSWERS: BotOptions = {
  onTask: async (task, outbox) => {
    if (task.kind !== 'answer') return
    const card = textCard(`answer to ${task.text}`)
    await outbox.put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
  },
}
