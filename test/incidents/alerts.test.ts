import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Listening } from '../../src/http.ts'
import { startAlerts } from '../../src/incidents/alerts/listener.ts'
import { createNotebook, MAX_WAITING_ALERTS } from '../../src/incidents/notebook.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

const SECRET = 'a-secret-of-sixteen'
const settings = incidentSettings(
  { INCIDENT_PORT: '0', ALERTMANAGER_TOKEN: SECRET, PAGERDUTY_WEBHOOK_SECRET: SECRET, WEBHOOK_SECRET: SECRET },
  false,
)

let redis: RedisServer
let store: Store
let alerts: Listening
async function start(): Promise<void> {
  store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  alerts = (await startAlerts({
    settings,
    store,
    clusters: ['prod', 'stage'],
    log: silentLogger,
    metrics: createMetrics(),
  })) as Listening
}
beforeAll(async () => {
  redis = await startRedis()
  await start()
})
afterAll(async () => {
  await alerts.close()
  await store.close()
  await redis.stop()
})

async function send(
  path: string,
  body: string,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${alerts.port}${path}`, {
    method,
    headers,
    ...(method === 'POST' ? { body } : {}),
  })
  await response.text()
  return response.status
}

/** The signs that wait for the leader of a cluster, taken. */
async function waiting(cluster: string) {
  const notebook = createNotebook(store, cluster, 1)
  const rows = await notebook.waiting(undefined, 100)
  await notebook.taken(rows.map(({ id }) => id))
  return rows.flatMap(({ signal }) => signal ?? [])
}

const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex')

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
    const response = await fetch(`http://127.0.0.1:${alerts.port}/webhooks/signed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signedHeaders(text) },
      body: text,
    })
    return { status: response.status, says: await response.text(), owner: (await waiting('prod'))[0]?.owner }
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

describe('Alertmanager', () => {
  const notification = {
    version: '4',
    groupKey: '{}:{alertname="KubePodCrashLooping"}',
    status: 'firing',
    receiver: 'firstmate',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://am',
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'KubePodCrashLooping',
          namespace: 'shop',
          pod: 'checkout-7d9f64c8bb-x2p9q',
          severity: 'warning',
          cluster: 'prod',
        },
        annotations: { summary: 'crash looping' },
        startsAt: '2026-11-20T14:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: 'f1',
      },
      {
        status: 'resolved',
        labels: { alertname: 'KubeNodeNotReady', node: 'worker-a', severity: 'critical' },
        annotations: {},
        startsAt: '2026-11-20T13:00:00Z',
        endsAt: '2026-11-20T14:00:00Z',
        generatorURL: '',
        fingerprint: 'f2',
      },
    ],
  }
  const authorization = `Bearer ${SECRET}`

  it('has each alert of its group taken by itself, with its object, and its end', async () => {
    expect(await send('/webhooks/alertmanager', JSON.stringify(notification), { authorization })).toBe(202)
    expect(await waiting('prod')).toMatchObject([
      {
        reason: 'KubePodCrashLooping',
        owner: { kind: 'Pod', namespace: 'shop', name: 'checkout-7d9f64c8bb-x2p9q' },
        resolved: false,
        text: 'crash looping',
      },
      { reason: 'KubeNodeNotReady', owner: { kind: 'Node', name: 'worker-a' }, severity: 'critical', resolved: true },
    ])
    expect(await send('/webhooks/alertmanager', JSON.stringify(notification), { authorization })).toBe(200)
    expect(await waiting('prod')).toEqual([])
  })

  it('without its token is refused', async () => {
    expect(await send('/webhooks/alertmanager', JSON.stringify(notification), { authorization: 'Bearer wrong' })).toBe(
      401,
    )
    expect(await send('/webhooks/alertmanager', JSON.stringify(notification))).toBe(401)
  })

  it('cannot put secrets, control characters or prototypes into what is kept', async () => {
    const labels = JSON.parse(
      '{"alertname":"__proto__","__proto__":"x","namespace":"../etc","severity":"page"}',
    ) as Record<string, string>
    const hostile = {
      ...notification,
      alerts: [
        {
          status: 'firing',
          labels,
          annotations: { summary: 'password=hunter2secret \u202e <!channel>\u0000' },
          startsAt: '',
          fingerprint: '__proto__',
        },
      ],
    }
    expect(await send('/webhooks/alertmanager', JSON.stringify(hostile), { authorization })).toBe(202)
    const [sign] = await waiting('prod')
    expect(sign?.text).not.toMatch(/hunter2secret|\p{Cc}|\p{Cf}/u)
    expect(sign?.owner).toEqual({ kind: 'Alert', name: '__proto__' })
  })
})

