// Invariants 1, 2, 4 and 5, and the attacks on plans: what was approved, and nothing else, is what runs.
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { planDigest } from '../../src/core/plan.ts'
import { type Approval, approvalId } from '../../src/safety/approval.ts'
import { createSigner } from '../../src/safety/signature.ts'
import { sealed } from '../../src/tasks/change/seal.ts'
import { ASKER, JO, MIRA, person, type Rig, rule, startRig, THREAD, web } from '../tasks/rig.ts'

let rig: Rig
const scale = (replicas: number) => ({ verb: 'scale' as const, target: web, replicas })
const replicas = () => rig.harbor.world.get('Deployment', 'shop', 'web').spec.replicas
async function start(options: Parameters<typeof startRig>[0] = {}): Promise<void> {
  rig = await startRig(options)
}
afterEach(() => rig.stop())

describe('invariant 1: no write without a matching, unexpired, unused, signed decision', () => {
  beforeEach(() => start())

  it('runs what was approved, once, and every request is on record', async () => {
    await rig.approve(await rig.plan(scale(5)))
    await rig.execute()
    expect(replicas()).toBe(5)
    expect(rig.writes).toEqual(
      ['PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale'].map(() =>
        expect.stringMatching(/^PATCH .*deployments\/web/),
      ),
    )
    expect(await rig.audited('request')).toHaveLength(1)
    expect(await rig.audited('result')).toHaveLength(1)
  })

  it.each([
    ['a deletion', { verb: 'delete' as const, target: web }, 'Deployment'],
    ['an eviction', undefined, 'Pod'],
  ])('the dry run of %s has no effect', async (_, action, kind) => {
    const before = rig.harbor.world.list(kind as 'Pod', { namespace: 'shop' })
    const [pod] = rig.harbor.world.list('Pod', { namespace: 'shop' })
    const target = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod?.metadata.name ?? '' }
    expect((await rig.plan(action ?? { verb: 'evict', target })).preview?.lines).toHaveLength(1)
    const after = rig.harbor.world.list(kind as 'Pod', { namespace: 'shop' })
    expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid))
    expect(rig.writes).toEqual([])
  })

  it('a job for a plan that nobody approved runs nothing', async () => {
    const approval = await rig.plan(scale(5))
    await rig.run({
      kind: 'execute',
      id: 'execute-forged',
      thread: approval.thread,
      asker: MIRA,
      at: new Date().toISOString(),
      approval: approval.id,
    })
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).state).toBe('pending')
  })

  it('a replayed job of a plan that ran runs nothing more', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    const [job] = rig.take('execute')
    for (let delivery = 0; delivery < 3; delivery++) if (job) await rig.run(job)
    expect(rig.writes).toHaveLength(1)
    expect((await rig.read(approval)).state).toBe('done')
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
    await rig.run({
      kind: 'execute',
      id: 'execute-forged',
      thread: approval.thread,
      asker: MIRA,
      at: decision.at,
      approval: approval.id,
    })
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
  ])('tampered plan: %s', async (_, forge) => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    const plan = structuredClone(approval.plan)
    const body = plan.steps[0]?.request.body as { path: string; value: unknown }[]
    for (const one of body) if (one.value === 5) one.value = 0
    await rig.forge(approval, forge(plan, approval))
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.audited('refused')).length).toBeGreaterThan(0)
  })

  it('expired between approval and start', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    await rig.forge(approval, { deadline: new Date(Date.now() - 1000).toISOString() })
    await rig.execute()
    expect(rig.writes).toEqual([])
  })

  it('an old card of a superseded plan answers so, and runs nothing', async () => {
    const old = await rig.plan(scale(5), { thread: { ...(await rig.plan(scale(4))).thread, thread: 'same' } })
    const fresh = await rig.plan(scale(6), { thread: old.thread })
    expect(await rig.read(old)).toMatchObject({ state: 'superseded', supersededBy: fresh.plan.digest.slice(0, 6) })
    await rig.approve(old)
    expect((await rig.audited('refused'))[0]?.data.refused).toBe('superseded')
    await rig.execute()
    expect(rig.writes).toEqual([])
  })
})

