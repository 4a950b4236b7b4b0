// kill -9 of the executor while a request is on its way: what really happened is read from the cluster, and nothing is sent twice.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Approval } from '../../src/safety/approval.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { environmentOf, type Serving, startServe } from './serve.ts'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'
import { startWire, type Wire } from './wire.ts'

let ship: Ship
let wire: Wire
let executor: Serving
let env: Record<string, string>
const writes: string[] = []
const stalled: string[] = []

beforeAll(async () => {
  ship = await launch({ roles: ['bot', 'worker'] })
  // changes of `catalog` take effect but are never answered; changes of `web` never arrive
  wire = await startWire(ship.harbor.url, ({ method, path, dryRun }, _answer, pass) => {
    const name = path.split('?')[0]?.split('/').at(-1) ?? ''
    if (method !== 'PATCH' || dryRun) return pass()
    writes.push(name)
    if (name === 'catalog') pass(() => stalled.push(name))
    else stalled.push(name)
  })
  env = {
    ...(await environmentOf(ship.redis, ship.harbor, wire.url)),
    CLUSTERS: 'prod=practice',
    DATA_DIR: ship.dataDir,
  }
  executor = await startServe(['--roles', 'executor'], env)
}, 60_000)

afterAll(async () => {
  await executor.kill()
  await wire.close()
  await ship.stop()
})

async function approved(question: string): Promise<FakeMessage> {
  const { root } = await ship.ask(question, /Approve/)
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  return root
}

it('settles both: the one that took effect is done, the one that did not is said, and each was sent once', async () => {
  const done = await approved('scale catalog to 5 in shop')
  const lost = await approved('scale web to 6 in shop')
  await ship.until('both on their way', () => stalled.length === 2)
  await executor.kill()
  // as if the half minute were over in which its claims run out and its requests may still arrive
  for (const { id } of await createApprovals(ship.app.store).list({ open: true }))
    await ship.app.store.update<Approval>(`approval:${id}`, (record) =>
      record?.claim ? { ...record, claim: { ...record.claim, until: '2026-01-01T00:00:00.000Z' } } : undefined,
    )
  executor = await startServe(['--roles', 'executor'], env)
  await ship.until(
    'both settled',
    () =>
      /every step took effect/.test(textOf(ship.thread(done))) &&
      /0 of 1 steps in effect/.test(textOf(ship.thread(lost))),
    60_000,
  )
  expect(writes.sort()).toEqual(['catalog', 'web'])
  expect(ship.harbor.world.get('Deployment', 'shop', 'catalog').spec.replicas).toBe(5)
  expect(ship.harbor.world.get('Deployment', 'shop', 'web').spec.replicas).toBe(3)
}, 120_000)
