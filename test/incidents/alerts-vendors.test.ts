// Alertmanager and PagerDuty, as they send: groups and their ends, repeated deliveries, hostile labels, and floods.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_WAITING_ALERTS } from '../../src/incidents/notebook.ts'
import { type Doors, openDoors, SECRET } from './doors.ts'

let doors: Doors
beforeAll(async () => {
  doors = await openDoors()
})
afterAll(() => doors.close())

const send = async (...args: Parameters<Doors['send']>) => (await doors.send(...args)).status
const waiting = (cluster: string) => doors.waiting(cluster)

const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex')

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
  expect(await waiting('stage')).toHaveLength(MAX_WAITING_ALERTS)
  expect(await flood(9000)).toBe(202)
  expect(await waiting('stage')).toHaveLength(most)
})
