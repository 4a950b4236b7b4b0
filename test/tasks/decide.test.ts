// A decision whose process died before it could say so: the card is put right by whoever comes next.
import { afterAll, beforeEach, expect, it } from 'vitest'
import type { Approval } from '../../src/safety/approval.ts'
import { JO, MIRA, type Rig, scale, startRig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  await rig?.stop()
  rig = await startRig()
})
afterAll(() => rig.stop())

/** The record moves on, and nobody shows it. */
async function silently(approval: Approval, state: Approval['state']): Promise<void> {
  expect(await rig.posted(approval)).toContain(':approve')
  await rig.forge(approval, { state })
  expect(await rig.posted(approval)).toContain(':approve')
}

it('a press on a card that should have lost its buttons takes them away', async () => {
  const approval = await rig.plan(scale(4))
  await silently(approval, 'rejected')
  await rig.approve(approval, JO)
  expect(await rig.posted(approval)).not.toContain(':approve')
  expect((await rig.read(approval)).state).toBe('rejected')
})

it('the end of its time does, too', async () => {
  const approval = await rig.plan(scale(4))
  await silently(approval, 'expired')
  await rig.run({
    kind: 'expire',
    id: 'expire-again',
    thread: approval.thread,
    asker: MIRA,
    at: new Date().toISOString(),
    approval: approval.id,
  })
  expect(await rig.posted(approval)).not.toContain(':approve')
})

it('two plans that wait under one short name are told apart by their ids', async () => {
  const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(4))]
  const name = first.plan.digest.slice(0, 6)
  await expect(rig.context.approvals.find(name)).rejects.toThrow(
    new RegExp(`2 plans that wait are called ${name}: say which by its id`),
  )
  expect(await rig.context.approvals.find(first.id)).toMatchObject({ id: first.id })
  await rig.forge(first, { state: 'rejected' })
  expect(await rig.context.approvals.find(name)).toMatchObject({ id: second.id })
  expect(await rig.posted(second)).toMatch(
    new RegExp(`plan ${name} \\(the same requests, asked for by U1 at [\\d:]{8} UTC in another thread\\)`),
  )
})

it('a plan that has run does not run again where its record is put back as it was', async () => {
  const approval = await rig.approve(await rig.plan(scale(4)))
  await rig.execute()
  expect((await rig.read(approval)).state).toBe('done')
  // the world is as it was planned for, too
  rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
    draft.spec.replicas = Number(approval.plan.steps[0]?.changes[0]?.before)
  })
  await rig.forge(approval, {})
  expect((await rig.read(approval)).state).toBe('approved')
  await rig.run(rig.job(approval))
  expect(rig.writes).toHaveLength(1)
})
