// The session: intents, lost connections, two bots with one token, an outage. Nothing lost, nothing twice, order kept.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { textCard } from '../../../src/core/card.ts'
import type { TaskOf } from '../../../src/core/task.ts'
import type { Thread } from '../../../src/core/thread.ts'
import { botRole, type FakeDiscord, type FakeDiscordOptions, GUILD } from '../../fakes/discord/discord.ts'
import { showBody } from '../../fakes/discord/show.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { discordConfig, harbour, inThread, MIRA } from '../rigs/discord.ts'
import { eventually, sleep, startRedis, type TestRedis } from '../support.ts'

let redis: TestRedis
let discord: FakeDiscord
const bots: Bot[] = []
const taken = new Set<string>()

beforeEach(async () => {
  redis = await startRedis()
  taken.clear()
})
afterEach(async () => {
  for (const bot of bots.splice(0)) await bot.stop()
  await discord.stop()
  await redis.stop()
})

/** Answers each question with "answer to …". */
async function bot(env: Record<string, string> = {}): Promise<Bot> {
  const one = await startBot(
    await redis.connect(),
    (parts) => createDiscord({ ...parts, config: discordConfig(discord, env) }, { leaseMs: 1000 }),
    {
      taken,
      leaseMs: 1000,
      onTask: async (task, outbox) => {
        if (task.kind !== 'answer') return
        await outbox.put({
          kind: 'post',
          key: task.id,
          thread: task.thread,
          card: textCard(`answer to ${task.text}`),
          attachments: [],
          root: false,
        })
      },
    },
  )
  bots.push(one)
  return one
}

async function open(options: FakeDiscordOptions = {}): Promise<Bot> {
  discord = await harbour(options)
  return bot()
}

const texts = (channel: string) => discord.said(channel).map(showBody)
const threadOf = (channel: string, thread: string): Thread => ({
  platform: 'discord',
  workspace: GUILD,
  channel,
  thread,
  direct: false,
})

it('hears whoever calls it by the role that bears its name', async () => {
  await open()
  const channel = discord.addChannel({}).id
  const question = discord.write({ channel, user: MIRA, text: `<@&${botRole(GUILD)}> pods` })
  await discord.until('the answer', () => texts(question.id).includes('answer to pods'))
})

it('survives what neither we nor the library know', async () => {
  const { adapter } = await open()
  await discord.until('the connection', () => adapter.health().ok)
  const message = {
    id: discord.world.id(),
    channel_id: '1',
    guild_id: GUILD,
    type: 99,
    author: null,
    components: [{ type: 77 }],
  }
  const press = {
    id: discord.world.id(),
    type: 3,
    token: 'x',
    application_id: '1',
    channel: { id: '1', type: 98 },
    message,
  }
  for (const [event, payload] of [
    ['MESSAGE_CREATE', message],
    ['MESSAGE_CREATE', { ...message, type: 0, member: { flags: null } }],
    ['INTERACTION_CREATE', press],
    ['INTERACTION_CREATE', { ...press, type: 66 }],
    ['THREAD_CREATE', { id: '2', guild_id: GUILD, type: 97 }],
    ['SOMETHING_NEW', { id: '1' }],
  ] as const)
    discord.gateway.dispatch(event, () => payload)
  const question = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'pods' })
  await discord.until('the answer', () => texts(question.id).includes('answer to pods'))
  expect(discord.gateway.identified()).toBe(1)
})

it('waits while Discord allows no further session today, and connects when it does', async () => {
  discord = await harbour()
  discord.world.sessionsLeft = 0
  const { adapter } = await bot()
  expect(adapter.health().ok).toBe(false)
  const question = discord.mention({ channel: discord.dm(MIRA), user: MIRA, text: 'pods' })
  expect(discord.gateway.identified()).toBe(0)
  discord.world.sessionsLeft = 1
  await discord.until('the connection', () => adapter.health().ok)
  discord.again(question)
  await discord.until('the answer', () => texts(question.channel_id).includes('answer to pods'))
})

it('runs without MessageContent, says what is missing, and hears mentions all the same', async () => {
  const { adapter } = await open({ granted: 0 })
  await eventually('the connection', () => adapter.health().detail.includes('without MessageContent'))
  expect(adapter.health().ok).toBe(true)
  const question = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'pods' })
  await discord.until('the answer', () => texts(question.id).includes('answer to pods'))
  discord.write({ channel: question.id, user: MIRA, text: 'and now?' })
  discord.mention({ channel: question.id, user: MIRA, text: 'and then?' })
  await discord.until('the second answer', () => texts(question.id).includes('answer to and then?'))
  expect(texts(question.id)).toHaveLength(2)
})

it('comes back by itself when the connection breaks, is recycled, or its session is forgotten', async () => {
  const { adapter } = await open()
  const channel = discord.addChannel({}).id
  const { id: thread } = discord.mention({ channel, user: MIRA, text: 'q0' })
  await discord.until('q0', () => texts(thread).includes('answer to q0'))
  const breaks = [
    () => discord.gateway.reconnect(),
    () => discord.gateway.cut(),
    () => discord.gateway.close(4000),
    () => {
      discord.gateway.forget()
      discord.gateway.cut()
    },
  ]
  for (const [n, how] of breaks.entries()) {
    how()
    discord.write({ channel: thread, user: MIRA, text: `q${n + 1}` })
    await discord.until(`q${n + 1}`, () => texts(thread).includes(`answer to q${n + 1}`), 15_000)
    await discord.until('health', () => adapter.health().ok)
  }
  expect(texts(thread)).toEqual([0, 1, 2, 3, 4].map((n) => `answer to q${n}`))
  expect(discord.gateway.resumed()).toBeGreaterThan(0)
}, 40_000)

