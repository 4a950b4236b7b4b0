// Incidents while the rest has troubles of its own: chat away, an API server killed and compacted, Redis restarted, clocks that differ.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDesk } from '../../src/incidents/desk.ts'
import { type Between, startBetween } from './between.ts'
import { begin, type Scene, storiesIn } from './incident-rig.ts'
import { crash, heal, town, warn } from './town.ts'

const AWAY = ['away/alpha', 'away/beta', 'away/gamma']
const SKEWED = ['early/web', 'late/web']
const CUT = ['api/web', 'api/cart', 'api/mail']
let scene: Scene
let wire: Between
const story = storiesIn(() => scene)

describe('incidents', () => {
  beforeAll(async () => {
    scene = await begin({
      load: town('noise/cron', 'both/web', ...AWAY, ...SKEWED, ...CUT),
      routing: ['{namespaces: ["noise"], ignore: true}'],
      between: async (url) => (wire = await startBetween(url)).url,
    })
  }, 60_000)
  afterAll(async () => {
    await scene.stop()
    await wire.close()
  })

  story(
    'of two clusters with the same trouble are one each, in its channel and under its name; what is ignored is none',
    async (side) => {
      crash(side.harbor, 'noise/cron')
      crash(side.harbor, 'both/web')
      const root = await side.root(/both\/web/)
      expect(root.text.split('\n')[0]).toMatch(new RegExp(`· +${side.platform}$`))
      await side.reply(root, /Diagnosis/)
      expect((await side.incidents()).map(({ cluster }) => cluster)).toEqual([side.platform])
      // the second to recover leaves the other as it is
      if (side.platform === 'slack') await sleep(1500)
      expect(side.said(root, /Recovered after/)).toEqual([])
      heal(side.harbor, 'both/web')
      await side.reply(root, /Recovered after/)
      expect(side.roots()).toHaveLength(1)
    },
  )

  story(
    'are told to a platform that was away once and in order',
    async (side) => {
      const { harbor } = side
      const states = async () => (await side.incidents()).filter(({ owners: [owner] }) => owner?.namespace === 'away')
      crash(harbor, 'away/alpha')
      const first = await side.root(/away\/alpha/)
      await side.reply(first, /Diagnosis/)
      side.outage(true)
      heal(harbor, 'away/alpha')
      crash(harbor, 'away/beta')
      await side.until(
        'a over, b there',
        async () =>
          (await states())
            .map(({ state }) => state)
            .sort()
            .join() === 'open,recovered',
      )
      crash(harbor, 'away/alpha')
      await side.until('a is back', async () => (await states()).filter(({ state }) => state === 'open').length === 2)
      crash(harbor, 'away/gamma')
      await side.until('c there', async () => (await states()).length === 3)
      side.outage(false)
      for (const root of await Promise.all([side.root(/away\/beta/), side.root(/away\/gamma/)]))
        await side.reply(root, /Diagnosis/, 40_000)
      await side.reply(first, /It is back/, 40_000)
      expect(side.roots().filter(({ text }) => /away\//.test(text))).toHaveLength(3)
      expect(side.replies(first).map(({ text }) => /Diagnosis|Recovered|It is back/.exec(text)?.[0])).toEqual([
        'Diagnosis',
        'Recovered',
        'It is back',
      ])
    },
    90_000,
  )

  story(
    'of a cluster whose clock is ten minutes ahead or behind count its events, and have times that make sense',
    async (side) => {
      const { harbor } = side
      for (const [path, skewMs] of [
        ['early/web', 600_000],
        ['late/web', -600_000],
      ] as const) {
        const there = () => new Date(Date.now() + skewMs)
        for (let n = 0; n < 3; n++) warn(harbor, path, 'FailedCreatePodSandBox', 'no network', there())
        crash(harbor, path, 4, there())
        const root = await side.root(new RegExp(path))
        await side.until('its events', () => /FailedCreatePodSandBox ×3/.test(root.text))
        heal(harbor, path, there())
        const summary = await side.reply(root, /Recovered after \d+ s/)
        expect([root, summary].map(({ text }) => text).join('\n')).not.toMatch(/-\d+ (s|min)\b|NaN|in the future/)
      }
      const opened = (await side.incidents()).filter(({ owners: [owner] }) => /early|late/.test(owner?.namespace ?? ''))
      expect(opened).toHaveLength(2)
      for (const { openedAt } of opened) expect(Math.abs(Date.parse(openedAt) - Date.now())).toBeLessThan(60_000)
    },
  )

  // on one platform: the wire lies below both
  it('survive an API server that is killed and comes back compacted: none is lost, none told twice', async () => {
    const side = scene.sides.discord
    const { harbor } = side
    const desk = createDesk(scene.ship.app.store)
    const seen = async () => (await desk.counts()).seen ?? 0
    crash(harbor, 'api/web')
    const web = await side.root(/api\/web/)
    await side.reply(web, /Diagnosis/)
    wire.cut()
    const before = { watches: wire.watches.length, seen: await seen() }
    heal(harbor, 'api/web')
    crash(harbor, 'api/cart')
    for (let n = 0; n < 3; n++) warn(harbor, 'api/mail', 'FailedMount', 'volume "data" is not there')
    await sleep(1500)
    wire.mend({ compacted: true })
    await side.root(/api\/cart/)
    await side.reply(web, /Recovered after/, 30_000)
    expect(wire.watches.length).toBeGreaterThan(before.watches)
    await side.until('the events of the gap', async () => (await seen()) >= before.seen + 4)
    for (const path of ['api/web', 'api/cart'])
      expect(side.roots().filter(({ text }) => text.includes(path))).toHaveLength(1)
  }, 90_000)
})

describe('Redis', () => {
  beforeAll(async () => {
    scene = await begin({ load: town('shop/web', 'shop/cart'), shared: true })
  }, 60_000)
  afterAll(() => scene.stop())

  story(
    'restarted in the middle loses no incident and doubles none',
    async (side) => {
      // both hear of the same cluster
      const leads = side.platform === 'slack'
      if (leads) crash(side.harbor, 'shop/web')
      const web = await side.root(/shop\/web/)
      await side.reply(web, /Diagnosis/)
      if (leads) {
        const restarted = scene.ship.redis.restart(500)
        crash(side.harbor, 'shop/cart')
        heal(side.harbor, 'shop/web')
        await restarted
      }
      await side.root(/shop\/cart/)
      await side.reply(web, /Recovered after/, 30_000)
      expect(side.roots()).toHaveLength(2)
      expect(side.said(web, /Diagnosis/)).toHaveLength(1)
    },
    90_000,
  )
})
