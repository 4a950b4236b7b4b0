// Answers that are still being written: streamed where the workspace allows it, edited where not, and once each whatever happens in between.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { slackSettings } from '../../../src/chat/slack/settings.ts'
import type { Block, Card } from '../../../src/core/card.ts'
import type { Person } from '../../../src/core/people.ts'
import type { Thread } from '../../../src/core/thread.ts'
import { notified, showBlocks } from '../../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../../fakes/slack/slack.ts'
import type { FakeMessage } from '../../fakes/slack/world.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { slackConfig } from '../rigs/slack.ts'
import { eventually, startRedis, type TestRedis } from '../support.ts'

const MIRA: Person = { platform: 'slack', workspace: 'T0FAKE', id: 'U1', name: 'mira' }
let redis: TestRedis
let slack: FakeSlack
let bot: Bot
let thread: Thread

async function start(): Promise<Bot> {
  return startBot(await redis.connect(), (parts) => createSlack({ ...parts, config: slackConfig(slack) }))
}

function threadIn(channel: string): Thread {
  const { ts } = slack.write({ channel, user: 'U1', text: 'why?' })
  return { platform: 'slack', workspace: 'T0FAKE', channel, thread: ts, direct: channel.startsWith('D') }
}

beforeEach(async () => {
  redis = await startRedis()
  slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops' })
  bot = await start()
  thread = threadIn('C1')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await bot.stop()
  await slack.stop()
  await redis.stop()
})

const text = (words: string): Block => ({ kind: 'text', text: words })
const note = (line: string): Block => ({ kind: 'note', text: line })

function put(blocks: Block[], growing: boolean, more: Partial<Card> = {}, where = thread): Promise<boolean> {
  const card: Card = { blocks, controls: [], ...more }
  return bot.outbox.put({
    kind: 'post',
    key: 'answer',
    thread: where,
    card,
    attachments: [],
    root: false,
    ...(growing ? { growing: MIRA } : {}),
  })
}

const shows = (words: string, where = thread) =>
  eventually(words, () => {
    const all = said(where)
    return all.length === 1 && showBlocks(all[0]!.blocks ?? []).includes(words) && all[0]
  })
const said = (where = thread): FakeMessage[] =>
  slack.said(where.channel).filter((one) => one.thread_ts === where.thread)
const calls = (method: string) => slack.requests.filter((one) => one.method === method)
/** Ends the answer and looks at what stands there. */
async function ends(): Promise<FakeMessage> {
  await put([text('found'), text('one'), text('two')], false, {
    controls: [{ kind: 'button', id: 'i:logs', label: 'Logs', style: 'plain' }],
  })
  const message = await shows('[Logs]')
  expect(showBlocks(message.blocks ?? [])).toBe('found\none\ntwo\n[Logs]')
  expect(message.streaming ?? false).toBe(false)
  expect(message.metadata).toMatchObject({ event_payload: { key: 'answer' } })
  return message
}

it('streams what is added, to the person who asked, and puts the whole answer there at last', async () => {
  await put([note('⏳ Looking…')], true)
  await shows('◌ ⏳ Looking…')
  await put([text('found <!channel>'), note('⏳ Asking')], true)
  await shows('◌ ⏳ Asking\nfound <!channel>')
  await put([text('found <!channel>'), text('*one* <@U1>'), note('⏳ Writing')], true)
  const open = await shows('◌ ⏳ Writing\nfound <!channel>\n*one* <@U1>')
  expect(open.streaming).toBe(true)
  expect(notified(open)).toEqual([])
  await ends()
  expect(calls('chat.startStream').map(({ args }) => [args.recipient_user_id, args.recipient_team_id])).toEqual([
    ['U1', 'T0FAKE'],
  ])
  expect(calls('chat.appendStream')).toHaveLength(2)
  expect(calls('chat.postMessage')).toEqual([])
  expect(calls('chat.update')).toHaveLength(1)
})