it('takes up what was said in threads and direct messages while nobody listened, once and in order', async () => {
  const first = await open()
  const channel = discord.addChannel({}).id
  const { id: thread } = discord.mention({ channel, user: MIRA, text: 'q0' })
  await discord.until('q0', () => texts(thread).includes('answer to q0'))
  const dm = discord.dm(MIRA)
  discord.write({ channel: dm, user: MIRA, text: 'd0' })
  await discord.until('d0', () => texts(dm).includes('answer to d0'))
  await first.stop()
  bots.length = 0
  discord.gateway.forget()
  for (const n of [1, 2, 3]) {
    discord.write({ channel: thread, user: MIRA, text: `q${n}` })
    discord.write({ channel: dm, user: MIRA, text: `d${n}` })
  }
  discord.mention({ channel, user: MIRA, text: 'also in the channel' })
  const second = await bot()
  discord.write({ channel: thread, user: MIRA, text: 'q4' })
  await discord.until(
    'everything',
    () => texts(thread).includes('answer to q4') && texts(dm).includes('answer to d3'),
    15_000,
  )
  expect(texts(thread)).toEqual([0, 1, 2, 3, 4].map((n) => `answer to q${n}`))
  expect(texts(dm)).toEqual([0, 1, 2, 3].map((n) => `answer to d${n}`))
  await eventually('the mention', () =>
    second.tasks.some((task) => (task as TaskOf<'answer'>).text === 'also in the channel'),
  )
}, 30_000)

it('of two bots with one token one listens; when it dies the other takes over and misses nothing', async () => {
  const first = await open({ twice: true })
  const second = await bot()
  expect(discord.gateway.sessions()).toBe(1)
  expect(second.adapter.health()).toMatchObject({ ok: true, detail: expect.stringContaining('stands by') })
  const { id: thread } = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'q0' })
  await discord.until('q0', () => texts(thread).includes('answer to q0'))
  // dead: it reaches neither Redis nor, soon after, Discord
  first.store.redis.disconnect()
  await sleep(300)
  discord.write({ channel: thread, user: MIRA, text: 'q1' })
  await discord.until('q1', () => texts(thread).includes('answer to q1'), 15_000)
  expect(second.adapter.health().detail).toBe('Connected to Discord.')
  await discord.until('one session', () => discord.gateway.sessions() === 1)
  expect(texts(thread)).toEqual(['answer to q0', 'answer to q1'])
  bots.splice(0, 1)
}, 30_000)

it('an outage and a storm of 429s lose nothing and repeat nothing', async () => {
  const { outbox, adapter } = await open()
  const channel = discord.addChannel({}).id
  const root = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread = threadOf(channel, root.id)
  const put = (n: number) =>
    outbox.put({ kind: 'post', key: `m${n}`, thread, card: textCard(`message ${n}`), attachments: [], root: false })
  await put(0)
  await discord.until('the first', () => inThread(discord, thread).length === 1)
  discord.outage(true)
  for (const n of [1, 2, 3]) await put(n)
  await sleep(2500)
  discord.outage(false)
  discord.fault({ route: 'POST /channels/:id/messages', times: 1, cut: 'after' })
  discord.fault({ route: 'POST /channels/:id/messages', times: 2, retryAfter: 2.2 })
  discord.fault({ route: 'POST /channels/:id/messages', times: 1, status: 502 })
  for (const n of [4, 5]) await put(n)
  await discord.until('all of it', () => inThread(discord, thread).length >= 6, 30_000)
  await discord.until('health', () => adapter.health().ok, 15_000)
  expect(texts(thread.thread)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `message ${n}`))
  expect(await outbox.dead()).toEqual([])
}, 60_000)

it('answers by replies where no thread can be opened, and goes on there', async () => {
  const { tasks } = await open()
  const channel = discord.addChannel({ deny: ['CREATE_PUBLIC_THREADS'] }).id
  const question = discord.mention({ channel, user: MIRA, text: 'pods' })
  const answer = await discord.until('the reply', () => discord.said(channel)[0])
  expect(answer.message_reference?.message_id).toBe(question.id)
  discord.write({ channel, user: MIRA, text: 'and now?', reply: answer })
  await discord.until('the second reply', () => discord.said(channel)[1])
  expect(new Set(tasks.map((task) => task.thread.thread))).toEqual(new Set([question.id]))
})

it('finds a message again that was posted before a crash, long after Discord has forgotten its nonce', async () => {
  const { adapter, outbox } = await open()
  const channel = discord.addChannel({}).id
  const root = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread = threadOf(channel, root.id)
  await outbox.put({ kind: 'post', key: 'k', thread, card: textCard('once'), attachments: [], root: false })
  await discord.until('the message', () => discord.said(root.id)[0])
  const found = await adapter.say.find(thread, 'k', Date.now() - 60_000, false)
  expect(found?.message).toBe(discord.said(root.id)[0]!.id)
  expect(await adapter.say.find(thread, 'other', Date.now() - 60_000, false)).toBeUndefined()
  expect(await adapter.say.find(threadOf(channel, '999999999999999999'), 'k', 0, false)).toBeUndefined()
})
