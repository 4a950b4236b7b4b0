// From a mention to the first message and to the deterministic card; a thousand mentions at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { loadFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { launch, type Ship, STORY, textOf } from '../flows/ship.ts'
import { type Figure, percentile } from './figure.ts'
import { namespace, workload } from './workloads.ts'

const ROUNDS = 25

export async function bench(): Promise<Figure[]> {
  const story = await loadFiles([STORY])
  const ship = await launch({ load: { objects: [...story.objects, ...bigNamespace(500)], logs: story.logs } })
  try {
    await timed(ship, 'why is checkout failing in shop?', /DATABASE_URL/)
    const small = await rounds(ship, 'why is checkout failing in shop?', /DATABASE_URL/)
    const big = await rounds(ship, 'what is wrong in big?', /api-7/)
    const flood = await thousand(ship)
    return [
      { name: 'mention → first message, p95', value: percentile(small.first, 0.95), target: 400, unit: 'ms' },
      {
        name: 'mention → deterministic card, namespace of 500 pods, p95',
        value: percentile(big.card, 0.95),
        target: 2000,
        unit: 'ms',
      },
      ...flood,
    ]
  } finally {
    await ship.stop()
  }
}

interface Times {
  first: number[]
  card: number[]
}

async function rounds(ship: Ship, question: string, expected: RegExp): Promise<Times> {
  const times: Times = { first: [], card: [] }
  for (let n = 0; n < ROUNDS; n++) {
    // nobody asks as fast as this: what a workspace is allowed in a minute is not the question here
    const spent = await ship.app.store.redis.keys(`${ship.app.store.prefix}chat:budget:*`)
    if (spent.length > 0) await ship.app.store.redis.del(...spent)
    const { first, card } = await timed(ship, question, expected)
    times.first.push(first)
    times.card.push(card)
  }
  return times
}

let channels = 0
function newChannel(ship: Ship): string {
  const id = `B${++channels}`
  ship.slack.addChannel({ id, name: id.toLowerCase(), members: ['U1', ship.slack.world.botUser] })
  return id
}

async function timed(ship: Ship, text: string, expected: RegExp): Promise<{ first: number; card: number }> {
  const channel = newChannel(ship)
  const started = performance.now()
  const root = ship.slack.mention({ channel, user: 'U1', text })
  let first = 0
  while (performance.now() - started < 15_000) {
    const said = ship.thread(root)
    if (said.length > 0 && first === 0) first = performance.now() - started
    if (said.some((message) => expected.test(textOf([message])))) return { first, card: performance.now() - started }
    await sleep(2)
  }
  throw new Error(`no answer to "${text}" within 15 s`)
}

async function thousand(ship: Ship): Promise<Figure[]> {
  const ids = Array.from({ length: 100 }, () => newChannel(ship))
  const before = await accepted(ship)
  const started = performance.now()
  const roots: FakeMessage[] = []
  for (let n = 0; n < 1000; n++)
    roots.push(ship.slack.mention({ channel: ids[n % 100] as string, user: 'U1', text: 'help' }))
  while ((await accepted(ship)) - before < 1000 && performance.now() - started < 30_000) await sleep(10)
  const enqueued = performance.now() - started
  const stored = (await accepted(ship)) - before
  return [
    { name: '1,000 mentions over 100 channels: all enqueued after', value: enqueued, target: 1000, unit: 'ms' },
    { name: '1,000 mentions: lost', value: roots.length - stored, target: 0, unit: '' },
  ]
}

/** Questions that are stored: waiting, running or ended. */
async function accepted(ship: Ship): Promise<number> {
  const keys = await ship.app.store.redis.keys(`${ship.app.store.prefix}queue:worker:answer-*`)
  return keys.filter((key) => !key.endsWith(':lock') && !key.endsWith(':logs')).length
}

function bigNamespace(pods: number): KubeObject[] {
  const perSet = 20
  const sets = Array.from({ length: pods / perSet }, (_, set) =>
    workload({
      namespace: 'big',
      name: `api-${set}`,
      pods: perSet,
      ...(set === 7 ? { died: { exitCode: 1, reason: 'Error' } } : {}),
    }),
  )
  return [namespace('big'), ...sets.flat()]
}