it('names nobody in a direct message, where Slack refuses that', async () => {
  thread = threadIn(slack.dm('U1'))
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await ends()
  expect(calls('chat.startStream')).toMatchObject([{ reply: { ok: true } }])
})

it.each([
  ['the workspace does not allow it', () => void (slack.world.streams = false)],
  ['Slack knows no such method', () => void slack.fault({ method: 'chat.startStream', error: 'unknown_method' })],
  ['there were too many of late', () => void slack.fault({ method: 'chat.startStream', retryAfter: 30 })],
])('posts and edits where %s, and does not ask again', async (_why, refuse) => {
  refuse()
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await ends()
  const other = threadIn('C1')
  await put([text('found'), note('⏳')], true, {}, other)
  await shows('found', other)
  expect(calls('chat.startStream')).toHaveLength(1)
  expect(said()[0]!.streamed).toBeUndefined()
})

it('is off when the setting says so', async () => {
  vi.stubEnv('SLACK_STREAMING', 'off')
  await bot.stop()
  bot = await start()
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await ends()
  expect(calls('chat.startStream')).toEqual([])
  expect(() => slackSettings({ SLACK_STREAMING: 'yes' })).toThrow(
    'SLACK_STREAMING has a value that is not allowed; allowed: auto, off.',
  )
})

it('edits what is not more of the same, and what Slack has ended by itself', async () => {
  await put([text('one cause'), note('⏳')], true)
  await shows('one cause')
  await put([text('another cause'), note('⏳')], true)
  const edited = await shows('another cause')
  expect(edited.streaming).toBe(false)
  await ends()
  thread = threadIn('C1')
  await put([text('found'), note('⏳')], true)
  const ended = await shows('found')
  ended.streaming = false
  await put([text('found'), text('one'), note('⏳')], true)
  await shows('one')
  await ends()
})

it('finds a stream whose beginning was not answered, and does not begin another', async () => {
  slack.fault({ method: 'chat.startStream', cut: 'after', times: 1 })
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await ends()
  expect(calls('chat.startStream')).toHaveLength(1)
  expect(calls('chat.postMessage')).toEqual([])
})

it('posts the message when streams only stumble, after looking whether one stands there', async () => {
  slack.fault({ method: 'chat.startStream', status: 500 })
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await ends()
  expect(calls('chat.startStream')).toHaveLength(1)
  expect(calls('conversations.replies').length).toBeGreaterThan(0)
})

it('adds nothing twice when nobody knows whether it was added', async () => {
  await put([text('found'), note('⏳')], true)
  await shows('found')
  slack.fault({ method: 'chat.appendStream', cut: 'after', times: 1 })
  await put([text('found'), text('one'), note('⏳')], true)
  await shows('one')
  const message = await ends()
  expect(message.history.at(-1)?.blocks).toEqual(message.blocks)
})

it('goes on where another bot died', async () => {
  await put([text('found'), note('⏳')], true)
  await shows('found')
  await bot.stop()
  bot = await start()
  await put([text('found'), text('one'), note('⏳')], true)
  await shows('one')
  await ends()
})

it('says all of it anew where Slack does not let a stream be edited', async () => {
  await put([text('found'), note('⏳')], true)
  const first = await shows('found')
  slack.fault({ method: 'chat.update', error: 'block_mismatch', times: 1 })
  await put([text('found'), text('one')], false)
  const second = await eventually('the answer', () => said().find((one) => one.ts !== first.ts))
  expect(showBlocks(second.blocks ?? [])).toBe('found\none')
  expect(await bot.outbox.dead()).toEqual([])
})

it('opens no more streams in a minute than Slack allows; the others are edited', async () => {
  const threads = Array.from({ length: 17 }, (_, n) => {
    slack.addChannel({ id: `C9${n}` })
    return threadIn(`C9${n}`)
  })
  await Promise.all(threads.map((where) => put([text('found'), note('⏳')], true, {}, where)))
  for (const where of threads) await shows('found', where)
  expect(calls('chat.startStream')).toHaveLength(10)
  expect(slack.requests.filter(({ status }) => status === 429)).toEqual([])
})
