// How a plan runs: once, in order, up to the first step that fails, within its deadline, and no further than the emergency stop.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { undoOf } from '../../../src/actions/compile.ts'
import { catalog, JO, MIRA, type Rig, scale, startRig, web } from '../../tasks/rig.ts'
import { refuse } from '../wire.ts'

let rig: Rig
afterEach(() => rig.stop())

describe('one decision, at most one execution', () => {
  beforeEach(async () => {
    rig = await startRig()
  })

  it('of 100 concurrent deliveries of one click, and 10 of its job', async () => {
    const approval = await rig.plan(scale(5))
    const click = rig.decision(approval, MIRA)
    await Promise.all(Array.from({ length: 100 }, () => rig.run(click)))
    const [job] = rig.take('execute')
    await Promise.all(Array.from({ length: 10 }, async () => job && rig.run(job)))
    expect(rig.writes).toHaveLength(1)
    expect((await rig.read(approval)).decisions).toHaveLength(1)
  })

  it('of a job that is replayed once its plan has run', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    const [job] = rig.take('execute')
    for (let delivery = 0; delivery < 3; delivery++) if (job) await rig.run(job)
    expect(rig.writes).toHaveLength(1)
    expect((await rig.read(approval)).state).toBe('done')
  })
})

describe('a plan of several actions', () => {
  const actions = [scale(5), { verb: 'delete' as const, target: catalog }]
  beforeEach(async () => {
    rig = await startRig()
  })

  it('runs them in order, and its way back undoes them in the opposite one', async () => {
    const approval = await rig.plan(scale(5), { actions })
    await rig.approve(approval, JO, { typedName: 'catalog' })
    await rig.execute()
    expect(rig.writes.map((one) => one.split(' ')[0])).toEqual(['PATCH', 'DELETE'])
    expect(await rig.read(approval)).toMatchObject({ state: 'done', outcome: 'All 2 steps done.' })
    expect(undoOf(approval.plan)?.map(({ verb }) => verb)).toEqual(['create', 'scale'])
  })

  it('stops at the first step that fails, and says what is in effect', async () => {
    const approval = await rig.plan(scale(5), { actions })
    rig.bend(({ method, dryRun }, answer, pass) =>
      !dryRun && method === 'DELETE' ? refuse(answer, 403, 'not now') : pass(),
    )
    await rig.approve(approval, JO, { typedName: 'catalog' })
    await rig.execute()
    expect((await rig.read(approval)).outcome).toMatch(/^Step 2 .*not now \(403\)\. 1 of 2 steps were done before/)
    expect(rig.replicas()).toBe(5)
  })
})

it.each([404, 409])(
  'a deletion that is answered with %i has not been done: only an eviction takes that for "already gone"',
  async (code) => {
    rig = await startRig()
    const approval = await rig.plan({ verb: 'delete', target: catalog })
    rig.bend(({ dryRun }, answer, pass) => (dryRun ? pass() : refuse(answer, code, 'not this one')))
    await rig.approve(approval, JO, { typedName: 'catalog' })
    await rig.execute()
    expect(await rig.read(approval)).toMatchObject({
      state: 'failed',
      outcome: expect.stringMatching(/not this one.*Nothing was changed/),
    })
  },
)

it('what has run counts for the budget of whoever asked for it', async () => {
  rig = await startRig({ policy: { budgets: { perPerson: 1 } } })
  await rig.approve(await rig.plan(scale(5)))
  await rig.execute()
  await expect(rig.plan(scale(6))).rejects.toThrow('nothing was opened')
  expect((await rig.audited('refused')).at(-1)?.data.sentence).toMatch(/budget of 1 changes per person/)
})

it('what was deleted is done, not healthy', async () => {
  rig = await startRig()
  const target = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'old' }
  rig.harbor.world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old', namespace: 'shop' } })
  const approval = await rig.plan({ verb: 'delete', target })
  await rig.approve(approval, JO, { typedName: 'old' })
  await rig.execute()
  for (const task of rig.take('verify')) await rig.run(task)
  expect((await rig.read(approval)).verified?.words).toMatch(/^Done after \d+ s: ConfigMap shop\/old is gone/)
})

describe('the deadline', () => {
  const both = [scale(5), { verb: 'label' as const, target: web, set: { team: 'x' } }]
  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
  beforeEach(async () => {
    rig = await startRig({ env: { APPROVAL_TTL: '60s' } })
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['lets a plan go on that has begun before it', false, 'done', 2],
    ['ends an approved plan that has sent nothing yet', true, 'failed', 0],
  ])('%s', async (_, late, state, writes) => {
    const approval = await rig.plan(scale(5), { actions: both })
    pass(55)
    await rig.approve(approval)
    let passed = false
    rig.bend(({ dryRun }, _answer, go) => {
      if (dryRun === late && !passed) {
        passed = true
        pass(8)
      }
      go()
    })
    await rig.execute()
    expect(await rig.read(approval)).toMatchObject({ state })
    expect(rig.writes).toHaveLength(writes)
    if (late) expect((await rig.read(approval)).outcome).toMatch(/deadline has passed\. Nothing was changed/)
  })
})
