// Plans for one object: those of two threads know of each other, and only one of them runs.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { planDigest } from '../../src/core/plan.ts'
import { catalog, type Rig, scale, startRig } from '../tasks/rig.ts'
import { refuse } from './wire.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

it('two plans of two threads know of each other, and the one that runs ends the other at once', async () => {
  const first = await rig.plan(scale(4))
  const second = await rig.plan(scale(5))
  expect(await rig.posted(first)).toContain(`plan ${second.plan.digest.slice(0, 6)} of another thread`)
  expect(await rig.posted(second)).toContain(`plan ${first.plan.digest.slice(0, 6)} of another thread`)
  const apart = await rig.plan({ verb: 'scale', target: catalog, replicas: 3 })
  expect(await rig.posted(apart)).not.toContain('of another thread')
  await rig.approve(second)
  // whoever reads the first card sees that the other one is not pending any more
  expect(await rig.posted(first)).not.toContain('of another thread')
  await rig.execute()
  expect(await rig.read(first)).toMatchObject({ state: 'superseded', supersededBy: second.plan.digest.slice(0, 6) })
  expect(await rig.posted(first)).toContain(`Superseded by plan ${second.plan.digest.slice(0, 6)}`)
  expect(await rig.posted(first)).not.toContain(':approve')
  await rig.approve(first)
  expect((await rig.audited('refused')).at(-1)?.data.refused).toBe('superseded')
  expect((await rig.read(apart)).state).toBe('pending')
  expect(rig.writes).toHaveLength(1)
})

it('two plans of the very same requests: one runs, and the other says that it was the same', async () => {
  const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(4))]
  expect(second.plan.digest).toBe(first.plan.digest)
  await rig.approve(first)
  await rig.execute()
  expect(await rig.posted(second)).toMatch(
    /Superseded by plan [0-9a-f]{6} \(the same requests, asked for by U1 at \d\d:\d\d:\d\d UTC in another thread\)/,
  )
  expect(rig.writes).toHaveLength(1)
})

it('two plans approved at the same moment: one runs, the other is refused as changed, and nothing is sent for it', async () => {
  const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(5))]
  await rig.approve(first)
  await rig.approve(second)
  await rig.execute()
  const states = [(await rig.read(first)).state, (await rig.read(second)).state]
  expect(states.sort()).toEqual(['done', 'failed'])
  expect(rig.writes).toHaveLength(1)
})

it('a plan that has failed before it changed anything leaves the other one as it is', async () => {
  const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(5))]
  await rig.approve(first)
  rig.bend(({ dryRun }, answer, pass) => (dryRun ? pass() : refuse(answer, 403, 'not now')))
  await rig.execute()
  expect((await rig.read(first)).state).toBe('failed')
  expect((await rig.read(second)).state).toBe('pending')
})

it('a plan for the object of that name in another cluster is no rival', async () => {
  const first = await rig.plan(scale(4))
  const bare = { ...first.plan, cluster: 'other' }
  const other = await rig.context.approvals.open({ ...first, plan: { ...bare, digest: planDigest(bare) } })
  await rig.approve(first)
  await rig.execute()
  expect((await rig.read(first)).state).toBe('done')
  expect((await rig.read(other)).state).toBe('pending')
})
