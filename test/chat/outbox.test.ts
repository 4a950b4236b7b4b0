// The outbox against a Slack that fails in every way it can: nothing lost, nothing twice, order kept.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBudget } from '../../src/chat/budget.ts'
import { createOutbox, type Outbox } from '../../src/chat/outbox.ts'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { futureThread } from '../../src/chat/threads.ts'
import { textCard } from '../../src/core/card.ts'
import type { Thread } from '../../src/core/thread.ts'
import type { Store } from '../../src/store/store.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '../fakes/slack/slack.ts'
import { type Bot, type BotOptions, startBot } from './rigs/bot.ts'
import { slackConfig } from './rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

/** One workspace, one set of keys in Redis, and the bots that speak there. Tests share nothing but the Redis process. */
interface Scene {
  store: Store
  slack: FakeSlack
  bot: (options?: BotOptions, on?: Store) => Promise<Bot>
  childBot: () => Promise<ChildProcess>
  thread: (channel: string) => Thread
  say: (from: { outbox: Outbox }, where: Thread, key: string, text?: string) => Promise<boolean>
  texts: (where: Thread) => string[]
  another: () => Promise<Store>
}

let redis: TestRedis
let scenes = 0

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

async function scene(play: (scene: Scene) => Promise<void>, fake: FakeSlackOptions = {}): Promise<void> {
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
      const file = join(import.meta.dirname, 'rigs/bot-process.ts')
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

const ANSWERS: BotOptions = {
  onTask: async (task, outbox) => {
    if (task.kind !== 'answer') return
    const card = textCard(`answer to ${task.text}`)
    await outbox.put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
  },
}

describe.concurrent('a message is said once', () => {
  it.each(['before', 'after'] as const)('when the connection breaks %s Slack has posted it', (cut) =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, cut })
      await say(one, where, 'first')
      await say(one, where, 'second')
      await eventually('both', () => texts(where).length >= 2)
      await sleep(500)
      expect(texts(where)).toEqual(['first', 'second'])
    }),
  )

  it('when Slack answers with an internal error after posting', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, status: 503 })
      await say(one, where, 'first')
      await eventually('the message', () => texts(where).length === 1)
      expect(texts(where)).toEqual(['first'])
    }))

  it(
    'when the bot is killed between sending and recording',
    () =>
      scene(async ({ bot, childBot, thread, say, texts, slack, store }) => {
        const where = thread('C1')
        const child = await childBot()
        slack.fault({ method: 'chat.postMessage', times: 1, holdMs: 5000 })
        const outbox = createOutbox({ store })
        await say({ outbox }, where, 'first')
        await eventually('the post', () => texts(where).length === 1)
        child.kill('SIGKILL')
        await say({ outbox }, where, 'second')
        await bot()
        await eventually('the second', () => texts(where).length >= 2, 25_000)
        await sleep(500)
        expect(texts(where)).toEqual(['first', 'second'])
        expect(await outbox.posted(where, 'first')).toMatchObject({ thread: where })
      }),
    40_000,
  )

  it('when Slack posts it, breaks the connection, and is away or limits us when we look for it', () =>
    scene(async ({ bot, slack, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'after' })
      slack.fault({ method: 'conversations.replies', times: 1, retryAfter: 1 })
      await say(one, where, 'first')
      await say(one, where, 'second')
      await eventually('the post', () => texts(where).length === 1)
      slack.outage(true)
      await sleep(2000)
      slack.outage(false)
      await eventually('the second', () => texts(where).includes('second'), 20_000)
      expect(texts(where)).toEqual(['first', 'second'])
    }))

  it('or, where we may not look back, rather twice than not at all', () =>
    scene(async ({ bot, slack, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'conversations.replies', error: 'missing_scope' })
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'before' })
      await say(one, where, 'first')
      await eventually('the message', () => texts(where).length === 1)
      expect(await one.outbox.dead()).toEqual([])
    }))

  it('also a private note, where it is a direct message', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot()
      const channel = slack.dm('U1MIRA')
      const where: Thread = { platform: 'slack', workspace: slack.world.team, channel, thread: '', direct: true }
      const to = { platform: 'slack' as const, workspace: slack.world.team, id: 'U1MIRA' }
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'after' })
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('only you') })
      await eventually('the note', async () => (await one.outbox.counts()).waiting === 0)
      expect(slack.said(channel)).toHaveLength(1)
      // the same key may say something else later
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('and this') })
      await eventually('the second note', () => slack.said(channel).length === 2)
    }))

  it('when an uploaded file is not acknowledged', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'files.completeUploadExternal', times: 1, cut: 'after' })
      await one.outbox.put({
        kind: 'post',
        key: 'file',
        thread: where,
        card: textCard('with a file'),
        attachments: [{ name: 'a.txt', data: 'all of it', encoding: 'utf8' }],
        root: false,
      })
      await say(one, where, 'next')
      await eventually('the next', () => texts(where).includes('next'))
      expect(slack.said('C1').flatMap((message) => message.files ?? [])).toHaveLength(1)
    }))

  it('by two bots on the same data, and in order', () =>
    scene(async ({ bot, thread, say, texts, another }) => {
      const other = await another()
      const [one, two] = [await bot(), await bot({}, other)]
      const threads = Array.from({ length: 6 }, (_, n) => thread(`C${n}`))
      await Promise.all(
        threads.map(async (where) => {
          for (let n = 0; n < 4; n += 1) await say(n % 2 ? one : two, where, `m${n}`)
        }),
      )
      await eventually('all', () => threads.every((where) => texts(where).length >= 4), 20_000)
      await sleep(300)
      for (const where of threads) expect(texts(where)).toEqual(['m0', 'm1', 'm2', 'm3'])
    }))
})