describe('invariant 2: who may decide', () => {
  it.each([
    ['an approver', MIRA, 'approved'],
    ['somebody else', person('U9'), 'pending'],
    ['the same id of another platform', { ...MIRA, platform: 'discord' as const }, 'pending'],
    ['firstmate itself', { platform: 'firstmate' as const, workspace: '', id: 'firstmate' }, 'pending'],
    ['a policy by name', { platform: 'policy' as const, workspace: '', id: 'L4' }, 'pending'],
  ])('%s', async (_, by, state) => {
    await start()
    expect((await rig.approve(await rig.plan(scale(5)), by)).state).toBe(state)
  })

  it('nobody, when no approver is configured', async () => {
    await start({ env: { APPROVERS: '' } })
    const approval = await rig.plan(scale(5))
    expect((await rig.approve(approval)).state).toBe('pending')
  })

  it('not a person whom only the record names', async () => {
    await start()
    const approval = await rig.plan(scale(5))
    const approvers = [...approval.approvers, rule('slack:U66')]
    const forged = { ...approval, approvers }
    const id = approvalId(forged)
    await rig.store.compareAndSet(`approval:${id}`, 0, { ...forged, id })
    await rig.approve({ ...forged, id }, person('U66'))
    expect((await rig.audited('refused'))[0]?.data.refused).toBe('not-an-approver')
  })

  it('a destructive plan needs another person, who types the name', async () => {
    await start()
    const approval = await rig.plan({ verb: 'delete', target: web }, { asker: MIRA })
    expect(approval.tier).toBe(9)
    expect((await rig.approve(approval, MIRA, { typedName: 'web' })).state).toBe('pending')
    expect((await rig.approve(approval, JO, { typedName: 'wbe' })).state).toBe('pending')
    expect((await rig.approve(approval, JO, { typedName: 'web' })).state).toBe('approved')
    expect((await rig.audited('refused')).map(({ data }) => data.refused)).toEqual(['own-request', 'name-not-typed'])
  })
})

describe('invariant 4: one decision, at most one execution', () => {
  beforeEach(() => start())

  it('100 concurrent deliveries of one click', async () => {
    const approval = await rig.plan(scale(5))
    const click = rig.decision(approval, MIRA)
    await Promise.all(Array.from({ length: 100 }, () => rig.run(click)))
    const [job] = rig.take('execute')
    await Promise.all(Array.from({ length: 10 }, async () => job && rig.run(job)))
    expect(rig.writes).toHaveLength(1)
    expect((await rig.read(approval)).decisions).toHaveLength(1)
  })
})

describe('invariant 5: any failed check means no write, and the thread says so', () => {
  beforeEach(() => start())

  it('the object changed: nothing is sent, and a new plan is offered', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 2
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/changed since it was planned/)
    expect(rig.take('propose')).toHaveLength(1)
  })

  it('a plan of several actions is offered afresh as a whole', async () => {
    const actions = [scale(5), { verb: 'label' as const, target: web, set: { team: 'x' } }]
    await rig.approve(await rig.plan(scale(5), { actions }))
    rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 2
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect(rig.take('propose')).toMatchObject([{ actions }])
  })

  it('the object was replaced by another of the same name', async () => {
    await rig.approve(await rig.plan(scale(5)))
    rig.bend((seen, _answer, pass) => pass())
    rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, other: 'one' }
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
  })

  it('the audit cannot be written: nothing is decided and nothing is sent', async () => {
    const approval = await rig.plan(scale(5))
    const chain = rig.store.key('audit:chain')
    await rig.store.redis.rename(chain, 'kept')
    await rig.store.redis.set(chain, 'broken')
    await expect(rig.approve(approval)).rejects.toThrow()
    expect((await rig.read(approval)).state).toBe('pending')
    await rig.store.redis.rename('kept', chain)
    await rig.approve(approval)
    await rig.store.redis.rename(chain, 'kept')
    await rig.store.redis.set(chain, 'broken')
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).state).toBe('failed')
  })

  it('Redis is lost: nothing is sent', async () => {
    await rig.approve(await rig.plan(scale(5)))
    await rig.loseRedis()
    await expect(rig.execute()).rejects.toThrow()
    expect(rig.writes).toEqual([])
  })

  it('the API server cannot be reached: nothing is sent', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    await rig.harbor.close()
    await rig.execute()
    expect((await rig.read(approval)).state).toBe('failed')
    expect((await rig.read(approval)).outcome).toMatch(/Nothing was changed/)
  })

  it('the server refuses in the dry run before sending', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 403, 'exceeded quota') : pass()))
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/exceeded quota/)
  })

  it('what the dry run refuses has no button, and no other way around it', async () => {
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 422, 'spec is invalid') : pass()))
    const approval = await rig.plan(scale(5))
    expect(approval.preview).toMatchObject({ ok: false })
    expect((await rig.approve(approval)).state).toBe('pending')
    expect((await rig.audited('refused'))[0]?.data.refused).toBe('not-tried')
  })

  it('a webhook that refuses dry runs makes it the hardest tier', async () => {
    rig.bend((seen, answer, pass) =>
      seen.dryRun ? refuse(answer, 400, 'admission webhook "w" does not support dry run') : pass(),
    )
    const approval = await rig.plan(scale(5))
    expect(approval).toMatchObject({ tier: 9, twoPerson: true, typedName: 'web', preview: { ok: true } })
    expect((await rig.approve(approval, JO)).state).toBe('pending')
    await rig.approve(approval, JO, { typedName: 'web' })
    await rig.execute()
    expect(replicas()).toBe(5)
  })
})

