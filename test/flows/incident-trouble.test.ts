// Incidents while the rest has troubles of its own: two clusters, chat away, an API server killed and compacted, Redis restarted, clocks that differ.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk } from '../../src/incidents/desk.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { type Between, startBetween } from './between.ts'
import { crash, heal, QUICK, repliesTo, rootsIn, town, warn } from './incident-rig.ts'
import { launch, type Ship, type ShipOptions, textOf } from './ship.ts'

let ship: Ship

async function begin(workloads: string[], options: ShipOptions = {}): Promise<void> {
  ship = await launch({
    roles: ['bot', 'worker', 'executor', 'watcher'],
    controllers: false,
    load: town(...workloads),
    ...options,
    incidents: { ...QUICK, ...options.incidents },
    env: { INCIDENT_CHANNELS: 'slack:COPS', ...options.env },
  })
  for (const id of ['COPS', 'CSTAGE'])
    ship.slack.addChannel({ id, name: id.toLowerCase(), members: ['U1', 'U2', 'U3', ship.slack.world.botUser] })
}

const roots = (channel = 'COPS') => rootsIn(ship.slack, channel)
const about = (words: RegExp, channel = 'COPS') => roots(channel).filter((one) => words.test(textOf([one])))
const rootOf = (words: RegExp, channel = 'COPS') =>
  ship.until(`the root of ${words}`, () => about(words, channel)[0], 30_000)
const said = (root: FakeMessage, words: RegExp) =>
  repliesTo(ship.slack, root).filter((one) => words.test(textOf([one])))
const all = () => createDesk(ship.app.store).list()

describe('two clusters', () => {
  let stage: Harbor
  beforeAll(async () => {
    stage = await startHarbor({ load: town('shop/web', 'noise/cron'), controllers: false })
    const policy = join(temporaryFolder(), 'policy.yaml')
    writeFileSync(
      policy,
      'routing:\n  - {namespaces: ["noise"], ignore: true}\n  - {clusters: ["stage"], channels: ["slack:CSTAGE"]}\n',
    )
    await begin(['shop/web'], { others: { stage: stage.url }, env: { POLICY_FILE: policy } })
  }, 60_000)
  afterAll(async () => {
    await ship.stop()
    await stage.close()
  })

  it('with the same trouble have an incident each, in the channel and under the name of its own; what is ignored has none', async () => {
    crash(stage, 'noise/cron')
    crash(ship.harbor, 'shop/web')
    crash(stage, 'shop/web')
    const [prod, other] = await Promise.all([rootOf(/shop\/web/), rootOf(/shop\/web/, 'CSTAGE')])
    expect(textOf([prod])).toMatch(/"text":"prod"/)
    expect(textOf([other])).toMatch(/"text":"stage"/)
    heal(stage, 'shop/web')
    await ship.until('stage recovers', () => said(other, /Recovered after/).length === 1)
    expect(said(prod, /Recovered after/)).toHaveLength(0)
    expect((await all()).map(({ cluster }) => cluster).sort()).toEqual(['prod', 'stage'])
    expect([...roots(), ...roots('CSTAGE')]).toHaveLength(2)
  }, 60_000)
})

describe('a chat platform that is away', () => {
  beforeAll(() => begin(['shop/alpha', 'shop/beta', 'shop/gamma']), 60_000)
  afterAll(() => ship.stop())

  it('hears afterwards of everything, once and in order', async () => {
    crash(ship.harbor, 'shop/alpha')
    const first = await rootOf(/shop\/alpha/)
    await ship.until('its diagnosis', () => said(first, /Diagnosis/).length === 1)
    ship.slack.outage(true)
    heal(ship.harbor, 'shop/alpha')
    crash(ship.harbor, 'shop/beta')
    await ship.until(
      'a over, b there',
      async () =>
        (await all())
          .map(({ state }) => state)
          .sort()
          .join() === 'open,recovered',
    )
    crash(ship.harbor, 'shop/alpha')
    await ship.until('a is back', async () => (await all()).filter(({ state }) => state === 'open').length === 2)
    crash(ship.harbor, 'shop/gamma')
    await ship.until('c there', async () => (await all()).length === 3)
    ship.slack.outage(false)
    const [b, c] = await Promise.all([rootOf(/shop\/beta/), rootOf(/shop\/gamma/)])
    for (const root of [b, c]) await ship.until('each diagnosis', () => said(root, /Diagnosis/).length === 1, 40_000)
    await ship.until('a is back', () => said(first, /It is back/).length === 1, 40_000)
    expect(roots(), ship.slack.show('COPS')).toHaveLength(3)
    expect(
      repliesTo(ship.slack, first).map((one) => /Diagnosis|Recovered|It is back/.exec(textOf([one]))?.[0]),
    ).toEqual(['Diagnosis', 'Recovered', 'It is back'])
  }, 90_000)
})