describe.concurrent('limits and outages', () => {
  it(
    'rides out a storm of 429s, waiting as long as Slack says',
    () =>
      scene(async ({ bot, thread, say, texts, slack }) => {
        const one = await bot()
        const threads = Array.from({ length: 5 }, (_, n) => thread(`C${n}`))
        slack.fault({ method: 'chat.postMessage', times: 4, retryAfter: 1 })
        for (const where of threads) for (let n = 0; n < 3; n += 1) await say(one, where, `m${n}`)
        await eventually('all', () => threads.every((where) => texts(where).length >= 3), 25_000)
        for (const where of threads) expect(texts(where)).toEqual(['m0', 'm1', 'm2'])
        // what was on its way when the 429 came may still arrive; after that there is silence for as long as Slack said
        const last = slack.requests.findLast((request) => request.status === 429)!.at
        const posts = slack.requests.filter((request) => request.method === 'chat.postMessage')
        expect(posts.filter(({ at }) => at > last + 400 && at < last + 900)).toEqual([])
        expect((await one.outbox.counts()).limited).toBeGreaterThan(0)
      }),
    40_000,
  )

  it(
    'loses nothing that is put while Slack is away',
    () =>
      scene(async ({ bot, thread, say, texts, slack }) => {
        const one = await bot()
        const where = thread('C1')
        await say(one, where, 'before')
        await eventually('the first', () => texts(where).length === 1)
        slack.outage(true)
        for (const n of [1, 2, 3]) await say(one, where, `during ${n}`)
        await sleep(2500)
        slack.outage(false)
        await say(one, where, 'after')
        await eventually('all', () => texts(where).length >= 5, 25_000)
        expect(texts(where)).toEqual(['before', 'during 1', 'during 2', 'during 3', 'after'])
      }),
    40_000,
  )

  it('stays within one post a second in a channel, whoever speaks there', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const threads = [thread('C1'), thread('C1'), thread('C1')]
      await Promise.all(threads.map((where) => say(one, where, 'hello')))
      await eventually('all', () => threads.every((where) => texts(where).length === 1))
      expect(slack.requests.filter((request) => request.status === 429)).toEqual([])
      const at = slack.requests.filter((request) => request.method === 'chat.postMessage').map((request) => request.at)
      expect(at[2]! - at[0]!).toBeGreaterThanOrEqual(1900)
    }))

  it('edits a message at most once in three seconds, and not at all for a body that is outdated', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'k', 'body 0')
      await eventually('the post', () => texts(where).length === 1)
      for (let n = 1; n <= 20; n += 1) {
        await say(one, where, 'k', `body ${n}`)
        await sleep(20)
      }
      await eventually('the newest', () => texts(where)[0] === 'body 20')
      const bodies = slack.said('C1')[0]!.history
      // the first edit may follow the post at once
      expect(bodies).toHaveLength(3)
      expect(bodies[2]!.at - bodies[1]!.at).toBeGreaterThanOrEqual(2900)
    }))

  it('gives out edits of a whole workspace at 40 a minute after a short burst', () =>
    scene(async ({ store }) => {
      const budget = createBudget(store)
      const waits = []
      for (let n = 0; n < 50; n += 1) waits.push(await budget.take('edit', { everyMs: 1500, burst: 8 }))
      expect(waits.slice(0, 8)).toEqual(Array(8).fill(0))
      expect(waits[8]).toBeGreaterThan(1400)
      expect(waits[49]).toBeGreaterThan(41 * 1450)
    }))

  it('lets a waiting edit not hold up what comes after it', () =>
    scene(async ({ bot, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'a', 'first')
      await eventually('the post', () => texts(where).length === 1)
      await say(one, where, 'a', 'first, edited once')
      await eventually('the first edit', () => texts(where).includes('first, edited once'))
      await say(one, where, 'a', 'first, edited')
      await say(one, where, 'b', 'second')
      await eventually('the second', () => texts(where).includes('second'), 2500)
      await eventually('the edit', () => texts(where).includes('first, edited'))
    }))
})