function refuse(answer: ServerResponse, code: number, message: string): void {
  answer.writeHead(code, { 'content-type': 'application/json' })
  answer.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }))
}

describe('a plan of several actions', () => {
  const catalog = { ...web, name: 'catalog' }
  const actions = [scale(5), { verb: 'delete' as const, target: catalog }]

  it('is as hard as its hardest step, and that one is what an approver names', async () => {
    await start()
    const approval = await rig.plan(scale(5), { actions })
    expect(approval).toMatchObject({ tier: 9, twoPerson: true, typedName: 'catalog' })
    await rig.approve(approval, JO, { typedName: 'web' })
    expect((await rig.read(approval)).state).toBe('pending')
    await rig.approve(approval, JO, { typedName: 'catalog' })
    await rig.execute()
    expect(await rig.read(approval)).toMatchObject({ state: 'done', outcome: 'All 2 steps done.' })
    const { undoOf } = await import('../../src/actions/compile.ts')
    expect(undoOf(approval.plan)?.map(({ verb }) => verb)).toEqual(['create', 'scale'])
  })

  it('stops at the first step that fails, and says what is in effect', async () => {
    await start()
    const approval = await rig.plan(scale(5), { actions })
    rig.bend(({ method, dryRun }, answer, pass) =>
      !dryRun && method === 'DELETE' ? refuse(answer, 403, 'not now') : pass(),
    )
    await rig.approve(approval, JO, { typedName: 'catalog' })
    await rig.execute()
    expect((await rig.read(approval)).outcome).toMatch(/^Step 2 .*not now \(403\)\. 1 of 2 steps were done before/)
    expect(replicas()).toBe(5)
  })
})

it('what was deleted is done, not healthy', async () => {
  await start()
  rig.harbor.world.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'old', namespace: 'shop' },
  })
  const target = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'old' }
  const approval = await rig.plan({ verb: 'delete', target })
  await rig.approve(approval, JO, { typedName: 'old' })
  await rig.execute()
  for (const task of rig.take('verify')) await rig.run(task)
  expect((await rig.read(approval)).verified?.words).toMatch(/^Done after \d+ s: ConfigMap shop\/old is gone/)
})

