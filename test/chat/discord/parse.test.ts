// Payloads in the shape that Discord documents → what happened.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  idAt,
  parseInteraction,
  parseMessage,
  parseSaid,
  rolesOf,
  type Self,
  timeOf,
} from '../../../src/chat/discord/parse.ts'
import { questionOf } from '../../../src/chat/discord/words.ts'

const SELF: Self = {
  user: '1100000000000000001',
  app: '1200000000000000001',
  guilds: ['900000000000000001'],
  roles: new Set(['950000000000000001']),
}
const TEXT = { id: '700000000000000001', type: 0, guild_id: '900000000000000001' }
const THREAD = { id: '1440995313000000009', type: 11, guild_id: '900000000000000001', parent_id: '700000000000000001' }
const DM = { id: '800000000000000001', type: 1 }

function payload(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../payloads/discord/${name}.json`), 'utf8')) as Record<
    string,
    unknown
  >
}

function said(name: string, channel: typeof TEXT | typeof THREAD | typeof DM) {
  const message = parseMessage(payload(name), SELF)
  return message && parseSaid(message, channel, SELF)
}

it('a mention opens a thread from its own message', () => {
  expect(said('message_mention', TEXT)).toMatchObject({
    why: 'mention',
    inbound: {
      id: ['1440995313000000001'],
      text: 'what is wrong in `shop`?',
      thread: { workspace: '900000000000000001', channel: TEXT.id, thread: '1440995313000000001', direct: false },
      person: { platform: 'discord', id: '300000000000000001' },
      at: '2025-11-20T09:20:55.017Z',
    },
  })
})

it('what is said in a thread or directly belongs there; backticks around a command do not', () => {
  expect(said('message_in_thread', THREAD)).toMatchObject({
    why: 'follow-up',
    inbound: { thread: { channel: TEXT.id, thread: THREAD.id } },
  })
  expect(said('message_direct', DM)).toMatchObject({
    why: 'direct',
    inbound: { text: 'kubectl get pods', thread: { workspace: '', channel: DM.id, thread: DM.id, direct: true } },
  })
})

it('a reply to an answer of ours goes on with what that answered', () => {
  expect(said('message_reply_to_us', TEXT)).toMatchObject({
    why: 'mention',
    inbound: { thread: { thread: '1440995313000000002' } },
  })
})

it('the role that bears our name is us; without it in the list, or without words, it is not', () => {
  expect(said('message_mention_of_our_role', TEXT)).toEqual(said('message_mention', TEXT))
  const blank = parseMessage({ ...payload('message_mention_of_our_role'), content: '' }, SELF)!
  expect(parseSaid(blank, TEXT, SELF)).toBeUndefined()
  const guild = {
    roles: [
      { id: '900000000000000001', name: '@everyone' },
      { id: '950000000000000001', tags: { bot_id: SELF.user } },
      { id: '950000000000000002', tags: { bot_id: '1' } },
      { id: '950000000000000003', tags: { premium_subscriber: null } },
    ],
  }
  expect(rolesOf(guild, SELF.user)).toEqual(['950000000000000001'])
  expect(rolesOf({ id: '1', unavailable: true }, SELF.user)).toEqual([])
})

it('a reply to us needs no mention, if it says something', () => {
  const { inbound } = said('message_reply_to_us', TEXT)!
  expect(said('message_reply_without_ping', TEXT)).toEqual({ why: 'follow-up', inbound })
  const blank = parseMessage({ ...payload('message_reply_without_ping'), content: '' }, SELF)!
  expect(parseSaid(blank, TEXT, SELF)).toBeUndefined()
})

it.each([
  'message_plain',
  'message_mention_of_another_role',
  'message_of_a_bot',
  'message_of_a_webhook',
  'message_thread_created',
])('%s is not for us', (name) => {
  expect(said(name, TEXT)).toBeUndefined()
})

it('who turns to somebody else in a thread of ours does not ask us, nor do words that we may not read', () => {
  expect(said('message_to_somebody_else', THREAD)).toBeUndefined()
  const blank = parseMessage({ ...payload('message_in_thread'), content: '' }, SELF)!
  expect(parseSaid(blank, THREAD, SELF)).toBeUndefined()
})

it('servers that are not served are not heard', () => {
  expect(parseMessage(payload('message_mention'), { ...SELF, guilds: [] })).toBeUndefined()
})

it('controls and forms carry an id, the person as Discord knows them, and the message', () => {
  const on = { message: '1440995313000000020', thread: { channel: TEXT.id, thread: THREAD.id } }
  expect(parseInteraction(payload('button'), SELF)).toMatchObject({
    kind: 'press',
    press: { control: 'a:7f3a:approve', person: { id: '300000000000000001' }, on },
  })
  expect(parseInteraction(payload('select'), SELF)).toMatchObject({ kind: 'press', press: { value: 'proxy' } })
  for (const name of ['form', 'form_with_label'])
    expect(parseInteraction(payload(name), SELF)).toMatchObject({
      kind: 'form',
      press: { control: 'a:7f3a:reject', fields: { reason: 'not now' }, on },
    })
  expect(parseInteraction(payload('button_direct'), SELF)).toMatchObject({
    press: { person: { workspace: '', id: '300000000000000001' }, on: { thread: { direct: true, thread: DM.id } } },
  })
})

it('a command asks in the channel', () => {
  expect(parseInteraction(payload('command'), SELF)).toMatchObject({
    kind: 'command',
    text: 'pods in shop',
    inThread: false,
    where: { channel: TEXT.id },
    asked: { served: true },
  })
  expect(parseInteraction(payload('command'), { ...SELF, guilds: [] })).toMatchObject({ asked: { served: false } })
  expect(parseInteraction(payload('command_of_others'), SELF)).toMatchObject({ asked: { served: false } })
})

it('nonsense is nothing', () => {
  for (const one of [undefined, null, 1, 'x', [], {}, { type: 3 }, { ...payload('button'), id: 'x' }]) {
    expect(parseMessage(one, SELF)).toBeUndefined()
    expect(parseInteraction(one, SELF)).toBeUndefined()
  }
  expect(questionOf(`${'`'.repeat(50_000)}`, SELF).length).toBeLessThanOrEqual(40_000)
})

it('ids are times', () => {
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(timeOf(idAt(now))).toBe('2026-11-21T00:00:00.000Z')
})