describe('an API server', () => {
  let wire: Between
  let far: Harbor
  beforeAll(async () => {
    far = await startHarbor({ load: town('shop/web', 'shop/cart', 'shop/mail'), controllers: false })
    wire = await startBetween(far.url)
    await begin([], { others: { far: wire.url } })
  }, 60_000)
  afterAll(async () => {
    await ship.stop()
    await wire.close()
    await far.close()
  })

  it('that is killed and comes back compacted costs no incident, no event and no second message', async () => {
    crash(far, 'shop/web')
    const web = await rootOf(/shop\/web/)
    await ship.until('its diagnosis', () => said(web, /Diagnosis/).length === 1)
    wire.cut()
    heal(far, 'shop/web')
    crash(far, 'shop/cart')
    for (let n = 0; n < 3; n++) warn(far, 'shop/mail', 'FailedMount', 'volume "data" is not there')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const before = wire.watches.length
    wire.mend({ compacted: true })
    await rootOf(/shop\/cart/)
    await ship.until('web recovers', () => said(web, /Recovered after/).length === 1, 30_000)
    expect(wire.watches.length).toBeGreaterThan(before)
    expect(about(/shop\/cart/)).toHaveLength(1)
    expect(about(/shop\/web/)).toHaveLength(1)
    expect((await createDesk(ship.app.store).counts()).seen).toBeGreaterThanOrEqual(5)
  }, 90_000)
})

describe('Redis', () => {
  beforeAll(() => begin(['shop/web', 'shop/cart']), 60_000)
  afterAll(() => ship.stop())

  it('restarted in the middle loses no incident and doubles none', async () => {
    crash(ship.harbor, 'shop/web')
    const web = await rootOf(/shop\/web/)
    await ship.until('its diagnosis', () => said(web, /Diagnosis/).length === 1)
    const restarted = ship.redis.restart(500)
    crash(ship.harbor, 'shop/cart')
    heal(ship.harbor, 'shop/web')
    await restarted
    await rootOf(/shop\/cart/)
    await ship.until('web recovers', () => said(web, /Recovered after/).length === 1, 30_000)
    expect(roots()).toHaveLength(2)
  }, 90_000)
})

describe.each([
  ['ahead', 600_000],
  ['behind', -600_000],
])('a cluster whose clock is ten minutes %s', (_where, skewMs) => {
  let far: Harbor
  beforeAll(async () => {
    far = await startHarbor({ load: town('shop/web', 'shop/mail'), controllers: false })
    await begin([], { others: { far: far.url } })
  }, 60_000)
  afterAll(async () => {
    await ship.stop()
    await far.close()
  })

  it('has its events counted, and times that make sense', async () => {
    const there = () => new Date(Date.now() + skewMs)
    for (let n = 0; n < 3; n++) warn(far, 'shop/web', 'FailedCreatePodSandBox', 'no network', there())
    crash(far, 'shop/web', 4, there())
    const web = await rootOf(/shop\/web/)
    heal(far, 'shop/web', there())
    await ship.until('it recovers', () => said(web, /Recovered after \d+ s/).length === 1, 30_000)
    const [incident] = await all()
    expect(Math.abs(Date.parse(incident?.openedAt ?? '') - Date.now())).toBeLessThan(60_000)
    expect(ship.slack.show('COPS')).not.toMatch(/-\d+ (s|min)\b|NaN|in the future/)
    expect(roots()).toHaveLength(1)
  }, 60_000)
})
