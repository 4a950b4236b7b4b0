// Ten thousand events of one cluster in a few seconds, told on both platforms: four threads each, and nothing more than they need.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDesk } from '../../src/incidents/desk.ts'
import { PLATFORMS } from './boards.ts'
import { begin, type Scene } from './incident-rig.ts'
import { CAUSES, PER_CAUSE, report, stormyWorld } from './storm.ts'

const EVENTS = 10_000
/** shortest time between two edits of a root for nothing but numbers */
const EDIT_EVERY_MS = 3000
let scene: Scene
let tookMs: number

beforeAll(async () => {
  scene = await begin({ load: stormyWorld(), shared: true, incidents: { INCIDENT_EDIT_EVERY: EDIT_EVERY_MS } })
}, 60_000)
afterAll(() => scene.stop())

describe('a storm of 10,000 events over 40 workloads with four causes', () => {
  it('is counted in full, as four incidents of ten workloads', async () => {
    const { ship, sides } = scene
    const began = Date.now()
    for (let index = 0; index < EVENTS; index++) {
      report(ship.harbor, index)
      if (index % 100 === 99) await sleep(20)
    }
    const desk = createDesk(ship.app.store)
    await ship.until('all events counted', async () => ((await desk.counts()).seen ?? 0) >= EVENTS, 60_000)
    await ship.until('nothing left to say', async () => (await ship.app.outbox.counts()).waiting === 0, 60_000)
    tookMs = Date.now() - began
    const open = await sides.slack.incidents()
    expect(open.map(({ owners }) => owners.filter(({ kind }) => kind === 'Deployment').length)).toEqual(
      CAUSES.map(() => PER_CAUSE),
    )
  }, 120_000)

  it.each(PLATFORMS)(
    'is four threads on %s, each one root with edits within the budget and a few replies',
    (platform) => {
      const side = scene.sides[platform]
      const roots = side.roots()
      expect(roots).toHaveLength(CAUSES.length)
      for (const root of roots) {
        expect(
          side
            .replies(root)
            .map(({ text }) => text)
            .filter((text) => /Diagnosis/.test(text)),
        ).toHaveLength(1)
        expect(side.replies(root).length).toBeLessThanOrEqual(3)
        // numbers by the clock, and news: a cause, owners that joined, what the look said again
        expect(root.edits).toBeLessThanOrEqual(tookMs / EDIT_EVERY_MS + 12)
      }
    },
  )
})
