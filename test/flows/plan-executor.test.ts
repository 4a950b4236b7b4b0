// An executor that is slow, loses its claim, or dies: what it has sent is found by looking, and nothing is sent twice.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sweep } from '../../src/tasks/sweep.ts'
import { eventually } from '../store/redis-server.ts'
import { type Rig, scale, startRig } from '../tasks/rig.ts'
import { refuse } from './wire.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.stop()
})

it('an executor keeps its claim while it looks, longer than a claim lasts', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  let renewals = 0
  const { approvals } = rig.context
  rig.context.approvals = {
    ...approvals,
    renew: async (...args) => {
      const renewed = await approvals.renew(...args)
      renewals++
      return renewed
    },
  }
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  const wait = async () => {
    for (let beat = 1; beat <= 5; beat++) {
      vi.advanceTimersByTime(4000)
      await eventually(() => renewals >= beat)
    }
  }
  rig.bend(({ dryRun }, _answer, pass) => void (dryRun ? wait() : Promise.resolve()).finally(() => pass()))
  await rig.execute()
  expect((await rig.read(approval)).state).toBe('done')
  // a beat every 4 s, one when the looking was done, one before the request
  expect(renewals).toBe(7)
})

it('an executor sends nothing once its claim is lost', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  rig.bend(({ dryRun }, _answer, pass) => {
    if (!dryRun) return pass()
    // somebody found the claim lapsed while this process stood still
    void rig.read(approval).then(async (record) => {
      await rig.forge(record, { state: 'unknown' })
      pass()
    })
  })
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(approval)).state).toBe('unknown')
})

it('an executor sends nothing that could still be on its way when the claim has lapsed', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  const { audit } = rig.context
  vi.useFakeTimers({ toFake: ['Date'] })
  rig.context.audit = {
    append: async (entry) => {
      // the record of the request hangs until most of the claim is gone
      if (entry.kind === 'request') {
        const { claim } = await rig.read(approval)
        vi.setSystemTime(Date.parse(claim?.until ?? '') - 9000)
      }
      return audit.append(entry)
    },
  }
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(approval)).outcome).toMatch(/took too long, so it was not sent\. Nothing was changed/)
})

it('an executor that is answered with a failure of the server looks at what has become of it', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  rig.bend(({ dryRun }, answer, pass) => {
    if (dryRun) return pass()
    rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 5
    })
    refuse(answer, 504, 'etcdserver: request timed out')
  })
  await rig.execute()
  const left = await rig.read(approval)
  expect(left.state).toBe('running')
  await rig.lapse(left)
  await sweep(rig.context)
  for (const task of rig.take('settle')) await rig.run(task)
  expect(await rig.read(approval)).toMatchObject({
    state: 'done',
    outcome: expect.stringMatching(/answered with 504 \(etcdserver: request timed out\).*every step took effect/),
  })
  expect(rig.writes).toHaveLength(1)
})

it.each([
  ['took effect', true, 'done', /every step took effect/],
  ['did not', false, 'failed', /0 of 1 steps in effect/],
])('an executor that died: what %s is found by looking, and never sent again', async (_, arrives, state, outcome) => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  rig.bend(({ dryRun }, answer, pass) => {
    if (dryRun) return pass()
    if (arrives)
      rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
        draft.spec.replicas = 5
      })
    answer.destroy()
  })
  await rig.execute()
  const left = await rig.read(approval)
  expect(left.state).toBe('running')
  await sweep(rig.context)
  // its claim has not lapsed yet: nobody else may look
  expect(rig.take('settle')).toEqual([])
  await rig.lapse(left)
  await sweep(rig.context)
  for (const task of rig.take('settle')) await rig.run(task)
  expect(await rig.read(approval)).toMatchObject({ state, outcome: expect.stringMatching(outcome) })
  await sweep(rig.context)
  await rig.execute()
  expect(rig.writes).toHaveLength(1)
})

it('an executor that died a moment ago: its request may still arrive, so nothing is said before the server has given it up', async () => {
  const approval = await rig.approve(await rig.plan(scale(5)))
  let arrive: () => void = () => {}
  rig.bend(({ dryRun }, answer, pass) => {
    if (dryRun) return pass()
    arrive = pass
    answer.destroy()
  })
  await rig.execute()
  await rig.lapse(await rig.read(approval), 1000)
  await sweep(rig.context)
  for (const task of rig.take('settle')) await rig.run(task)
  expect((await rig.read(approval)).state).toBe('unknown')
  const again = rig.take('settle')
  expect(again).toHaveLength(1)
  arrive()
  await eventually(() => rig.replicas() === 5)
  for (const task of again) await rig.run(task)
  expect(await rig.read(approval)).toMatchObject({
    state: 'done',
    outcome: expect.stringMatching(/every step took effect/),
  })
})
