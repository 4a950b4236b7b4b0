// Where else people meet us in Slack: the command, the message shortcut, the App Home.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import type { TaskOf } from '../../../src/core/task.ts'
import { notified, showBlocks } from '../../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../../fakes/slack/slack.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { slackConfig } from '../rigs/slack.ts'
import { eventually, sleep, startRedis, type TestRedis } from '../support.ts'

let redis: TestRedis
let slack: FakeSlack
let bot: Bot

beforeAll(async () => {
  redis = await startRedis()
  slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addUser({ id: 'U2GUEST', name: 'gus', is_restricted: true })
  slack.addChannel({ id: 'C1', name: 'ops' })
  slack.addChannel({ id: 'C2', name: 'elsewhere', members: ['U1'] })
  bot = await startBot(await redis.connect(), (parts) => createSlack({ ...parts, config: slackConfig(slack) }))
})
afterAll(async () => {
  await bot.stop()
  await slack.stop()
  await redis.stop()
})
beforeEach(() => void bot.tasks.splice(0))

const task = () => eventually('the task', () => bot.tasks[0] as TaskOf<'answer'> | undefined)

it('a command becomes a root message of its own, and is answered in its thread', async () => {
  slack.command({ channel: 'C1', user: 'U1', text: 'pods in shop' })
  const { thread, text } = await task()
  expect(text).toBe('pods in shop')
  const root = await eventually('the root', () => slack.said('C1')[0])
  expect(showBlocks(root.blocks!)).toBe('mira asks: pods in shop')
  await bot.outbox.put({
    kind: 'post',
    key: 'a',
    thread,
    card: { blocks: [{ kind: 'text', text: '9 pods' }], controls: [] },
    attachments: [],
    root: false,
  })
  const reply = await eventually('the answer', () => slack.said('C1')[1])
  expect(reply.thread_ts).toBe(root.ts)
})

it('a command where we are not, or from somebody who may not ask, is answered to them alone', async () => {
  const away = slack.command({ channel: 'C2', user: 'U1', text: 'pods' })
  await eventually('the reply', () => away.ackedAt)
  expect(away.answer).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('/invite') })
  const guest = slack.command({ channel: 'C1', user: 'U2GUEST', text: 'pods' })
  await eventually('the reply', () => guest.ackedAt)
  expect(guest.answer).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('guest') })
  expect(bot.tasks).toEqual([])
})

it('a group of people writing to each other is a place like a channel', async () => {
  slack.addChannel({ id: 'G1', name: 'mpdm-mira--jo--firstmate-1', is_private: true, is_mpim: true })
  slack.write({ channel: 'G1', user: 'U1', text: 'lunch?' })
  const root = slack.mention({ channel: 'G1', user: 'U1', text: 'is shop ok?' })
  expect((await task()).thread).toMatchObject({ channel: 'G1', thread: root.ts, direct: false })
  slack.write({ channel: 'G1', user: 'U1', text: 'and payments?', thread_ts: root.ts })
  await eventually('the follow-up', () => bot.tasks[1])
  slack.command({ channel: 'G1', user: 'U1', text: 'pods' })
  await eventually('the command', () => bot.tasks[2])
  await eventually('its root', () => slack.said('G1').length === 1)
  slack.mention({ channel: 'G1', user: 'U2GUEST', text: 'secrets?' })
  await eventually('the refusal', () =>
    slack.world.ephemerals.some((one) => one.channel === 'G1' && one.user === 'U2GUEST'),
  )
  expect(bot.tasks.map((one) => (one as TaskOf<'answer'>).text)).toEqual(['is shop ok?', 'and payments?', 'pods'])
})

it('a follow-up that Slack tells of before the mention it follows is heard, one in a thread of others is not', async () => {
  const root = slack.write({ channel: 'C1', user: 'U1', text: 'is shop ok?' })
  slack.write({ channel: 'C1', user: 'U1', text: 'and payments?', thread_ts: root.ts })
  const other = slack.write({ channel: 'C1', user: 'U1', text: 'lunch?' })
  slack.write({ channel: 'C1', user: 'U1', text: 'yes', thread_ts: other.ts })
  await sleep(300)
  const last = slack.wire.deliveries.at(-1)!.payload as { event: Record<string, unknown> }
  const mention = {
    ...last.event,
    type: 'app_mention',
    ts: root.ts,
    thread_ts: undefined,
    text: '<@U0FIRSTMATE> shop?',
  }
  slack.wire.send('events_api', { ...last, event_id: 'EvLate', event: mention })
  await eventually('both', () => bot.tasks.length === 2)
  expect(bot.tasks.map((one) => one.kind === 'answer' && one.text)).toEqual(['shop?', 'and payments?'])
  await eventually('all acks', () => slack.wire.deliveries.every((delivery) => delivery.ackedAt !== undefined))
  expect(bot.tasks).toHaveLength(2)
})

