// What becomes of an incident: withdrawn plans, flapping, a common cause, orders in chat and from the command line, quarantine.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDesk } from '../../src/incidents/desk.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { cannotPull, crash, heal, podOf, QUICK, repliesTo, rootsIn, town, warn } from './incident-rig.ts'
import { buttonOf, launch, type Ship, type ShipOptions, textOf } from './ship.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
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
  ship.slack.addChannel({ id: 'COPS', name: 'incidents', members: ['U1', 'U2', 'U3', ship.slack.world.botUser] })
}

const replies = (root: FakeMessage) => repliesTo(ship.slack, root)
const said = (root: FakeMessage, words: RegExp) => replies(root).filter((one) => words.test(textOf([one])))
const rootOf = (words: RegExp) =>
  ship.until(`the root of ${words}`, () => rootsIn(ship.slack).find((one) => words.test(textOf([one]))))
const incidentOf = async (name: string) =>
  (await createDesk(ship.app.store).list()).find((one) => one.owners.some((owner) => owner.name === name))

describe('an incident that comes and goes', () => {
  beforeAll(() => begin(['shop/web'], { incidents: { INCIDENT_FLAPS: 2, INCIDENT_QUIET: 4000 } }), 60_000)
  afterAll(() => ship.stop())

  it('is one thread; from the second time on it flaps, and says nothing more', async () => {
    crash(ship.harbor, 'shop/web')
    const root = await rootOf(/shop\/web/)
    const round = async (times: number) => {
      heal(ship.harbor, 'shop/web')
      await ship.until(`recovery ${times}`, () => said(root, /Recovered after/).length === times)
      crash(ship.harbor, 'shop/web')
      await ship.until(`back ${times}`, () => said(root, /It is back/).length === times)
    }
    await round(1)
    await round(2)
    await ship.until('the root says so', () => /flapping \(3×\)/.test(textOf([root])))
    heal(ship.harbor, 'shop/web')
    await ship.until('the calm after it', async () => (await incidentOf('web'))?.state === 'recovered')
    await ship.until('the root says so', () => /recovered after/.test(textOf([root])))
    expect(said(root, /Recovered after/)).toHaveLength(2)
    expect(said(root, /It is back/)).toHaveLength(2)
    expect(rootsIn(ship.slack)).toHaveLength(1)
  }, 60_000)
})

describe('two incidents', () => {
  beforeAll(() => begin(['shop/web', 'shop/cart', 'shop/mail']), 60_000)
  afterAll(() => ship.stop())

  it('become one when they turn out to have a common cause; the other points there, and its alerts go along', async () => {
    crash(ship.harbor, 'shop/web')
    crash(ship.harbor, 'shop/cart')
    const [web, cart] = await Promise.all([rootOf(/shop\/web/), rootOf(/shop\/cart/)])
    expect(web.ts).not.toBe(cart.ts)
    cannotPull(ship.harbor, 'shop/web')
    cannotPull(ship.harbor, 'shop/cart')
    const merged = await ship.until('one points to the other', () =>
      [web, cart].find((one) => said(one, /Same cause as another incident/).length > 0),
    )
    const kept = merged === web ? cart : web
    await ship.until('both are on the one that stays', () =>
      /shop\/web.*shop\/cart|shop\/cart.*shop\/web/s.test(textOf([kept])),
    )
    await ship.until('its own root too', () => /same cause as incident/.test(textOf([merged])))
    heal(ship.harbor, 'shop/web')
    heal(ship.harbor, 'shop/cart')
    await ship.until('it ends once', () => said(kept, /Recovered after/).length === 1)
    expect(said(merged, /Recovered after/)).toHaveLength(0)
  }, 60_000)

  it('the next one remembers what happened before', async () => {
    const desk = createDesk(ship.app.store)
    // over for good: beyond re-opening
    for (const one of await desk.list())
      await desk.change(one.id, (current) =>
        current.state === 'recovered'
          ? {
              ...current,
              state: 'closed',
              recoveredAt: new Date(Date.now() - 3_600_000).toISOString(),
              fixed: 'a new login for the registry',
              verdicts: [
                {
                  by: { platform: 'slack', workspace: 'T1', id: 'U3', name: 'sam' },
                  at: current.openedAt,
                  useful: false,
                },
              ],
            }
          : undefined,
      )
    await new Promise((resolve) => setTimeout(resolve, 2500))
    cannotPull(ship.harbor, 'shop/mail')
    const root = await ship.until('the root of mail', () =>
      rootsIn(ship.slack).find(
        (one) => /shop\/mail: |open[\s\S]*shop\/mail/.test(textOf([one])) && !/merged|recovered/.test(textOf([one])),
      ),
    )
    await ship.until(
      'what happened before',
      () =>
        said(root, /has happened before.*a new login for the registry\. Its diagnosis was marked not useful by sam/s)
          .length > 0,
    )
  }, 60_000)
})

