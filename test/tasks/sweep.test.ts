// No approval is forgotten: whatever died between two steps, the sweeper finds the plan and does what is left to do, once.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createApprovals } from '../../src/safety/approvals.ts'
import { sweep } from '../../src/tasks/sweep.ts'
import { catalog, JO, type Rig, scale, startRig } from './rig.ts'

let rig: Rig
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

/** The record as it would stand after that time: its id commits to when it was made and until when it may be decided. */
function later(ms: number) {
  rig.context.approvals = createApprovals(rig.store, () => new Date(Date.now() - ms))
  const ttl = rig.context.config.APPROVAL_TTL
  rig.context.config.APPROVAL_TTL = ttl - ms
}

it('an approved plan whose job was lost is queued again, and runs once', async () => {
  later(20_000)
  const approval = await rig.approve(await rig.plan(scale(5)))
  // the bot died between the decision and the queue
  expect(rig.take('execute')).toHaveLength(1)
  rig.context.approvals = createApprovals(rig.store)
  await sweep(rig.context)
  await sweep(rig.context)
  await rig.execute()
  await sweep(rig.context)
  await rig.execute()
  expect((await rig.read(approval)).state).toBe('done')
  expect(rig.writes).toHaveLength(1)
})

it('one that has just been decided is left to its own job', async () => {
  await rig.approve(await rig.plan(scale(5)))
  rig.take('execute')
  await sweep(rig.context)
  expect(rig.take('execute')).toEqual([])
})

it('a plan whose dry run was lost is tried by another executor', async () => {
  later(40_000)
  const approval = await rig.plan(scale(5))
  const { preview: _lost, ...rest } = approval
  await rig.store.redis.hset(rig.store.key(`approval:${approval.id}`), 'value', JSON.stringify(rest))
  rig.context.approvals = createApprovals(rig.store)
  await sweep(rig.context)
  for (const task of rig.take('preview')) await rig.run(task)
  expect((await rig.read(approval)).preview?.ok).toBe(true)
})

it('one whose time is over ends, decided or not, and its card says so without buttons', async () => {
  later(10 * 60_000 + 1000)
  const waiting = await rig.plan(scale(5))
  expect(waiting.deadline < ago(0)).toBe(true)
  rig.context.approvals = createApprovals(rig.store)
  await sweep(rig.context)
  expect((await rig.read(waiting)).state).toBe('expired')
  expect(await rig.posted(waiting)).toMatch(/Nobody decided in time; nothing was changed/)
  expect(await rig.posted(waiting)).not.toContain(':approve')
  expect((await rig.audited('result')).at(-1)?.data.ended).toBe('expired')
  await rig.approve(waiting)
  expect((await rig.audited('refused')).at(-1)?.data.refused).toBe('expired')
})

it('one record that cannot be swept keeps no other from it', async () => {
  later(20_000)
  const broken = await rig.plan(scale(4))
  const approval = await rig.approve(await rig.plan({ ...scale(5), target: catalog }), JO)
  rig.take('execute')
  await rig.store.redis.hset(rig.store.key(`approval:${broken.id}`), 'value', '{"id":')
  rig.context.approvals = createApprovals(rig.store)
  await sweep(rig.context)
  await rig.execute()
  expect((await rig.read(approval)).state).toBe('done')
})