it('the message shortcut asks about a message, in its thread, and shows 👀 on it', async () => {
  const message = slack.write({ channel: 'C1', user: 'U2GUEST', text: 'checkout answers 503' })
  slack.shortcut({ message, user: 'U1' })
  expect(await task()).toMatchObject({
    text: 'Investigate: checkout answers 503',
    thread: { thread: message.ts },
    asker: { id: 'U1' },
  })
  await eventually('👀', () => message.reactions[0]?.name === 'eyes')
})

it('a command or shortcut in a conversation of others is answered to that person alone, and asks nothing', async () => {
  slack.world.channels.set('D0OTHERS', { id: 'D0OTHERS', name: '', members: new Set(['U1', 'U2']), is_im: true })
  const command = slack.command({ channel: 'D0OTHERS', user: 'U1', text: 'pods' })
  await eventually('the reply', () => command.ackedAt)
  expect(command.answer).toMatchObject({ text: expect.stringContaining('write to me directly') })
  const message = slack.write({ channel: 'D0OTHERS', user: 'U2GUEST', text: 'look' })
  slack.shortcut({ message, user: 'U1' })
  const dm = slack.dm('U1')
  await eventually('the note', () =>
    slack.said(dm).some((one) => /cannot read this/.test(showBlocks(one.blocks ?? []))),
  )
  expect(bot.tasks).toEqual([])
  slack.command({ channel: dm, user: 'U1', text: 'pods' })
  expect(await task()).toMatchObject({ thread: { channel: dm } })
  await eventually('its root', () => slack.said(dm).length === 2)
})

it('the command "approvals" lists what waits for that person, for them alone, also where we are not', async () => {
  const thread = {
    platform: 'slack' as const,
    workspace: slack.world.team,
    channel: 'C1',
    thread: '1.1',
    direct: false,
  }
  const plan = { words: 'restart <!channel>', tier: 'restart', cluster: 'prod', requester: 'jo', thread, key: 'none' }
  bot.handlers.pending = async ({ id }) =>
    id === 'U1'
      ? Array.from({ length: 12 }, (_, n) => ({ ...plan, name: `7f3a9${n}`, deadline: '2026-11-21T14:22:00Z' }))
      : []
  const said = slack.world.messages.length
  const asked = slack.command({ channel: 'C2', user: 'U1', text: 'approvals' })
  await eventually('the list', () => asked.ackedAt)
  const list = asked.answer as { response_type: string; text: string; blocks: unknown[] }
  expect(list.response_type).toBe('ephemeral')
  const shown = showBlocks(list.blocks)
  expect(shown).toContain('12 plans wait for your decision')
  expect(shown).toContain('7f3a90')
  expect(shown).toContain('until 14:22 UTC')
  expect(shown).toContain('and 2 more')
  expect(list.text).not.toContain('<!channel>')
  expect(bot.tasks).toEqual([])
  expect(slack.world.messages).toHaveLength(said)
})

it('a list that takes long is told after the command was answered, to that person alone; one that fails says so', async () => {
  bot.handlers.pending = async () => {
    await sleep(1800)
    return []
  }
  const slow = slack.command({ channel: 'C1', user: 'U1', text: 'approvals' })
  await eventually('the receipt', () => slow.ackedAt)
  expect(slow.answer ?? {}).toEqual({})
  const note = () => slack.world.ephemerals.find((one) => /Nothing waits/.test(JSON.stringify(one)))
  await eventually('the list', () => note()?.user === 'U1')
  bot.handlers.pending = async () => {
    throw new Error('nobody knows')
  }
  const failed = slack.command({ channel: 'C1', user: 'U1', text: 'approvals' })
  await eventually('the sentence', () => failed.ackedAt)
  expect(failed.answer).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('try again') })
})

