// A drain: one eviction for each pod that was listed, as their budgets allow, and a further plan for those that came later.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Approval } from '../../src/safety/approval.ts'
import { JO, type Rig, startRig } from '../tasks/rig.ts'
import { answerWith, refuse } from './wire.ts'

const EVICTED = { kind: 'Status', status: 'Success' }
let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

/** The plan for the node on which the shop's pods are, approved. */
async function drain(): Promise<{ approval: Approval; node: string }> {
  const node = rig.harbor.world.list('Pod', { namespace: 'shop' })[0]?.spec?.nodeName as string
  const approval = await rig.plan({ verb: 'drain', node })
  expect(approval.tier).toBe(9)
  expect(approval.plan.steps.length).toBeGreaterThan(2)
  return { approval: await rig.approve(approval, JO, { typedName: node }), node }
}
const evictions = () => rig.writes.filter((one) => one.includes('/eviction'))

it('a drain repeats what a budget refuses, and goes on over pods that vanished', async () => {
  const { approval } = await drain()
  let refusals = 1
  let gone = ''
  rig.bend(({ path, dryRun }, answer, go) => {
    if (dryRun || !path.includes('/eviction')) return go()
    if (refusals-- > 0) return refuse(answer, 429, 'Cannot evict pod as it would violate the disruption budget')
    if (gone === '') {
      gone = path
      return refuse(answer, 404, 'not found')
    }
    // what the cluster's own budgets would say is not the question here
    answerWith(answer, 201, EVICTED)
  })
  await rig.execute()
  expect((await rig.read(approval)).outcome).toMatch(/1 already gone/)
  const [first] = evictions()
  expect(evictions().filter((one) => one === first)).toHaveLength(2)
}, 60_000)

it('a drain ends with the request in flight when somebody pulls the stop, and says how far it came', async () => {
  const { approval } = await drain()
  rig.bend(({ path, dryRun }, _answer, go) => {
    if (dryRun || !path.includes('/eviction')) return go()
    void rig.context.standing.pullStop(JO, 'wrong node').then(() => go())
  })
  await rig.execute()
  expect(evictions()).toHaveLength(1)
  expect((await rig.read(approval)).outcome).toMatch(/stopped by U3: wrong node.*2 of \d+ steps were done before/)
}, 60_000)

it('a drain names the pods that arrived since, and makes a further plan for them alone', async () => {
  const { world } = rig.harbor
  const { approval, node } = await drain()
  rig.bend(({ path, dryRun }, answer, pass) => {
    const pod = /namespaces\/([^/]+)\/pods\/([^/]+)\/eviction/.exec(path)
    if (dryRun || !pod) return pass()
    world.delete('Pod', pod[1], pod[2] ?? '', { gracePeriodSeconds: 0 })
    answerWith(answer, 201, EVICTED)
  })
  const [old] = world.list('Pod', { namespace: 'shop' }).filter(({ metadata }) => metadata.ownerReferences)
  const { uid: _uid, resourceVersion: _version, ...metadata } = old?.metadata ?? { name: '' }
  await rig.execute()
  world.create({ ...old, metadata: { ...metadata, name: 'late' }, spec: { ...old?.spec, nodeName: node } } as never)
  for (const task of rig.take('verify')) await rig.run({ ...task, since: new Date(Date.now() - 700_000).toISOString() })
  expect((await rig.read(approval)).verified?.words).toMatch(/1 pod has arrived since it was planned/)
  const [further] = rig.take('propose')
  if (further) await rig.run(further)
  const [fresh] = await rig.context.approvals.list({ open: true })
  expect(fresh?.plan.steps.map(({ words }) => words)).toEqual([`Evict Pod shop/late from ${node}`])
  expect(fresh).toMatchObject({ state: 'pending', tier: 9 })
}, 60_000)
