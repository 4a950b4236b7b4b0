// Invariant 1: no write without a matching, unexpired, unused, signed decision on exactly the bytes that run.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { planDigest } from '../../../src/core/plan.ts'
import { type Approval, approvalId } from '../../../src/safety/approval.ts'
import { JO, MIRA, type Rig, scale, startRig, THREAD, web } from '../../tasks/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

it('runs what was approved, once, and every request is on record', async () => {
  await rig.approve(await rig.plan(scale(5)))
  await rig.execute()
  expect(rig.replicas()).toBe(5)
  expect(rig.writes).toEqual([expect.stringMatching(/^PATCH .*deployments\/web/)])
  expect(await rig.audited('request')).toHaveLength(1)
  expect(await rig.audited('result')).toHaveLength(1)
})

it.each(['a deletion', 'an eviction'])('the dry run of %s has no effect', async (what) => {
  const uids = () =>
    [...rig.harbor.world.list('Deployment'), ...rig.harbor.world.list('Pod')].map(({ metadata }) => metadata.uid)
  const before = uids()
  const [pod] = rig.harbor.world.list('Pod', { namespace: 'shop' })
  const target = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod?.metadata.name ?? '' }
  const approval = await rig.plan(what === 'a deletion' ? { verb: 'delete', target: web } : { verb: 'evict', target })
  expect(approval.preview?.lines).toHaveLength(1)
  expect(uids()).toEqual(before)
  expect(rig.writes).toEqual([])
})

it('a job for a plan that nobody approved runs nothing', async () => {
  const approval = await rig.plan(scale(5))
  await rig.run(rig.job(approval))
  expect(rig.writes).toEqual([])
  expect((await rig.read(approval)).state).toBe('pending')
})

it('a decision that was written into the queue is refused and audited', async () => {
  const approval = await rig.plan(scale(5))
  const { seal: _seal, ...forged } = rig.decision(approval, MIRA)
  for (const seal of [undefined, 'ab'.repeat(32), rig.decision(approval, JO).seal])
    await rig.run({ ...forged, ...(seal ? { seal } : {}) })
  expect((await rig.read(approval)).state).toBe('pending')
  expect((await rig.audited('refused')).map(({ data }) => data.refused)).toEqual(['forged', 'forged', 'forged'])
})

it('an approval written into the record is refused and audited', async () => {
  const approval = await rig.plan(scale(5))
  const decision = {
    by: MIRA,
    kind: 'approve' as const,
    authority: 'person' as const,
    at: new Date().toISOString(),
    signature: 'ab'.repeat(32),
  }
  await rig.forge(approval, { state: 'approved', decisions: [decision] })
  await rig.run(rig.job(approval))
  expect(rig.writes).toEqual([])
  expect((await rig.read(approval)).outcome).toMatch(/a signature does not hold/)
  expect((await rig.audited('refused'))[0]?.data.why).toMatch(/signature/)
})

it.each<[string, (plan: Approval['plan'], approval: Approval) => Partial<Approval>]>([
  ['other bytes under the approved digest', (plan) => ({ plan })],
  ['other bytes with their own digest', (plan) => ({ plan: { ...plan, digest: planDigest(plan) } })],
  [
    'other bytes, digest and id',
    (plan, approval) => ({
      plan: { ...plan, digest: planDigest(plan) },
      id: approvalId({ ...approval, plan: { ...plan, digest: planDigest(plan) } }),
    }),
  ],
])('a plan that was tampered with runs nothing: %s', async (_, forge) => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  const plan = structuredClone(approval.plan)
  const body = plan.steps[0]?.request.body as { path: string; value: unknown }[]
  for (const one of body) if (one.value === 5) one.value = 0
  await rig.forge(approval, forge(plan, approval))
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect(await rig.audited('refused')).toHaveLength(1)
})

it('a plan that expired between approval and start runs nothing', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  await rig.forge(approval, { deadline: new Date(Date.now() - 1000).toISOString() })
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(approval)).state).toBe('expired')
})

it('an old card of a superseded plan answers so, and runs nothing', async () => {
  const old = await rig.plan(scale(5), { thread: THREAD })
  const fresh = await rig.plan(scale(6), { thread: THREAD })
  expect(await rig.read(old)).toMatchObject({ state: 'superseded', supersededBy: fresh.plan.digest.slice(0, 6) })
  await rig.approve(old)
  expect((await rig.audited('refused'))[0]?.data.refused).toBe('superseded')
  await rig.execute()
  expect(rig.writes).toEqual([])
})