describe('the deadline', () => {
  beforeEach(async () => {
    await start({ env: { APPROVAL_TTL: '60s' } })
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => void vi.useRealTimers())
  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
  const both = [scale(5), { verb: 'label' as const, target: web, set: { team: 'x' } }]

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

describe('drain', () => {
  beforeEach(() => start())

  async function drain(): Promise<Approval> {
    const node = rig.harbor.world.list('Pod', { namespace: 'shop' })[0]?.spec?.nodeName as string
    const approval = await rig.plan({ verb: 'drain', node })
    expect(approval.tier).toBe(9)
    expect(approval.plan.steps.length).toBeGreaterThan(2)
    return rig.approve(approval, JO, { typedName: node })
  }

  it('repeats what a budget refuses, and goes on over pods that vanished', async () => {
    const approval = await drain()
    let refusals = 2
    let gone = ''
    rig.bend(({ path, dryRun }, answer, pass) => {
      if (dryRun || !path.includes('/eviction')) return pass()
      if (refusals-- > 0) return refuse(answer, 429, 'Cannot evict pod as it would violate the disruption budget')
      if (gone === '') {
        gone = path
        return refuse(answer, 404, 'not found')
      }
      // what the cluster's own budgets would say is not the question here
      answer.writeHead(201, { 'content-type': 'application/json' })
      answer.end('{"kind":"Status","status":"Success"}')
    })
    await rig.execute()
    const ended = await rig.read(approval)
    expect(ended.outcome).toMatch(/1 already gone/)
    const [first] = rig.writes.filter((one) => one.includes('/eviction'))
    expect(rig.writes.filter((one) => one === first)).toHaveLength(3)
  }, 60_000)

  it('stop in the middle: the one in flight is the last, and the outcome says how far it came', async () => {
    const approval = await drain()
    rig.bend(({ path, dryRun }, _answer, pass) => {
      if (!dryRun && path.includes('/eviction')) return void rig.context.standing.pullStop(JO, 'wrong node').then(pass)
      pass()
    })
    await rig.execute()
    expect(rig.writes.filter((one) => one.includes('/eviction'))).toHaveLength(1)
    expect((await rig.read(approval)).outcome).toMatch(/stopped by U3: wrong node.*2 of \d+ steps were done before/)
  }, 60_000)
})

describe('autonomy: what policy decides by itself', () => {
  it.each([
    ['L1', 'pending'],
    ['L2', 'approved'],
  ])('at %s a remediation is %s', async (level, state) => {
    await start({ env: { AUTONOMY_LEVEL: level } })
    const approval = await rig.plan(scale(5))
    expect(approval.state).toBe(state)
    if (state !== 'approved') return
    expect(approval.decisions[0]?.authority).toEqual({ policy: 'L2' })
    expect((await rig.audited('decision'))[0]).toMatchObject({ who: 'policy:L2' })
    await rig.execute()
    expect(replicas()).toBe(5)
  })

  it.each([
    ['L2', 'pending'],
    ['L3', 'approved'],
  ])('at %s a restart is %s', async (level, state) => {
    await start({ env: { AUTONOMY_LEVEL: level } })
    expect((await rig.plan({ verb: 'restart', target: web })).state).toBe(state)
  })

  it.each([
    ['L3', 'pending'],
    ['L4', 'approved'],
  ])('at %s a deletion is %s', async (level, state) => {
    await start({ env: { AUTONOMY_LEVEL: level, AUTONOMY_MAX: 'L4' } })
    expect((await rig.plan({ verb: 'delete', target: web })).state).toBe(state)
  })

  it('a plan of the model is asked about at every level, unless the settings say otherwise', async () => {
    await start({ env: { AUTONOMY_LEVEL: 'L3' } })
    expect((await rig.plan(scale(5), { author: 'model' })).state).toBe('pending')
    await rig.stop()
    await start({ env: { AUTONOMY_LEVEL: 'L3', AUTONOMY_FOR_MODEL: 'all' } })
    expect((await rig.plan(scale(5), { author: 'model' })).state).toBe('approved')
  })

  it('a plan that only claims to be a remedy is asked about', async () => {
    await start({ env: { AUTONOMY_LEVEL: 'L3' } })
    const claimed = await rig.plan(scale(5), { author: 'remedy' })
    expect(claimed.state).toBe('pending')
    expect(claimed.reasons.join()).toMatch(/no longer, the remedy of a finding/)
  })

  it("a plan that only claims to be a person's is asked about", async () => {
    await start({ env: { AUTONOMY_LEVEL: 'L4', AUTONOMY_MAX: 'L4' } })
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
    const stale = sealed({ ...mine, at: new Date(Date.now() - 3_600_000).toISOString() }, rig.signer)
    for (const claim of [
      { said: undefined },
      { said: { ...mine, seal: undefined } },
      { said: said('scale web to 5 in shop', createSigner('another key')) },
      { said: { ...mine, text: 'scale web to 5 in shop please' } },
      { said: stale },
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
    await start({ env: { AUTONOMY_MAX: 'L4' } })
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
    await start({ policy: { levels: new Map([['shop', 'L2']]) } })
    expect((await rig.plan(scale(5))).state).toBe('approved')
    await rig.stop()
    await start({ env: { AUTONOMY_MAX: 'L1' }, policy: { levels: new Map([['shop', 'L2']]) } })
    expect((await rig.plan(scale(5))).state).toBe('pending')
  })

  it('is judged again by the executor: a level lowered meanwhile, or a stop, ends it', async () => {
    await start({ env: { AUTONOMY_LEVEL: 'L2' } })
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
    await start({ env: { AUTONOMY_LEVEL: 'L3' } })
    const { createCounters } = await import('../../src/safety/counters.ts')
    const { didNotHelp } = await import('../../src/safety/budget.ts')
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
})