describe.concurrent('what can never be said', () => {
  it('becomes a dead letter with its reason, and the thread goes on', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, error: 'restricted_action' })
      await say(one, where, 'refused')
      await say(one, where, 'next')
      await eventually('the next', () => texts(where).includes('next'))
      const [letter] = await one.outbox.dead()
      expect(letter).toMatchObject({ key: 'refused', kind: 'post', thread: where })
      expect(letter!.why).toContain('restricted_action')
      expect((await one.outbox.counts()).dead).toBe(1)
    }))

  it('an edit of a message that somebody deleted is dropped, and nothing is said twice', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'k', 'first')
      await eventually('the post', () => texts(where).length === 1)
      slack.world.messages.splice(slack.world.messages.indexOf(slack.said('C1')[0]!), 1)
      await say(one, where, 'k', 'edited')
      await eventually('its end', async () => (await one.outbox.dead()).length === 1)
      expect(texts(where)).toEqual([])
    }))

  it('a token that was revoked is an outage: the message waits for its repair', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      const repair = slack.fault({ method: 'chat.postMessage', error: 'token_revoked' })
      await say(one, where, 'patient')
      await sleep(700)
      repair()
      await eventually('the message', () => texts(where).length === 1)
      expect(await one.outbox.dead()).toEqual([])
    }))
})

describe.concurrent('threads', () => {
  it('a thread may be spoken in before its root is posted, and people find it under the same name', () =>
    scene(async ({ bot, say, slack }) => {
      const one = await bot(ANSWERS)
      slack.addChannel({ id: 'C1', name: 'incidents' })
      const future = futureThread(
        { platform: 'slack', workspace: slack.world.team, channel: 'C1', direct: false },
        'inc-7',
      )
      await one.outbox.put({
        kind: 'post',
        key: 'root',
        thread: future,
        card: textCard('shop is down'),
        attachments: [],
        root: true,
      })
      await say(one, future, 'detail', 'the database is gone')
      const root = await eventually('the root', () => slack.said('C1')[0])
      await eventually('the reply', () => slack.said('C1')[1]?.thread_ts === root.ts)
      slack.write({ channel: 'C1', user: 'U1MIRA', text: 'since when?', thread_ts: root.ts })
      const task = await eventually('the follow-up', () => one.tasks[0])
      expect(task.thread).toEqual(future)
      await eventually('the answer', () => slack.said('C1')[2]?.thread_ts === root.ts)
    }))

  it('whoever asked where nothing may be said is told why in a direct message', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot(ANSWERS)
      slack.addChannel({ id: 'C1' })
      for (const method of ['chat.postMessage', 'chat.postEphemeral'])
        slack.fault({ method, times: 1, error: 'restricted_action' })
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'pods' })
      const note = await eventually('the note', () => slack.said(slack.dm('U1MIRA'))[0])
      expect(showBlocks(note.blocks!)).toMatch(/^I cannot answer you there\. Slack refused: restricted_action\./)
    }))

  it('a private note reaches somebody who is not in the channel as a direct message', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot()
      slack.addChannel({ id: 'C1', members: [slack.world.botUser] })
      const where: Thread = { platform: 'slack', workspace: slack.world.team, channel: 'C1', thread: '', direct: false }
      const to = { platform: 'slack' as const, workspace: slack.world.team, id: 'U1MIRA' }
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('only you') })
      await eventually('the note', () => slack.said(slack.dm('U1MIRA')).length === 1)
    }))
})

describe.concurrent('every question becomes one task', () => {
  it('when every event is delivered twice', () =>
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

  it('when the queue refuses it at first: it is not acknowledged and comes again', () =>
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

  it(
    'when the socket breaks, is recycled, and questions come meanwhile',
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

  it('when nobody can say at first who asks', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot(ANSWERS)
      slack.addChannel({ id: 'C1' })
      slack.fault({ method: 'users.info', times: 2, retryAfter: 1 })
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'hello' })
      await eventually('the answer', () => slack.said('C1').length === 1)
      expect(one.tasks).toHaveLength(1)
    }))

  it(
    'when the bot is killed and another takes over',
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
})
