// What is written of an incident counts once, whatever Redis answers; and what was said long ago is not said again.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOutbox, type Outbox } from '../../src/chat/outbox.ts'
import { createDesk, type Desk, incidentId } from '../../src/incidents/desk.ts'
import type { Group } from '../../src/incidents/groups.ts'
import { createHomes } from '../../src/incidents/homes.ts'
import { Incident } from '../../src/incidents/incident.ts'
import { createInvestigating } from '../../src/incidents/investigating.ts'
import { createKeeper, type Keeper } from '../../src/incidents/keeper/keeper.ts'
import type { KeeperParts } from '../../src/incidents/keeper/parts.ts'
import { createFleet } from '../../src/incidents/pods.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import type { Signal } from '../../src/incidents/signal.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { showIncident } from '../../src/tasks/incident-show.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

const DAY = 24 * 3600_000
const settings = incidentSettings({}, false)
const owner = { kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const sign: Signal = {
  cluster: 'prod',
  source: 'event',
  severity: 'warning',
  reason: 'BackOff',
  text: 'back-off',
  owner,
  count: 1,
  labels: {},
  immediate: false,
  resolved: false,
}
const alert: Signal = { ...sign, source: 'alert', reason: 'Down', alert: 'am:1', immediate: true }

let redis: RedisServer
let store: Store
let desk: Desk
let outbox: Outbox
let number = 0
beforeAll(async () => {
  redis = await startRedis()
  store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  desk = createDesk(store)
  outbox = createOutbox({ store })
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})

/** An open incident of that age. */
async function opened(ageMs = 0, more: Partial<Incident> = {}): Promise<Incident> {
  const openedAt = new Date(Date.now() - ageMs).toISOString()
  const fingerprint = `f${++number}`
  const incident = Incident.parse({
    id: incidentId(fingerprint, owner, openedAt),
    cluster: 'prod',
    state: 'open',
    severity: 'warning',
    fingerprint,
    family: 'f',
    owners: [owner],
    reasons: [],
    text: '',
    sources: ['event'],
    count: 0,
    openedAt,
    lastSignAt: openedAt,
    investigation: 'done',
    threads: [{ platform: 'slack', workspace: 'T1', channel: `C${number}`, thread: '@incident', direct: false }],
    timeline: [],
    ...more,
  })
  await desk.open(incident, undefined)
  return incident
}

async function keep(using: Desk, waiting: Group[] = []): Promise<Keeper> {
  const parts: KeeperParts = {
    cluster: 'prod',
    reader: undefined as unknown as KeeperParts['reader'],
    desk: using,
    fleet: createFleet(settings),
    routing: { channels: () => [], all: [] },
    homes: createHomes(store),
    investigating: createInvestigating(store),
    settings,
    show: async () => true,
    enqueue: async () => ({ accepted: true }),
    log: silentLogger,
    metrics: createMetrics(),
    fence: 1,
    signal: new AbortController().signal,
  }
  return createKeeper(parts, waiting)
}

describe('signs of a known incident', () => {
  beforeEach(() => store.redis.flushall())

  it.each([
    ['was carried out, but its reply was lost', true],
    ['was not carried out', false],
  ])('count once when a write %s', async (_what, carriedOut) => {
    const { id } = await opened()
    let failing = true
    const flaky: Desk = {
      ...desk,
      async change(...args) {
        if (!failing) return desk.change(...args)
        if (carriedOut) await desk.change(...args)
        throw new Error('the connection broke')
      },
    }
    const keeper = await keep(flaky)
    for (let n = 0; n < 3; n++) keeper.sign(sign)
    expect(await keeper.flush()).toBe(false)
    keeper.sign(sign)
    keeper.sign({ ...sign, reason: 'Unhealthy' })
    failing = false
    while (!(await keeper.flush()) || (await desk.read(id))?.count !== 5) await keeper.flush()
    await keeper.flush()
    expect(await desk.read(id)).toMatchObject({
      count: 5,
      reasons: [
        { reason: 'BackOff', count: 4 },
        { reason: 'Unhealthy', count: 1 },
      ],
    })
  })

  it('an alert that fires on is one sign; its end is none, and it fires again as another', async () => {
    const { id } = await opened()
    const keeper = await keep(desk)
    keeper.sign(alert)
    keeper.sign(alert)
    await keeper.flush()
    keeper.sign(alert)
    keeper.sign({ ...alert, resolved: true })
    await keeper.flush()
    expect(await desk.read(id)).toMatchObject({ count: 1, alerts: [{ key: 'am:1', resolved: true }] })
    keeper.sign(alert)
    await keeper.flush()
    expect(await desk.read(id)).toMatchObject({ count: 2, alerts: [{ key: 'am:1', resolved: false }] })
  })

  it('that come while it is being opened keep their names, their numbers and their alerts', async () => {
    const minutesAgo = Date.now() - 120_000
    const group: Group = {
      owner,
      slots: {},
      count: 3,
      severity: 'warning',
      reasons: { BackOff: 3 },
      text: 'back-off',
      labels: {},
      sources: ['event'],
      alerts: {},
      firstAt: minutesAgo,
      lastAt: minutesAgo,
      // for so long that it is opened without a look, which nobody could take
      pendingAt: minutesAgo,
    }
    let opening: (() => void) | undefined
    const slow: Desk = {
      ...desk,
      async open(...args) {
        await new Promise<void>((resolve) => (opening = resolve))
        return desk.open(...args)
      },
    }
    const keeper = await keep(slow, [group])
    await keeper.tick()
    await vi.waitFor(() => expect(opening).toBeDefined())
    keeper.sign(sign)
    keeper.sign({ ...sign, reason: 'Unhealthy', count: 2 })
    keeper.sign(alert)
    opening?.()
    const found = () => vi.waitFor(async () => (await desk.list())[0] ?? Promise.reject(new Error('none yet')))
    await found()
    await vi.waitFor(async () => {
      await keeper.flush()
      expect(await found()).toMatchObject({
        count: 7,
        reasons: [
          { reason: 'BackOff', count: 4 },
          { reason: 'Unhealthy', count: 2 },
          { reason: 'Down', count: 1 },
        ],
        alerts: [{ key: 'am:1', name: 'Down', resolved: false }],
      })
    })
  })

  it('of a replaced leader are not written', async () => {
    const { id } = await opened()
    const keeper = await keep(desk)
    await desk.change(id, (current) => ({ ...current, text: 'mine' }), 2)
    keeper.sign(sign)
    expect(await keeper.flush()).toBe(false)
    expect(await desk.read(id)).toMatchObject({ count: 0, text: 'mine' })
  })
})

describe('messages', () => {
  beforeEach(() => store.redis.flushall())
  const show = async (id: string) => showIncident(id, { store, outbox, approvals: createApprovals(store) })
  const keys = async () =>
    (await store.redis.keys(store.key('outbox:m:*')))
      .map((key) => key.split(':').at(-1) ?? '')
      .sort((a, b) => a.localeCompare(b))

  it('that can no longer be edited are not posted again', async () => {
    const { id } = await opened(9 * DAY)
    expect(await show(id)).toMatchObject({ complete: true })
    expect(await keys()).toEqual([])
  })

  it('of an open incident are', async () => {
    const { id } = await opened(7 * DAY)
    expect(await show(id)).toMatchObject({ complete: false })
    expect(await keys()).toEqual([`incident-${id}`])
  })

  it('about a turn of events of days ago are not said again', async () => {
    const { id, threads } = await opened(5 * DAY, {
      reopened: 2,
      reopenedAt: new Date(Date.now() - 3 * DAY).toISOString(),
    })
    const [thread] = threads
    await show(id)
    // as the bot leaves it once the root is posted
    const [root = ''] = await store.redis.keys(store.key('outbox:m:*'))
    await store.redis.hset(root, 'id', '1.1', 'where', JSON.stringify(thread))
    expect(await show(id)).toMatchObject({ complete: true })
    expect(await keys()).toEqual(['diagnosis', `incident-${id}`])
  })
})
