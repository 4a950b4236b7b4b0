// Where answers stand: in a thread where one can be opened, else beside the question; whatever was deleted, closed or full meanwhile.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { textCard } from '../../../src/core/card.ts'
import type { Thread } from '../../../src/core/thread.ts'
import { type FakeDiscord, GUILD } from '../../fakes/discord/discord.ts'
import { showBody } from '../../fakes/discord/show.ts'
import { ChannelType, type FakeMessage } from '../../fakes/discord/world.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { discordConfig, harbour, MIRA } from '../rigs/discord.ts'
import { eventually, sleep, startRedis, type TestRedis } from '../support.ts'

let redis: TestRedis
let discord: FakeDiscord
let bot: Bot

beforeAll(async () => {
  redis = await startRedis()
  discord = await harbour()
  bot = await startBot(await redis.connect(), (parts) => createDiscord({ ...parts, config: discordConfig(discord) }), {
    onTask: async (task, outbox) => {
      if (task.kind !== 'answer') return
      const card = textCard(`answer to ${task.text}`)
      await outbox.put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
    },
  })
})
afterAll(async () => {
  await bot.stop()
  await discord.stop()
  await redis.stop()
})

const texts = (channel: string) => discord.said(channel).map(showBody)
const deadLetter = (thread: string) =>
  eventually('the dead letter', async () => (await bot.outbox.dead()).find((letter) => letter.thread.thread === thread))

it('in a forum, in the post itself, from its first message on', async () => {
  const forum = discord.addChannel({ type: ChannelType.forum }).id
  const post = discord.forumPost({ forum, user: MIRA, text: `<@${discord.world.bot.id}> why?` })
  await discord.until('the answer', () => texts(post.id).includes('answer to why?'))
  await discord.until('👀', () => post.reactions.length > 0)
  discord.write({ channel: post.id, user: MIRA, text: 'and now?' })
  await discord.until('the second answer', () => texts(post.id).includes('answer to and now?'))
  expect(discord.said(forum)).toEqual([])
  expect(discord.requests.filter((one) => one.status >= 400)).toEqual([])
})

it('in announcement channels in a thread; in the chat of a voice channel as replies', async () => {
  const news = discord.addChannel({ type: ChannelType.announcement }).id
  const question = discord.mention({ channel: news, user: MIRA, text: 'news?' })
  await discord.until('the answer', () => texts(question.id).includes('answer to news?'))
  const voice = discord.addChannel({ type: ChannelType.voice }).id
  const spoken = discord.mention({ channel: voice, user: MIRA, text: 'voice?' })
  const answer = await discord.until('the reply', () => discord.said(voice)[0])
  expect(answer.message_reference?.message_id).toBe(spoken.id)
})

it.each([
  ['too many threads', 160006, 400],
  ['too many announcement threads', 160007, 400],
  ['too many members', 30033, 400],
  ['no permission', 50013, 403],
  ['no access', 50001, 403],
])('as a reply where no thread can be opened: %s', async (_why, code, status) => {
  const channel = discord.addChannel({}).id
  const clear = discord.fault({ route: 'POST /channels/:id/messages/:id/threads', code, status })
  const question = discord.mention({ channel, user: MIRA, text: 'pods' })
  const answer = await discord.until('the reply', () => discord.said(channel)[0])
  clear()
  expect(answer.message_reference?.message_id).toBe(question.id)
  // what follows stays beside it, although a thread could be opened now
  const first = bot.tasks.at(-1)!
  await bot.outbox.put({
    kind: 'post',
    key: `more-${code}`,
    thread: first.thread,
    card: textCard('more'),
    attachments: [],
    root: false,
  })
  await discord.until('the second reply', () => texts(channel).includes('more'))
})

