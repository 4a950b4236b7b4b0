// What may come in by the signed webhook: genuine, new, small enough, and about something that is named well.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Doors, openDoors, SECRET } from './doors.ts'

let doors: Doors
beforeAll(async () => {
  doors = await openDoors()
})
afterAll(() => doors.close())

const send = async (...args: Parameters<Doors['send']>) => (await doors.send(...args)).status
const waiting = (cluster: string) => doors.waiting(cluster)

function signedHeaders(body: string, seconds = Math.floor(Date.now() / 1000), secret = SECRET) {
  return {
    'x-firstmate-timestamp': String(seconds),
    'x-firstmate-signature': `v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`,
  }
}

describe('a signed webhook', () => {
  const body = JSON.stringify({
    id: 'a1',
    name: 'SlowCheckout',
    severity: 'critical',
    cluster: 'stage',
    namespace: 'shop',
    kind: 'Deployment',
    object: 'checkout',
    summary: 'p99 above 3 s',
  })

  it('is taken once; the same delivery again is refused', async () => {
    const headers = signedHeaders(body)
    expect(await send('/webhooks/signed', body, headers)).toBe(202)
    expect(await send('/webhooks/signed', body, headers)).toBe(409)
    expect(await waiting('stage')).toMatchObject([
      {
        source: 'alert',
        severity: 'critical',
        reason: 'SlowCheckout',
        owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        alert: 's:a1',
      },
    ])
  })

  it.each([
    ['no signature', {}],
    ['another secret', signedHeaders(body, undefined, 'another-secret-of-it')],
    ['a signature of six minutes ago', signedHeaders(body, Math.floor(Date.now() / 1000) - 360)],
    ['a signature from the future', signedHeaders(body, Math.floor(Date.now() / 1000) + 360)],
    ['a signature over another body', signedHeaders(`${body} `)],
    ['a timestamp that is no number', { ...signedHeaders(body), 'x-firstmate-timestamp': 'now' }],
  ])('with %s is refused and leaves nothing behind', async (_what, headers) => {
    expect(await send('/webhooks/signed', body, headers as Record<string, string>)).toBe(401)
    expect(await waiting('stage')).toEqual([])
  })

  it('that is no alert, is too large, or comes by GET is told so', async () => {
    expect(await send('/webhooks/signed', '{}', signedHeaders('{}'))).toBe(400)
    expect(await send('/webhooks/signed', 'not json', signedHeaders('not json'))).toBe(400)
    const huge = 'x'.repeat(1024 * 1024 + 1)
    expect(await send('/webhooks/signed', huge, signedHeaders(huge)).catch(() => 413)).toBe(413)
    expect(await send('/webhooks/signed', '', {}, 'GET')).toBe(405)
    expect(await send('/webhooks/signed', body, { ...signedHeaders(body), 'content-type': 'application/xml' })).toBe(
      415,
    )
    expect(await send('/webhooks/signed', body, { ...signedHeaders(body), 'content-encoding': 'gzip' })).toBe(415)
    expect(await send('/webhooks/nobody', '')).toBe(404)
  })
})

describe('what a signed webhook is about', () => {
  const about = async (more: Record<string, unknown>) => {
    const text = JSON.stringify({ id: JSON.stringify(more), name: 'DiskFull', ...more })
    const headers = { 'content-type': 'application/json', ...signedHeaders(text) }
    return { ...(await doors.send('/webhooks/signed', text, headers)), owner: (await waiting('prod'))[0]?.owner }
  }

  it.each([
    [{ kind: 'Deployment', object: 'checkout' }, /need a namespace/],
    [{ kind: 'Deployment', namespace: 'shop' }, /come together/],
    [{ object: 'checkout', namespace: 'shop' }, /come together/],
    [{ kind: 'Gadget', object: 'checkout', namespace: 'shop' }, /kind/],
    [{ kind: 'Pod', object: '../etc', namespace: 'shop' }, /object/],
    [{ cluster: 'elsewhere' }, /none of prod, stage/],
  ])('%j is refused with what is wrong', async (more, says) => {
    expect(await about(more)).toEqual({ status: 400, says: expect.stringMatching(says), owner: undefined })
  })

  it.each([
    [
      { kind: 'Node', object: 'worker-a' },
      { kind: 'Node', name: 'worker-a' },
    ],
    [
      { kind: 'Job', object: 'migrate', namespace: 'shop' },
      { kind: 'Job', namespace: 'shop', name: 'migrate' },
    ],
    [{ namespace: 'shop' }, { kind: 'Namespace', name: 'shop' }],
    [{}, { kind: 'Alert', name: 'DiskFull' }],
  ])('%j is %j', async (more, owner) => {
    expect(await about(more)).toMatchObject({ status: 202, owner })
  })
})

it('what was delivered before a restart is not taken after it', async () => {
  const body = JSON.stringify({ id: 'restart', name: 'DiskFull' })
  const headers = signedHeaders(body)
  expect(await send('/webhooks/signed', body, headers)).toBe(202)
  await doors.restart()
  expect(await send('/webhooks/signed', body, headers)).toBe(409)
  expect(await waiting('prod')).toMatchObject([{ alert: 's:restart' }])
})
