// HTTP mode: Slack calls us. Signatures are checked over the raw bytes, five minutes either way, and each one counts once.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import type { Door, DoorReply, DoorRequest } from '../contract.ts'
import type { Take } from './receive.ts'

const WINDOW_MS = 5 * 60_000
/** Slack waits three seconds; a later answer counts as a failure and the delivery comes again */
const ANSWER_MS = 2500
const MAX_BODY = 1_000_000
const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

export function createDoor(options: { secret: string; store: Store; take: Take; log: Logger }): Door {
  const { secret, store, take, log } = options

  async function handle(request: DoorRequest): Promise<DoorReply> {
    if (request.method !== 'POST') return reply(405, 'Only POST is allowed here.')
    if (request.body.length > MAX_BODY) return reply(413, 'The body is too large.')
    const signature = checkSignature(request, secret, Date.now())
    if (!signature) return reply(401, 'The signature is missing, wrong or too old.')
    const type = one(request, 'content-type').split(';')[0]!.trim().toLowerCase()
    if (type !== JSON_TYPE && type !== FORM_TYPE) return reply(415, 'Only JSON and forms are taken here.')
    const body = parseBody(request.body.toString('utf8'), type)
    if (!body) return reply(400, 'The body is neither JSON nor a form.')
    // Slack checks the address with these before anything else
    if (body.type === 'url_verification') {
      return typeof body.challenge === 'string' ? reply(200, body.challenge.slice(0, 500)) : reply(400, 'No challenge.')
    }
    if (body.ssl_check !== undefined) return reply(200, '')

    const seen = store.key(`chat:slack:seen:${createHash('sha256').update(signature).digest('hex')}`)
    if ((await store.redis.set(seen, '1', 'PX', 2 * WINDOW_MS, 'NX')) === null) {
      return reply(409, 'This request was delivered before.')
    }
    const retryNum = Number(one(request, 'x-slack-retry-num'))
    const work = take({ body, ...(Number.isInteger(retryNum) && retryNum > 0 ? { retryNum } : {}) })
    try {
      const answer = await Promise.race([work, late()])
      return typeof answer === 'object' && answer !== null
        ? { status: 200, contentType: 'application/json', body: JSON.stringify(answer) }
        : reply(200, typeof answer === 'string' ? answer : '')
    } catch (error) {
      work.catch(() => {})
      await store.redis.del(seen).catch(() => {})
      log.warn({ why: messageOf(error) }, 'a delivery of Slack was not taken; it will come again')
      return reply(503, 'Not taken; please deliver it again.')
    }
  }

  return { path: '/slack/events', handle }
}

/** The signature when it is right and fresh. https://docs.slack.dev/authentication/verifying-requests-from-slack */
function checkSignature(request: DoorRequest, secret: string, now: number): string | undefined {
  const given = one(request, 'x-slack-signature')
  const timestamp = one(request, 'x-slack-request-timestamp')
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(given)) return undefined
  if (Math.abs(now - Number(timestamp) * 1000) > WINDOW_MS) return undefined
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(request.body).digest('hex')}`
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected)) ? given : undefined
}

/** Events are JSON; commands are a form; clicks are a form with one field of JSON. */
function parseBody(text: string, type: string): Record<string, unknown> | undefined {
  if (type === JSON_TYPE) return jsonObject(text)
  const form = new URLSearchParams(text)
  const payload = form.get('payload')
  if (payload !== null) return jsonObject(payload)
  return form.size > 0 ? Object.fromEntries(form) : undefined
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function one(request: DoorRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

function late(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('it took too long')), ANSWER_MS).unref()
  })
}

function reply(status: number, body: string): DoorReply {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}
