// Story three: trouble → one thread → diagnosis → plan → approval → recovery; and what may go wrong between.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDesk } from '../../src/incidents/desk.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'
import { report, stormyWorld } from './storm.ts'

const QUICK = { INCIDENT_CALM: 2000, WATCHDOG_WAITING: 500, INCIDENT_EDIT_EVERY: 1000, WATCHDOG_CHECKS_EVERY: 0 }

let ship: Ship

/** The roots of a channel: what the bot said that is in no thread. */
function roots(channel = 'COPS'): FakeMessage[] {
  return ship.slack.said(channel).filter((one) => one.thread_ts === undefined || one.thread_ts === one.ts)
}

function replies(root: FakeMessage): FakeMessage[] {
  return ship.slack.said(root.channel).filter((one) => one.thread_ts === root.ts && one.ts !== root.ts)
}

async function begin(): Promise<void> {
  ship = await launch({ roles: ['bot', 'worker', 'executor', 'watcher'], incidents: QUICK, env: { INCIDENT_CHANNELS: 'slack:COPS' } })
  ship.slack.addChannel({ id: 'COPS', name: 'incidents', members: ['U1', 'U2', 'U3', ship.slack.world.botUser] })
}

describe('an incident in Slack', () => {
  beforeAll(begin, 60_000)
  afterAll(() => ship.stop())

  it('opens one thread per trouble with its cause, proposes the remedy, and notices the recovery', async () => {
    const root = await ship.until('the root of checkout', () => roots().find((one) => /checkout/.test(textOf([one])) && /DATABASE_URL/.test(textOf([one]))))
    await ship.until('the diagnosis', () => replies(root).some((one) => /Evidence/.test(textOf([one]))))
    const card = await ship.until('the plan', () => replies(root).find((one) => buttonOf(one, 'Approve')))
    ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    await ship.until('the recovery', () => replies(root).some((one) => /Recovered after/.test(textOf([one]))), 60_000)
    const summary = replies(root).find((one) => /Recovered after/.test(textOf([one]))) as FakeMessage
    expect(textOf([summary])).toMatch(/opened: .*approved by jo/s)
    expect(roots().filter((one) => /shop\/checkout/.test(textOf([one])))).toHaveLength(1)
  }, 90_000)
})

describe('a storm of 10,000 events over 40 workloads with four causes', () => {
  const EVENTS = 10_000

  beforeAll(async () => {
    ship = await launch({
      roles: ['bot', 'worker', 'executor', 'watcher'],
      incidents: { ...QUICK, INCIDENT_EDIT_EVERY: 3000 },
      env: { INCIDENT_CHANNELS: 'slack:COPS' },
      load: stormyWorld(),
      controllers: false,
    })
    ship.slack.addChannel({ id: 'COPS', name: 'incidents', members: ['U1', ship.slack.world.botUser] })
  }, 60_000)
  afterAll(() => ship.stop())

  it('becomes four threads, each with one root and a few replies, and loses no event', async () => {
    for (let index = 0; index < EVENTS; index++) {
      report(ship.harbor, index)
      if (index % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const desk = createDesk(ship.app.store)
    await ship.until('all events counted', async () => (await desk.counts()).seen! >= EVENTS, 60_000)
    await ship.until('nothing left to say', async () => (await ship.app.outbox.counts()).waiting === 0, 60_000)
    const threads = roots()
    expect(threads.map((root) => textOf([root]).split('\n')[0])).toHaveLength(4)
    for (const root of threads) expect(replies(root).length).toBeLessThanOrEqual(3)
    const open = await desk.list({ open: true })
    for (const one of open) expect(one.owners.filter((owner) => owner.kind === 'Deployment')).toHaveLength(10)
    if (process.env.SHOW) console.log(ship.slack.show('COPS'), await desk.counts())
    const edits = ship.slack.requests.filter((one) => one.method === 'chat.update').length
    expect(edits).toBeLessThanOrEqual(60)
  }, 120_000)
})