it('a command of hostile text becomes a root that calls nobody and links nowhere', async () => {
  const text = '&lt;!channel&gt; <https://evil.test|click> *x* `y`\n<@U2GUEST> @everyone'
  slack.command({ channel: 'C1', user: 'U1', text })
  const root = await eventually('the root', () =>
    slack.said('C1').find((one) => JSON.stringify(one.blocks).includes('everyone')),
  )
  expect(showBlocks(root.blocks!)).toBe('mira asks: <!channel> click *x* `y`\n@U2GUEST @everyone')
  expect(notified(root)).toEqual([])
  expect(JSON.stringify(root.blocks)).not.toContain('evil.test')
})

it('a shortcut on a message without words says so', async () => {
  const message = slack.write({ channel: 'C1', user: 'U2GUEST', text: '' })
  slack.shortcut({ message, user: 'U1' })
  await eventually('the note', () =>
    slack.world.ephemerals.some((one) => /no text in that/.test(showBlocks(one.blocks ?? []))),
  )
  expect(bot.tasks).toEqual([])
})

it('the App Home shows what one may do, and the threads one has', async () => {
  const question = slack.mention({ channel: 'C1', user: 'U1', text: 'why is *checkout* <failing>?' })
  await task()
  slack.openHome('U1')
  const home = await eventually('the view', () => slack.world.homes.get('U1'))
  const shown = showBlocks(home.blocks as unknown[])
  expect(shown).toContain('You may ask me')
  expect(shown).toContain(
    `why is *checkout* <failing>? <https://fake.slack.test/archives/C1/p${question.ts.replace('.', '')}>`,
  )
  slack.openHome('U2GUEST')
  const guest = await eventually('the view', () => slack.world.homes.get('U2GUEST'))
  expect(showBlocks(guest.blocks as unknown[])).toContain('you are a guest here')
})

it('the App Home lists what waits for this person, with the way to its card', async () => {
  const plan = {
    name: '7f3a91',
    words: 'scale Deployment shop/<!channel> to 3',
    tier: 'scale',
    cluster: 'prod',
    requester: 'jo',
    deadline: '2026-01-01T14:22:00Z',
  }
  const { ts } = slack.write({ channel: 'C1', user: 'U1', text: 'scale it' })
  const thread = { platform: 'slack' as const, workspace: 'T0FAKE', channel: 'C1', thread: ts, direct: false }
  await bot.outbox.put({
    kind: 'post',
    key: 'plan-1',
    thread,
    card: { blocks: [{ kind: 'text', text: 'Plan 7f3a91' }], controls: [] },
    attachments: [],
    root: false,
  })
  const on = await eventually('the card', () => bot.outbox.posted(thread, 'plan-1'))
  bot.handlers.pending = async (person) =>
    person.id === 'U1'
      ? [
          { ...plan, thread, key: 'plan-1' },
          { ...plan, name: 'aaaaaa', thread, key: 'plan-2' },
        ]
      : []
  slack.world.homes.clear()
  slack.openHome('U1')
  const shown = showBlocks((await eventually('the view', () => slack.world.homes.get('U1'))).blocks as unknown[])
  const address = `https://fake.slack.test/archives/C1/p${on.message.replace('.', '')}?thread_ts=${ts}&cid=C1`
  expect(shown).toContain('2 plans wait for your decision')
  expect(shown).toContain(
    `7f3a91  scale Deployment shop/<!channel> to 3 · scale · prod · for jo · until 14:22 UTC  Review <${address}>`,
  )
  expect(shown).toMatch(/aaaaaa .* UTC {2}\n/)
  slack.openHome('U2GUEST')
  const other = await eventually('the view', () => slack.world.homes.get('U2GUEST'))
  expect(showBlocks(other.blocks as unknown[])).toContain('Nothing waits for your decision.')
  bot.handlers.pending = async () => {
    throw new Error('Redis is away')
  }
  slack.world.homes.clear()
  slack.openHome('U1')
  const still = await eventually('the view', () => slack.world.homes.get('U1'))
  expect(showBlocks(still.blocks as unknown[])).toMatch(/cannot be looked up[\s\S]*Your threads/)
})

it('every delivery was acknowledged', async () => {
  await eventually('all acks', () => slack.wire.deliveries.every((delivery) => delivery.ackedAt !== undefined))
})
