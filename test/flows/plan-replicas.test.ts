// Invariants 4 and 8 with two replicas of every role but the bot: each plan runs once, its card stands once, and both write one audit.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { type App, startApp } from '../../src/app.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { loadConfig } from '../../src/config.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'

const KEYS = { SIGNING_KEY: 'a signing key that replicas share', AUDIT_KEY: 'an audit key that replicas share' }
const PLANS = 4
let ship: Ship
let replica: App

beforeAll(async () => {
  ship = await launch({ env: KEYS })
  // a data folder of its own, as in another container
  const env = { ...KEYS, DATA_DIR: temporaryFolder(), REDIS_URL: ship.redis.url, APPROVERS: 'slack:U2' }
  replica = await startApp({
    config: loadConfig(env, false),
    roles: ['worker', 'executor'],
    clusters: clustersOf([clusterAt('prod', ship.harbor.url)]),
    log: silentLogger,
    health: false,
    agent: async () => plainAgent,
  })
}, 60_000)
afterAll(async () => {
  await replica.stop()
  await ship.stop()
})

it('several plans at once, each pressed several times', async () => {
  const { slack, thread, until, harbor, app } = ship
  const roots = await Promise.all(
    Array.from({ length: PLANS }, async (_, n) => {
      const { root } = await ship.ask(`kubectl -n shop create configmap once-${n} --from-literal=a=b`, /Approve/)
      return root
    }),
  )
  for (const root of roots) {
    const card = await until('the card', () => thread(root).find((message) => buttonOf(message, 'Approve')))
    for (let press = 0; press < 3; press++)
      slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  }
  for (const root of roots) await until('healthy', () => /Healthy after/.test(textOf(thread(root))), 30_000)
  const all = await createApprovals(app.store).list()
  // a second request for the same name would have been answered with 409, and the plan have failed
  expect(all.map(({ state, decisions, progress }) => [state, decisions.length, progress.length])).toEqual(
    all.map(() => ['done', 1, 1]),
  )
  expect(all).toHaveLength(PLANS)
  expect(
    harbor.world.list('ConfigMap', { namespace: 'shop' }).filter(({ metadata }) => metadata.name.startsWith('once-')),
  ).toHaveLength(PLANS)
  for (const root of roots)
    expect(thread(root).filter((message) => /Healthy after/.test(textOf([message])))).toHaveLength(1)
  expect((await verifyAudit(app.store, KEYS.AUDIT_KEY)).faults).toEqual([])
}, 90_000)

it('a stop that one bot hears holds for every executor', async () => {
  const { root } = await ship.ask('kubectl -n shop create configmap never --from-literal=a=b', /Approve/)
  const stop = await ship.ask('stop: drill', /Stopped by jo/, 'U2')
  expect(textOf(ship.thread(stop.root))).toContain('drill')
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  await ship.until('the refusal', () => /stopped by jo: drill/.test(textOf(ship.thread(root))))
  expect(ship.harbor.world.find('ConfigMap', 'shop', 'never')).toBeUndefined()
  await ship.until('✅', () => stop.root.reactions.some(({ name }) => name === 'white_check_mark'))
}, 60_000)
