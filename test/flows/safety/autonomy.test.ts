// What policy decides by itself: at its level, for a person's own words or a finding's own remedy, and judged again before it runs.
import { afterEach, expect, it } from 'vitest'
import { planDigest } from '../../../src/core/plan.ts'
import { type Approval, approvalId } from '../../../src/safety/approval.ts'
import { didNotHelp } from '../../../src/safety/budget.ts'
import { createCounters } from '../../../src/safety/counters.ts'
import { createSigner } from '../../../src/safety/signature.ts'
import { sealed } from '../../../src/tasks/change/seal.ts'
import { ASKER, JO, MIRA, type Rig, scale, startRig, THREAD, web } from '../../tasks/rig.ts'

let rig: Rig
afterEach(() => rig.stop())

it.each([
  ['L1', 'pending'],
  ['L2', 'approved'],
])('at %s a remediation is %s', async (level, state) => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: level } })
  const approval = await rig.plan(scale(5))
  expect(approval.state).toBe(state)
  if (state !== 'approved') return
  expect(approval.decisions[0]?.authority).toEqual({ policy: 'L2' })
  expect((await rig.audited('decision'))[0]).toMatchObject({ who: 'policy:L2' })
  await rig.execute()
  expect(rig.replicas()).toBe(5)
})

it.each([
  ['L2', 'pending'],
  ['L3', 'approved'],
])('at %s a restart is %s', async (level, state) => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: level } })
  expect((await rig.plan({ verb: 'restart', target: web })).state).toBe(state)
})

it.each([
  ['L3', 'pending'],
  ['L4', 'approved'],
])('at %s a deletion is %s', async (level, state) => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: level, AUTONOMY_MAX: 'L4' } })
  expect((await rig.plan({ verb: 'delete', target: web })).state).toBe(state)
})

it('a plan of the model is asked about at every level, unless the settings say otherwise', async () => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L3' } })
  expect((await rig.plan(scale(5), { author: 'model' })).state).toBe('pending')
  await rig.stop()
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L3', AUTONOMY_FOR_MODEL: 'all' } })
  expect((await rig.plan(scale(5), { author: 'model' })).state).toBe('approved')
})

it('a plan that only claims to be a remedy is asked about', async () => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L3' } })
  const claimed = await rig.plan(scale(5), { author: 'remedy' })
  expect(claimed.state).toBe('pending')
  expect(claimed.reasons.join()).toMatch(/no longer, the remedy of a finding/)
})

it("a plan that only claims to be a person's is asked about", async () => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L4', AUTONOMY_MAX: 'L4' } })
  const said = (words: string, seal = rig.signer) =>
    sealed(
      {
        kind: 'answer' as const,
        id: `answer-${words.length}`,
        thread: THREAD,
        asker: ASKER,
        at: new Date().toISOString(),
        text: words,
      },
      seal,
    )
  const mine = said('scale web to 5 in shop')
  const at = (ms: number) => sealed({ ...mine, at: new Date(Date.now() + ms).toISOString() }, rig.signer)
  for (const claim of [
    { said: undefined },
    { said: { ...mine, seal: undefined } },
    { said: said('scale web to 5 in shop', createSigner('another key')) },
    { said: { ...mine, text: 'scale web to 5 in shop please' } },
    { said: at(-3_600_000) },
    { said: at(3_600_000) },
    { said: said('scale web to 6 in shop') },
    { said: said('scale catalog to 5 in shop') },
    { said: said('what is wrong with web in shop?') },
    { said: mine, asker: MIRA },
    { said: mine, thread: { ...THREAD, channel: 'C2' } },
    { said: mine, actions: [scale(5), { verb: 'delete' as const, target: web }] },
  ]) {
    const approval = await rig.plan(scale(5), { thread: THREAD, ...claim })
    expect([approval.state, approval.reasons.join()]).toEqual(['pending', expect.any(String)])
  }
  expect((await rig.plan(scale(5), { thread: THREAD, said: mine })).state).toBe('approved')
})

it('a record whose requests are not what its action says is asked about', async () => {
  rig = await startRig({ env: { AUTONOMY_MAX: 'L4' } })
  const honest = await rig.plan(scale(5))
  const other = await rig.plan({ verb: 'delete', target: web })
  await rig.context.standing.setLevel('L4', JO)
  rig.take('execute')
  const bare = { ...honest.plan, steps: other.plan.steps, preconditions: other.plan.preconditions }
  const draft = { ...honest, plan: { ...bare, digest: planDigest(bare) } }
  const { preview: _preview, ...forged } = { ...draft, id: approvalId(draft) }
  await rig.store.compareAndSet(`approval:${forged.id}`, 0, forged)
  await rig.run({
    ...honest,
    kind: 'preview',
    id: 'preview-forged',
    asker: ASKER,
    at: honest.created,
    approval: forged.id,
  })
  expect(rig.take('execute')).toEqual([])
  expect((await rig.read(forged as Approval)).decisions).toEqual([])
})

it('a namespace has its own level, and AUTONOMY_MAX caps it', async () => {
  rig = await startRig({ policy: { levels: new Map([['shop', 'L2']]) } })
  expect((await rig.plan(scale(5))).state).toBe('approved')
  await rig.stop()
  rig = await startRig({ env: { AUTONOMY_MAX: 'L1' }, policy: { levels: new Map([['shop', 'L2']]) } })
  expect((await rig.plan(scale(5))).state).toBe('pending')
})

it('is judged again by the executor: a level lowered meanwhile, or a stop, ends it', async () => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L2' } })
  const lowered = await rig.plan(scale(5))
  await rig.context.standing.setLevel('L1', JO)
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(lowered)).outcome).toMatch(/must be asked about afresh/)
  await rig.context.standing.setLevel('L2', JO)
  const stopped = await rig.plan(scale(6))
  await rig.context.standing.pullStop(JO, 'drill')
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(stopped)).outcome).toMatch(/stopped by U3: drill/)
})

it('the third attempt of a fix that did not help is refused', async () => {
  rig = await startRig({ env: { AUTONOMY_LEVEL: 'L3' } })
  const restart = { verb: 'restart' as const, target: web }
  const first = await rig.plan(restart)
  expect(first.state).toBe('approved')
  for (let attempt = 0; attempt < 2; attempt++) await didNotHelp(createCounters(rig.store), first.plan)
  await rig.execute()
  expect(rig.writes).toEqual([])
  expect((await rig.read(first)).outcome).toMatch(/tried 2 times in the last day and did not help/)
  await rig.run({
    kind: 'propose',
    id: 'propose-third',
    thread: first.thread,
    asker: ASKER,
    at: new Date().toISOString(),
    cluster: 'prod',
    actions: [restart],
    author: 'person',
    reason: '',
  })
  expect((await rig.audited('refused')).at(-1)?.data.sentence).toMatch(/did not help/)
})
