// What the watcher hears: events once each over restarts and fail-over, series in full, alerts that wait for it, and nothing that nobody wants to hear.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConflictError } from '../../src/core/errors.ts'
import { createNotebook, deliver } from '../../src/incidents/notebook.ts'
import { parseRouting } from '../../src/incidents/routing.ts'
import type { Signal } from '../../src/incidents/signal.ts'
import type { Watcher } from '../../src/incidents/watcher.ts'
import { town } from '../flows/town.ts'
import { alertOf, type Lookout, startLookout } from './lookout.ts'

let lookout: Lookout
beforeAll(async () => {
  const routing = await parseRouting(
    [
      { namespaces: ['quiet-*'], ignore: true },
      { reasons: ['Noise'], ignore: true },
      { severities: ['info'], ignore: true },
      { labels: { team: 'test' }, ignore: true },
    ],
    [],
  )
  lookout = await startLookout(town('shop/web', 'quiet-1/web'), {}, routing)
}, 60_000)
afterAll(() => lookout.stop())

let number = 0
/** A Warning event about a claim of that name, which no check explains. */
function warn(name: string, more: { reason?: string; namespace?: string; count?: number } = {}): string {
  const { reason = 'ProvisioningFailed', namespace = 'shop', count = 1 } = more
  const at = new Date().toISOString()
  const event = `e-${++number}`
  lookout.harbor.world.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: event },
    involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name },
    type: 'Warning',
    reason,
    message: 'no such class',
    count,
    firstTimestamp: at,
    lastTimestamp: at,
  })
  return event
}

const times = (count: number, what: () => unknown) => Array.from({ length: count }, what)
const seen = async () => (await lookout.desk.counts()).seen ?? 0
const leads = (...watchers: Watcher[]) => watchers.filter((one) => one.leads().length > 0)
const incidentOf = (name: string) => lookout.until(`the incident of ${name}`, async () => (await lookout.of(name))[0])

const alert = (name: string, more: Partial<Signal> = {}) => alertOf(name, { kind: 'Alert', name }, more)

describe('events', () => {
  it('of before the first start are not replayed; those of a gap are heard after it, and none twice', async () => {
    times(5, () => warn('old'))
    const first = lookout.watch()
    await lookout.until('a leader', () => leads(first)[0])
    await lookout.settle()
    times(2, () => warn('split'))
    await lookout.until('both counted', async () => (await seen()) === 2)
    await first.stop()
    warn('split')
    times(3, () => warn('gap'))
    const second = lookout.watch()
    expect(await incidentOf('split')).toMatchObject({ count: 3 })
    expect(await incidentOf('gap')).toMatchObject({ count: 3 })
    await lookout.settle()
    expect(await seen()).toBe(6)
    expect(await lookout.of('old')).toEqual([])
    await second.stop()
  }, 30_000)

  it('are led by one of two watchers; the other takes over, and counts none again', async () => {
    const before = await seen()
    const [one, other] = [lookout.watch(), lookout.watch()]
    const leader = await lookout.until('a leader', () => leads(one, other)[0])
    const leaders = new Set<Watcher>([leader])
    for (const end = Date.now() + 1200; Date.now() < end; await sleep(20))
      for (const led of leads(one, other)) leaders.add(led)
    expect([...leaders]).toEqual([leader])
    times(2, () => warn('fail-over'))
    await lookout.until('both counted', async () => (await seen()) === before + 2)
    await leader.stop()
    warn('fail-over')
    expect(await incidentOf('fail-over')).toMatchObject({ count: 3 })
    expect(leads(one, other)).toHaveLength(1)
    expect(leads(one, other)).not.toContain(leader)
    expect(await seen()).toBe(before + 3)
  }, 30_000)

  it('of one series count by its number, below three they are no incident', async () => {
    const event = warn('series', { count: 2 })
    await lookout.settle()
    expect(await lookout.of('series')).toEqual([])
    lookout.harbor.world.modify('Event', 'shop', event, (draft) => {
      draft.series = { count: 7, lastObservedTime: new Date().toISOString() }
    })
    expect(await incidentOf('series')).toMatchObject({
      count: 7,
      reasons: [{ reason: 'ProvisioningFailed', count: 7 }],
    })
  })

  it('that are critical need no second sign', async () => {
    warn('full', { reason: 'ReadonlyFilesystem' })
    expect(await incidentOf('full')).toMatchObject({ severity: 'critical', count: 1 })
  })
})

it('what nobody wants to hear, by namespace, reason, severity or label, is counted as kept back and no incident', async () => {
  const before = (await lookout.desk.counts()).suppressed ?? 0
  times(3, () => warn('namespace', { namespace: 'quiet-1' }))
  times(3, () => warn('reason', { reason: 'Noise' }))
  await deliver(lookout.store, 'filtered', 60_000, [
    alert('severity', { severity: 'info' }),
    alert('label', { labels: { team: 'test' } }),
    alert('wanted', { labels: { team: 'pay' } }),
  ])
  await incidentOf('wanted')
  await lookout.until('all kept back', async () => (await lookout.desk.counts()).suppressed === before + 8)
  for (const name of ['namespace', 'reason', 'severity', 'label']) expect(await lookout.of(name)).toEqual([])
})

it('alerts that came while nobody led wait for the next leader, each counts once', async () => {
  const alone = await startLookout(town('shop/web'))
  try {
    await deliver(alone.store, 'waiting', 60_000, [alert('one'), alert('two')])
    await deliver(alone.store, 'waiting', 60_000, [alert('one'), alert('two')])
    alone.watch()
    for (const name of ['one', 'two'])
      expect((await alone.until(name, async () => (await alone.of(name))[0])).count).toBe(1)
  } finally {
    await alone.stop()
  }
}, 30_000)

it('what was heard, kept back, grouped and opened is counted for everyone who asks, and how soon the first card was there', async () => {
  const text = await lookout.metrics.text()
  const counts = await lookout.desk.counts()
  for (const what of ['seen', 'suppressed', 'opened']) {
    expect(counts[what]).toBeGreaterThan(0)
    expect(text).toContain(`incident_${what}_total{cluster="prod"} ${counts[what]}\n`)
  }
  expect(text).toMatch(new RegExp(`incident_first_card_seconds_count(\\{\\})? ${counts.opened}\n`))
})

it('a leader that was replaced writes nothing any more', async () => {
  const { store } = lookout
  const [old, present] = [createNotebook(store, 'fenced', 1), createNotebook(store, 'fenced', 2)]
  await old.save(new Map(), '100')
  await present.save(new Map(), '200')
  await expect(old.save(new Map(), '101')).rejects.toThrow(ConflictError)
  expect(await present.load()).toMatchObject({ resourceVersion: '200' })
})