it('as a reply where threads can be opened, but nothing said in them; and as one where too many were opened just now', async () => {
  const mute = discord.addChannel({ deny: ['SEND_MESSAGES_IN_THREADS'] }).id
  const question = discord.mention({ channel: mute, user: MIRA, text: 'pods' })
  const answer = await discord.until('the reply', () => discord.said(mute)[0])
  expect(answer.message_reference?.message_id).toBe(question.id)
  const channel = discord.addChannel({}).id
  const clear = discord.fault({ route: 'POST /channels/:id/messages/:id/threads', retryAfter: 240 })
  const asked = discord.mention({ channel, user: MIRA, text: 'nodes' })
  const reply = await discord.until('the reply', () => discord.said(channel)[0])
  clear()
  expect(reply.message_reference?.message_id).toBe(asked.id)
  // a reply to it needs no mention, and goes on there
  const taken = bot.tasks.length
  const more = discord.write({ channel, user: MIRA, text: 'and now?', reply, silent: true })
  const follow = await discord.until('the follow-up', () => bot.tasks[taken])
  expect(more.notified).toEqual([])
  expect(follow).toMatchObject({ text: 'and now?', thread: { channel, thread: asked.id } })
})

it('nowhere else when somebody else began the thread in which we may not write', async () => {
  const forum = discord.addChannel({ type: ChannelType.forum, deny: ['SEND_MESSAGES_IN_THREADS'] }).id
  const post = discord.forumPost({ forum, user: MIRA, text: `<@${discord.world.bot.id}> a secret?` })
  expect((await deadLetter(post.id)).why).toContain('50013')
  expect(discord.said(forum)).toEqual([])
  // whoever asked is told why there is no answer, once
  const told = () => texts(discord.dm(MIRA)).filter((text) => text.startsWith('I cannot answer you there.'))
  await discord.until('the reason', () => told().length === 1)
  discord.mention({ channel: post.id, user: MIRA, text: 'hello?' })
  await eventually(
    'the second',
    async () => (await bot.outbox.dead()).filter((one) => one.thread.thread === post.id)[1],
  )
  expect(told()).toEqual([
    'I cannot answer you there. Discord refused: Missing Permissions (50013). Ask somebody to let me write there, or write to me directly.',
  ])
})

async function conversation(): Promise<{
  question: FakeMessage
  thread: Thread
  say: (key: string) => Promise<boolean>
}> {
  const channel = discord.addChannel({}).id
  const question = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread: Thread = { platform: 'discord', workspace: GUILD, channel, thread: question.id, direct: false }
  const say = (text: string) =>
    bot.outbox.put({ kind: 'post', key: `k${question.id}`, thread, card: textCard(text), attachments: [], root: false })
  return { question, thread, say }
}

it('nowhere else when a private thread is gone: its words do not go to the channel around it', async () => {
  const channel = discord.addChannel({}).id
  const thread: Thread = { platform: 'discord', workspace: GUILD, channel, thread: discord.world.id(), direct: false }
  await bot.outbox.put({ kind: 'post', key: 'secret', thread, card: textCard('secret'), attachments: [], root: false })
  expect((await deadLetter(thread.thread)).why).toContain('10008')
  expect(discord.said(channel)).toEqual([])
})

it('an archived thread is opened again for an edit, and for what is said anew', async () => {
  const { thread, say } = await conversation()
  await say('first')
  await discord.until('the first', () => texts(thread.thread).includes('first'))
  discord.world.channels.get(thread.thread)!.archived = true
  await say('edited')
  await discord.until('the edit', () => texts(thread.thread).includes('edited'))
  expect(discord.world.channels.get(thread.thread)!.archived).toBe(false)
})

it('a deleted message, a locked thread and a deleted channel end as dead letters that say why', async () => {
  const gone = await conversation()
  await gone.say('first')
  const message = await discord.until('the first', () => discord.said(gone.thread.thread)[0])
  message.deleted = true
  await gone.say('edited')
  const locked = await conversation()
  await locked.say('first')
  await discord.until('the first', () => discord.said(locked.thread.thread)[0])
  discord.world.channels.get(locked.thread.thread)!.locked = true
  await bot.outbox.put({
    kind: 'post',
    key: 'late',
    thread: locked.thread,
    card: textCard('late'),
    attachments: [],
    root: false,
  })
  const closed = await conversation()
  discord.world.channels.delete(closed.thread.channel)
  await closed.say('nobody hears')
  const codes = ['10008', '160005', '10003']
  for (let n = 0; n < 200; n += 1) {
    const dead = (await bot.outbox.dead()).map((letter) => letter.why)
    if (codes.every((code) => dead.some((why) => why.includes(code)))) return
    await sleep(50)
  }
  expect(await bot.outbox.dead()).toEqual(codes)
})