describe('PagerDuty', () => {
  const event = (id: string, type: string) =>
    JSON.stringify({
      event: {
        id,
        event_type: type,
        resource_type: 'incident',
        occurred_at: new Date().toISOString(),
        data: {
          id: 'PGR0VU2',
          type: 'incident',
          title: 'latency namespace=shop deployment=checkout',
          urgency: 'high',
          service: { summary: 'API Service' },
        },
      },
    })

  it('is believed by its signature over the raw body, and each event is taken once', async () => {
    const body = event('e1', 'incident.triggered')
    const headers = { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${hmac(body)}` }
    expect(await send('/webhooks/pagerduty', body, headers)).toBe(202)
    expect(await send('/webhooks/pagerduty', body, headers)).toBe(200)
    expect(await waiting('prod')).toMatchObject([
      {
        severity: 'critical',
        owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        alert: 'pd:PGR0VU2',
        resolved: false,
      },
    ])
    expect(await send('/webhooks/pagerduty', body, { 'x-pagerduty-signature': 'v1=00' })).toBe(401)
    expect(await send('/webhooks/pagerduty', body)).toBe(401)
    expect(await send('/webhooks/pagerduty', `${body} `, headers)).toBe(401)
    const end = event('e2', 'incident.resolved')
    expect(await send('/webhooks/pagerduty', end, { 'x-pagerduty-signature': `v1=${hmac(end)}` })).toBe(202)
    expect(await waiting('prod')).toMatchObject([{ alert: 'pd:PGR0VU2', resolved: true }])
  })
})

it('more alerts than may wait are refused as a whole, and may be delivered again later', async () => {
  const alert = (n: number) => ({
    status: 'firing',
    labels: { alertname: 'Flood', cluster: 'stage' },
    annotations: {},
    startsAt: '2026-11-20T14:00:00Z',
    fingerprint: `flood-${n}`,
  })
  const authorization = `Bearer ${SECRET}`
  const most = 500
  const flood = (from: number) => {
    const alerts = Array.from({ length: most }, (_, n) => alert(from + n))
    const body = { version: '4', groupKey: `flood-${from}`, status: 'firing', receiver: 'firstmate', alerts }
    return send('/webhooks/alertmanager', JSON.stringify(body), { authorization })
  }
  for (let from = 0; from < MAX_WAITING_ALERTS; from += most) expect(await flood(from)).toBe(202)
  expect(await flood(9000)).toBe(429)
  const notebook = createNotebook(store, 'stage', 1)
  const rows = await notebook.waiting(undefined, 2 * MAX_WAITING_ALERTS)
  expect(rows).toHaveLength(MAX_WAITING_ALERTS)
  await notebook.taken(rows.map(({ id }) => id))
  expect(await flood(9000)).toBe(202)
  expect(await notebook.waiting(undefined, 2 * MAX_WAITING_ALERTS)).toHaveLength(most)
})

it('what was delivered before a restart is not taken after it', async () => {
  const body = JSON.stringify({ id: 'restart', name: 'DiskFull' })
  const headers = signedHeaders(body)
  expect(await send('/webhooks/signed', body, headers)).toBe(202)
  await alerts.close()
  await store.close()
  await start()
  expect(await send('/webhooks/signed', body, headers)).toBe(409)
  expect(await waiting('prod')).toMatchObject([{ alert: 's:restart' }])
})