describe('people', () => {
  beforeAll(() => begin(['shop/web', 'shop/cart', 'shop/mail']), 60_000)
  afterAll(() => ship.stop())

  const say = (text: string, expected: RegExp) => ship.ask(text, expected)

  it('list, show, silence and resolve incidents by typing', async () => {
    crash(ship.harbor, 'shop/web')
    const root = await rootOf(/shop\/web/)
    const id = (await incidentOf('web'))?.id ?? ''
    await say('incidents', new RegExp(`1 open incident.*${id}`, 's'))
    await say(`incident ${id.slice(0, 5)}`, /Signs.*Evidence/s)
    await say('incident ffff', /There is no incident/)
    await say('resolve', /Say which incident/)
    await say(`silence ${id} for 2h`, /is silenced until/)
    await ship.until('the root says so', () => /silenced by mira until/.test(textOf([root])))
    await ship.until('its diagnosis', () => said(root, /Diagnosis/).length > 0)
    const before = replies(root).length
    heal(ship.harbor, 'shop/web')
    await ship.until('recovered', () => /recovered after/.test(textOf([root])))
    expect(replies(root).length).toBeLessThanOrEqual(before + 1)
    await say(`resolve ${id}`, /is recovered already/)
  }, 60_000)

  it('resolve one in its own thread without its id; its signs are only counted for a while', async () => {
    crash(ship.harbor, 'shop/cart')
    const root = await rootOf(/shop\/cart/)
    await ship.until('its diagnosis', () => said(root, /iagnosis/).length > 0)
    ship.slack.mention({ channel: 'COPS', user: 'U3', text: 'resolve', thread_ts: root.ts })
    await ship.until('resolved', () => /resolved by sam/.test(textOf([root])))
    crash(ship.harbor, 'shop/cart', 9)
    warn(ship.harbor, 'shop/cart', 'BackOff', 'again')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(said(root, /It is back/)).toHaveLength(0)
    expect((await incidentOf('cart'))?.state).not.toBe('open')
  }, 60_000)

  it('do the same from the command line', async () => {
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, [BIN, 'incidents', ...args], {
        env: { PATH: process.env.PATH ?? '', HOME: ship.dataDir, DATA_DIR: ship.dataDir, REDIS_URL: ship.redis.url },
      })
      let out = ''
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
      const code = await new Promise((resolve) => child.once('close', resolve))
      return { code, out }
    }
    const id = (await incidentOf('web'))?.id ?? ''
    expect(await run('list', '--all')).toMatchObject({ code: 0, out: expect.stringContaining(id) })
    expect(await run('show', id.slice(0, 6))).toMatchObject({ code: 0, out: expect.stringMatching(/Timeline/) })
    expect(JSON.parse((await run('show', id, '--output', 'json')).out)).toMatchObject({
      id,
      state: 'recovered',
      plans: [],
    })
    expect(await run('resolve', id)).toMatchObject({ code: 1, out: expect.stringMatching(/recovered already/) })
    crash(ship.harbor, 'shop/mail')
    const fresh = await ship.until('another one', async () => (await incidentOf('mail'))?.id)
    expect(await run('silence', fresh, '--for', '1x')).toMatchObject({ code: 2 })
    expect(await run('silence', fresh, '--for', '30m')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/silenced until/),
    })
    expect(await run('resolve', fresh)).toMatchObject({ code: 0 })
    expect((await incidentOf('mail'))?.state).toBe('recovered')
  }, 60_000)
})

describe.each([
  ['L1', 'is proposed, and withdrawn when the trouble is over'],
  ['L2', 'is carried out by policy, and said'],
])('quarantine of what restarts and restarts, at %s', (level, what) => {
  beforeAll(async () => {
    vi.stubEnv('WATCHDOG_QUARANTINE_RESTARTS', '20')
    await begin(['shop/web'], { env: { AUTONOMY_LEVEL: level } })
  }, 60_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await ship.stop()
  })

  it(what, async () => {
    crash(ship.harbor, 'shop/web', 5)
    const root = await rootOf(/shop\/web/)
    await ship.until('looked into', async () => (await incidentOf('web'))?.investigation === 'done')
    expect(said(root, /Plan/)).toHaveLength(0)
    crash(ship.harbor, 'shop/web', 25)
    const card = await ship.until('the plan', () => said(root, /quarantine tier/)[0])
    const replicas = () => ship.harbor.world.get('Deployment', 'shop', 'web').spec.replicas
    if (level === 'L2') {
      await ship.until('it runs', () => replicas() === 0)
      await ship.until('by policy', () => /policy/.test(textOf([card])))
      return
    }
    await ship.until('its buttons', () => buttonOf(card, 'Approve'))
    heal(ship.harbor, 'shop/web')
    await ship.until('withdrawn', () => /Withdrawn, because the incident is over/.test(textOf([card])))
    expect(buttonOf(card, 'Approve')).toBeUndefined()
    expect(replicas()).toBe(1)
    expect(ship.harbor.world.find('Pod', 'shop', podOf('shop/web'))).toBeDefined()
  }, 60_000)
})
