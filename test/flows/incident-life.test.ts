// What becomes of an incident: it flaps, shares a cause, is remembered, obeys people; and quarantine, for what nothing else helps.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDesk } from '../../src/incidents/desk.ts'
import { PEOPLE } from './boards.ts'
import { begin, type Scene, storiesIn } from './incident-rig.ts'
import { cannotPull, crash, heal, podOf, town, warn } from './town.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
let scene: Scene
const story = storiesIn(() => scene)

describe('an incident', () => {
  beforeAll(async () => {
    scene = await begin({
      load: town('shop/web', 'shop/cart', 'shop/mail', 'blog/site', 'desk/help', 'desk/chat', 'desk/forms'),
      incidents: { INCIDENT_FLAPS: 2, INCIDENT_QUIET: 4000 },
    })
  }, 60_000)
  afterAll(() => scene.stop())

  story('that comes and goes is one thread; from the second time on it flaps, and says nothing more', async (side) => {
    const { harbor } = side
    crash(harbor, 'blog/site')
    const root = await side.root(/blog\/site/)
    const round = async (times: number) => {
      heal(harbor, 'blog/site')
      await side.until(`recovery ${times}`, () => side.said(root, /Recovered after/).length === times)
      crash(harbor, 'blog/site')
      await side.until(`back ${times}`, () => side.said(root, /It is back/).length === times)
    }
    await round(1)
    await round(2)
    await side.until('the root says so', () => /flapping \(3×\)/.test(root.text))
    heal(harbor, 'blog/site')
    await side.until('the calm after it', async () => (await side.incidentOf('site'))?.state === 'recovered')
    await side.until('the root says so', () => /recovered after/.test(root.text))
    expect(side.said(root, /Recovered after/)).toHaveLength(2)
    expect(side.said(root, /It is back/)).toHaveLength(2)
    expect(side.roots()).toHaveLength(1)
  })

  story('that has the cause of another is merged into it, points there, and ends with it', async (side) => {
    const { harbor } = side
    crash(harbor, 'shop/web')
    crash(harbor, 'shop/cart')
    const [web, cart] = await Promise.all([side.root(/shop\/web/), side.root(/shop\/cart/)])
    expect(web.id).not.toBe(cart.id)
    cannotPull(harbor, 'shop/web')
    cannotPull(harbor, 'shop/cart')
    const merged = await side.until('one points to the other', () =>
      [web, cart].find(
        (one) =>
          side.said(one, /Same cause as another incident[^]*in incident [0-9a-f]{10}, about shop\/(web|cart)/).length >
          0,
      ),
    )
    const kept = merged === web ? cart : web
    await side.until('both are on the one that stays', () =>
      /shop\/web[^]*shop\/cart|shop\/cart[^]*shop\/web/.test(kept.text),
    )
    await side.until('its own root too', () => /same cause as incident/.test(merged.text))
    heal(harbor, 'shop/web')
    heal(harbor, 'shop/cart')
    const summary = await side.reply(kept, /Recovered after/)
    expect(summary.text).toMatch(/incident [0-9a-f]{10} of Deployment shop\/(web|cart) has the same cause/)
    expect(side.said(kept, /Recovered after/)).toHaveLength(1)
    expect(side.said(merged, /Recovered after/)).toHaveLength(0)
  })

  story('like an earlier one says what ended that, and who doubted its diagnosis', async (side) => {
    const desk = createDesk(scene.ship.app.store)
    // over for good: beyond re-opening
    for (const { id } of await side.incidents())
      await desk.change(id, (current) =>
        current.state === 'recovered'
          ? {
              ...current,
              state: 'closed',
              recoveredAt: new Date(Date.now() - 3_600_000).toISOString(),
              fixed: 'a new login for the registry',
              verdicts: [
                {
                  by: { platform: side.platform, workspace: 'T1', id: PEOPLE[side.platform].sam, name: 'sam' },
                  at: current.openedAt,
                  useful: false,
                },
              ],
            }
          : undefined,
      )
    // the watcher reads the records again
    await sleep(2500)
    cannotPull(side.harbor, 'shop/mail')
    const root = await side.root(/shop\/mail[^]*open/)
    await side.reply(
      root,
      /has happened before[^]*a new login for the registry\. Its diagnosis was marked not useful by sam/,
    )
  })

  story(
    'is listed, shown, silenced and resolved by typing; a silenced one is kept true, and only its end is said',
    async (side) => {
      const { harbor } = side
      crash(harbor, 'desk/help')
      const root = await side.root(/desk\/help/)
      const id = (await side.incidentOf('help'))?.id ?? ''
      await side.ask('mira', 'incidents', new RegExp(`open incidents?:[^]*${id}`))
      await side.ask('mira', `incident ${id.slice(0, 5)}`, /Signs(?![^]*Cause[^]*Cause)[^]*Cause[^]*Evidence/)
      await side.ask('mira', 'incident ffff', /There is no incident/)
      await side.ask('mira', 'resolve', /Say which incident/)
      await side.ask('mira', `silence ${id} for 2h`, /is silenced until/)
      await side.until('the root says so', () => /silenced by mira until/.test(root.text))
      await side.reply(root, /Diagnosis/)
      heal(harbor, 'desk/help')
      await side.reply(root, /Recovered after/)
      await side.until('the root says so', () => /recovered after/.test(root.text))
      crash(harbor, 'desk/help', 9)
      // its message is kept true, and nobody hears of it
      await side.until('open again', () => /open again \(2×\), silenced by mira until/.test(root.text))
      const seen = side.replies(root).map(({ text }) => /Diagnosis|Recovered|It is back|Plan/.exec(text)?.[0])
      expect(seen).toEqual(['Diagnosis', 'Recovered'])
      heal(harbor, 'desk/help')
      await side.until('over again', () => /recovered after/.test(root.text))
      await side.ask('mira', `resolve ${id}`, /is recovered already/)
    },
  )

  story('is resolved in its thread without its id; its signs are then only counted for a while', async (side) => {
    const { harbor } = side
    crash(harbor, 'desk/chat')
    const root = await side.root(/desk\/chat/)
    await side.reply(root, /Diagnosis/)
    side.tell('sam', root, 'resolve')
    await side.until('resolved', () => /resolved by sam/.test(root.text))
    crash(harbor, 'desk/chat', 9)
    warn(harbor, 'desk/chat', 'BackOff', 'again')
    await sleep(1500)
    expect(side.said(root, /It is back/)).toEqual([])
    expect((await side.incidentOf('chat'))?.state).not.toBe('open')
  })

  it('is listed, shown, silenced and resolved from the command line', async () => {
    const { ship, sides } = scene
    const { incidentOf, harbor, until } = sides.slack
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
    const id = (await incidentOf('chat'))?.id ?? ''
    expect(await run('list', '--all')).toMatchObject({ code: 0, out: expect.stringContaining(id) })
    expect(await run('show', id.slice(0, 6))).toMatchObject({ code: 0, out: expect.stringMatching(/Timeline/) })
    expect(JSON.parse((await run('show', id, '--output', 'json')).out)).toMatchObject({
      id,
      state: 'recovered',
      plans: [],
    })
    expect(await run('resolve', id)).toMatchObject({ code: 1, out: expect.stringMatching(/recovered already/) })
    crash(harbor, 'desk/forms')
    const fresh = await until('another one', async () => (await incidentOf('forms'))?.id)
    expect(await run('silence', fresh, '--for', '1x')).toMatchObject({ code: 2 })
    expect(await run('silence', fresh, '--for', '30m')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/silenced until/),
    })
    expect(await run('resolve', fresh)).toMatchObject({ code: 0 })
    expect((await incidentOf('forms'))?.state).toBe('recovered')
  }, 60_000)
})

