// How often the checks look at incidents that last: less and less, once for all of a namespace, and soon when the watch sees something new.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { crash } from '../flows/town.ts'
import { CRASH, type Keeping, startKeeping } from './keeping.ts'

const LOOK_AGAIN = 240
const SHOP = ['shop/web', 'shop/cart', 'shop/mail', 'shop/search', 'shop/stock', 'shop/users']
const ALL = [...SHOP, 'media/video']

let keeping: Keeping

beforeAll(async () => {
  const settings = { ...incidentSettings({}, false), INCIDENT_LOOK_AGAIN: LOOK_AGAIN, WATCHDOG_WAITING: 0 }
  keeping = await startKeeping(ALL, settings)
  for (const path of ALL) {
    crash(keeping.harbor, path)
    keeping.see(path, CRASH)
  }
}, 30_000)
afterAll(() => keeping.stop())

const count = (namespace: string) => keeping.looks.get(namespace)?.length ?? 0

it('six incidents of a namespace are looked at together, and less and less often while nothing changes', async () => {
  await vi.waitFor(async () => expect(await keeping.desk.list({ open: true })).toHaveLength(7), 10_000)
  const [from, opening] = [Date.now(), count('shop')]
  // after 240, 480 and 960 ms; the last one is on its way
  await sleep(LOOK_AGAIN * 8)
  const times = (keeping.looks.get('shop') ?? []).slice(opening).map((at) => at - from)
  expect(times.length).toBeGreaterThanOrEqual(2)
  expect(times.length).toBeLessThanOrEqual(4)
  expect(count('media')).toBeLessThanOrEqual(5)
})

it('the phases of a crash loop are nothing new; another template is, and is looked at soon', async () => {
  const before = count('media')
  for (let n = 0; n < 4; n++) {
    keeping.see('media/video', { kind: 'crash', reason: n % 2 ? 'Error' : 'Restarting', text: '' })
    await sleep(40)
  }
  expect(count('media')).toBeLessThanOrEqual(before + 1)
  const waiting = count('media')
  keeping.see('media/video', CRASH, '2')
  await vi.waitFor(() => expect(count('media')).toBe(waiting + 1), { timeout: LOOK_AGAIN * 2, interval: 10 })
})
