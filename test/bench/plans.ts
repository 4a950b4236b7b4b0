// From a click to the stamp "running", a hundred deliveries of one click, and how many plans and commands are judged in a second.
import { setTimeout as sleep } from 'node:timers/promises'
import { judgePlan } from '../../src/safety/gate.ts'
import { readWorld } from '../../src/tasks/change/world.ts'
import { decide } from '../../src/tasks/decide.ts'
import { buttonOf, launch, type Ship, textOf } from '../flows/ship.ts'
import { startRig, web } from '../tasks/rig.ts'
import { type Figure, percentile } from './figure.ts'

const CLICKS = 20
const JUDGED = 20_000

export async function bench(): Promise<Figure[]> {
  const clicks = await clickToRunning()
  const { executions, perSecond } = await deliveries()
  return [
    { name: 'click → "running" stamp in Slack, p95', value: percentile(clicks, 0.95), target: 1000, unit: 'ms' },
    { name: '100 concurrent deliveries of one click: executions', value: executions, target: 1, unit: '' },
    { name: 'plans judged per second', value: perSecond, target: 5000, unit: '/s', atLeast: true },
  ]
}

async function clickToRunning(): Promise<number[]> {
  const ship = await launch()
  try {
    const times: number[] = []
    for (let n = 0; n < CLICKS; n++) times.push(await oneClick(ship, n))
    return times
  } finally {
    await ship.stop()
  }
}

async function oneClick(ship: Ship, n: number): Promise<number> {
  // two askers, because a person has a budget of changes
  const { root } = await ship.ask(
    `kubectl -n shop annotate deployment catalog bench=n-${n} --overwrite`,
    /Approve/,
    n % 2 ? 'U1' : 'U3',
  )
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  const started = performance.now()
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  while (!/running|Done\./.test(textOf(ship.thread(root))) && performance.now() - started < 10_000) await sleep(2)
  const time = performance.now() - started
  await ship.until('the end', () => /Done\./.test(textOf(ship.thread(root))))
  return time
}

async function deliveries(): Promise<{ executions: number; perSecond: number }> {
  const rig = await startRig()
  try {
    const approval = await rig.plan({ verb: 'scale', target: web, replicas: 5 })
    const world = await readWorld(rig.context.clusters.get('prod'), approval.plan, new AbortController().signal)
    const state = {
      world,
      autonomy: { level: 'L1' as const, max: 'L3' as const, namespaces: new Map() },
      author: 'person' as const,
      asker: 'slack:U1',
      now: new Date(),
    }
    const started = performance.now()
    for (let n = 0; n < JUDGED; n++) judgePlan(approval.plan, state)
    const perSecond = (JUDGED / (performance.now() - started)) * 1000
    const click = rig.decision(approval, { platform: 'slack', workspace: 'T1', id: 'U2' })
    await Promise.all(Array.from({ length: 100 }, () => decide(click, rig.context)))
    const [job] = rig.take('execute')
    await Promise.all(Array.from({ length: 100 }, async () => job && rig.run(job)))
    return { executions: rig.writes.length, perSecond }
  } finally {
    await rig.stop()
  }
}