describe.each([
  ['L1', 'is proposed, and withdrawn when the trouble is over'],
  ['L2', 'is carried out by policy, and said'],
])('quarantine of what restarts and restarts, at %s', (level, what) => {
  beforeAll(async () => {
    vi.stubEnv('WATCHDOG_QUARANTINE_RESTARTS', '20')
    scene = await begin({ load: town('shop/web'), env: { AUTONOMY_LEVEL: level } })
  }, 60_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await scene.stop()
  })

  story(what, async (side) => {
    const { harbor } = side
    crash(harbor, 'shop/web', 5)
    const root = await side.root(/shop\/web/)
    await side.until('looked into', async () => (await side.incidentOf('web'))?.investigation === 'done')
    expect(side.said(root, /Plan/)).toEqual([])
    crash(harbor, 'shop/web', 25)
    const card = await side.reply(root, /quarantine tier/)
    const replicas = () => harbor.world.get('Deployment', 'shop', 'web').spec.replicas
    if (level === 'L2') {
      await side.until('it runs', () => replicas() === 0)
      await side.until('by policy', () => /policy/.test(card.text))
      return
    }
    await side.until('its buttons', () => side.has(card, 'Approve'))
    heal(harbor, 'shop/web')
    await side.until('withdrawn', () => /Withdrawn, because the incident is over/.test(card.text))
    expect(side.has(card, 'Approve')).toBe(false)
    expect(replicas()).toBe(1)
    expect(harbor.world.find('Pod', 'shop', podOf('shop/web'))).toBeDefined()
  })
})
