// HTTP mode: who may knock, and how often.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Door, DoorRequest } from '../../../src/chat/contract.ts'
import { createDoor } from '../../../src/chat/slack/http.ts'
import type { Delivered } from '../../../src/chat/slack/receive.ts'
import { silentLogger } from '../../../src/log.ts'
import { signed } from '../../fakes/slack/wire.ts'
import { startRedis, type TestRedis } from '../support.ts'

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const EVENT = JSON.stringify({ type: 'event_callback', event: { type: 'app_mention' } })

let redis: TestRedis
let door: Door
const taken: Delivered[] = []
let take: (delivered: Delivered) => Promise<unknown> = async () => undefined

beforeAll(async () => {
  redis = await startRedis()
  const store = await redis.connect()
  const record = (delivered: Delivered) => {
    taken.push(delivered)
    return take(delivered)
  }
  door = createDoor({ secret: SECRET, store, take: record, log: silentLogger })
})
afterAll(() => redis.stop())

function request(
  body: string,
  options: { at?: number; secret?: string; type?: string; send?: string } = {},
): DoorRequest {
  const { at, secret = SECRET, type = 'application/json', send = body } = options
  return { method: 'POST', headers: { 'content-type': type, ...signed(body, secret, at) }, body: Buffer.from(send) }
}

const now = () => Math.floor(Date.now() / 1000)

describe('the door of Slack', () => {
  it('takes what is signed, over the bytes as they came', async () => {
    const body = `{"type":"event_callback",  "event":{"text":"\u00e9"}, "n":1}`
    expect(await door.handle(request(body))).toMatchObject({ status: 200 })
    expect(taken.at(-1)!.body).toMatchObject({ event: { text: 'é' } })
  })

  it.each([
    ['another secret', request(EVENT, { secret: 'wrong' })],
    ['a changed byte', request(EVENT, { send: EVENT.replace('mention', 'Mention') })],
    ['a time six minutes ago', request(EVENT, { at: now() - 360 })],
    ['a time six minutes ahead', request(EVENT, { at: now() + 360 })],
    ['no signature', { method: 'POST', headers: { 'content-type': 'application/json' }, body: Buffer.from(EVENT) }],
  ])('refuses %s', async (_what, bad) => {
    const before = taken.length
    expect(await door.handle(bad)).toMatchObject({ status: 401 })
    expect(taken).toHaveLength(before)
  })

  it('takes a request once: the same signature again is refused', async () => {
    const once = request(EVENT, { at: now() - 10 })
    expect(await door.handle(once)).toMatchObject({ status: 200 })
    expect(await door.handle(once)).toMatchObject({ status: 409 })
  })

  it('takes a request once on all replicas together, however many of them it meets at the same time', async () => {
    const other = createDoor({ secret: SECRET, store: await redis.connect(), take: async () => {}, log: silentLogger })
    const once = request(EVENT, { at: now() - 15 })
    const statuses = await Promise.all([door, other, door, other].map(async (one) => (await one.handle(once)).status))
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
    // Slack signs its own second attempt anew: it is taken, and what was done already is recognised by the message
    const retry = request(EVENT, { at: now() - 14 })
    retry.headers['x-slack-retry-num'] = '1'
    expect(await door.handle(retry)).toMatchObject({ status: 200 })
    expect(taken.at(-1)).toMatchObject({ retryNum: 1 })
  })

  it.each([
    ['a signature given twice', { 'x-slack-signature': ['v0=00', 'v0=00'] }],
    ['a time that is no number', { 'x-slack-request-timestamp': '1e9' }],
    ['a signature of another length', { 'x-slack-signature': 'v0=00' }],
    ['a signature in capitals', { 'x-slack-signature': `v0=${'A'.repeat(64)}` }],
  ])('refuses %s', async (_what, headers) => {
    const good = request(EVENT, { at: now() - 16 })
    expect(await door.handle({ ...good, headers: { ...good.headers, ...headers } })).toMatchObject({ status: 401 })
  })

  it('asks for it again when it could not be taken, and then takes it', async () => {
    const failing = request(EVENT, { at: now() - 20 })
    take = async () => {
      throw new Error('Redis is away')
    }
    expect(await door.handle(failing)).toMatchObject({ status: 503 })
    take = async () => undefined
    expect(await door.handle(failing)).toMatchObject({ status: 200 })
  })

  it('answers in time even when the work takes longer', async () => {
    take = () => new Promise((resolve) => setTimeout(resolve, 5000))
    const began = Date.now()
    expect(await door.handle(request(EVENT, { at: now() - 30 }))).toMatchObject({ status: 503 })
    expect(Date.now() - began).toBeLessThan(3000)
    take = async () => undefined
  })

  it('answers the check of its address, and only when that is signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1a' })
    expect(await door.handle(request(body))).toMatchObject({ status: 200, body: '3eZbrw1a' })
    expect(await door.handle(request(body, { secret: 'wrong' }))).toMatchObject({ status: 401 })
  })

  it('reads clicks and commands from their forms', async () => {
    const type = 'application/x-www-form-urlencoded'
    const click = new URLSearchParams({ payload: '{"type":"block_actions"}' }).toString()
    expect(await door.handle(request(click, { type }))).toMatchObject({ status: 200 })
    expect(taken.at(-1)!.body).toEqual({ type: 'block_actions' })
    const command = new URLSearchParams({ command: '/firstmate', text: 'a b' }).toString()
    take = async () => ({ text: 'only you' })
    expect(await door.handle(request(command, { type }))).toMatchObject({ body: '{"text":"only you"}' })
    expect(taken.at(-1)!.body).toEqual({ command: '/firstmate', text: 'a b' })
  })

  it('answers the check of its certificate', async () => {
    const type = 'application/x-www-form-urlencoded'
    const before = taken.length
    expect(await door.handle(request('ssl_check=1&token=x', { type }))).toMatchObject({ status: 200, body: '' })
    expect(taken).toHaveLength(before)
  })

  it('goes by the type of the body, however that is written', async () => {
    for (const [n, type] of ['application/json', 'Application/JSON; charset=utf-8', 'application/json;x=y'].entries())
      expect(await door.handle(request(EVENT, { type, at: now() - 40 - n }))).toMatchObject({ status: 200 })
    const before = taken.length
    for (const type of ['text/plain', '', 'application/jsonx', 'multipart/form-data; boundary=x'])
      expect(await door.handle(request(EVENT, { type }))).toMatchObject({ status: 415 })
    expect(taken).toHaveLength(before)
  })

  it.each(['', '[]', '"x"', '{', 'null'])('refuses the body %j', async (body) => {
    expect((await door.handle(request(body))).status).toBe(400)
  })

  it('refuses other methods and giant bodies', async () => {
    expect(await door.handle({ ...request(EVENT), method: 'GET' })).toMatchObject({ status: 405 })
    expect(await door.handle(request('x'.repeat(1_000_001)))).toMatchObject({ status: 413 })
  })
})
