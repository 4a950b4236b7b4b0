// The gate over whole plans: their tier, what is denied at every level, what is not bound to its card, and what a level allows.
import { describe, expect, it } from 'vitest'
import type { Action } from '../../src/core/action.ts'
import type { Level, Plan, Request } from '../../src/core/plan.ts'
import { judgePlan } from '../../src/safety/gate.ts'
import { parsePolicy } from '../../src/safety/rules.ts'
import { at, plan, redigest, state, target } from './plans.ts'
import { loadWorld } from './world.ts'

type Operation = { op: string; path: string; value?: unknown }

describe('the tier of a plan', () => {
  it.each<[string, Action, number]>([
    ['scale', { verb: 'scale', target: target('checkout'), replicas: 4 }, 5],
    ['scale to zero', { verb: 'scale', target: target('checkout'), replicas: 0 }, 9],
    ['quarantine', { verb: 'quarantine', target: target('cart'), reason: 'crash loop' }, 6],
    ['quarantine of something ready', { verb: 'quarantine', target: target('checkout'), reason: 'why not' }, 9],
    ['restart', { verb: 'restart', target: target('checkout') }, 7],
    ['cordon', { verb: 'cordon', node: 'worker-b' }, 7],
    ['drain', { verb: 'drain', node: 'worker-b' }, 9],
    ['taint', { verb: 'taint', node: 'worker-b', key: 'a', effect: 'NoSchedule', remove: false }, 9],
    ['create a Job', { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name: 'again' }, 5],
    ['delete a namespace', { verb: 'delete-namespace', name: 'staging' }, 9],
  ])('%s', async (_name, action, tier) =>
    expect(judgePlan(await plan(action), state())).toMatchObject({ verdict: 'ask', tier }),
  )

  it('draining a node that is cordoned already is still a drain', async () => {
    const cordoned = loadWorld((objects) => {
      const node = objects.find(({ metadata }) => metadata.name === 'worker-b')
      if (node) node.spec = { ...node.spec, unschedulable: true }
    })
    expect(judgePlan(await plan({ verb: 'drain', node: 'worker-b' }, cordoned), state({ world: cordoned })).tier).toBe(
      9,
    )
  })

  it('the eviction of the only pod of a node that the plan cordons is a drain too', async () => {
    const drain = await plan({ verb: 'drain', node: 'worker-b' })
    const [cordon, eviction] = drain.steps
    const tierOf = (steps: Plan['steps']) => judgePlan(redigest({ ...drain, steps }), state()).tier
    expect(cordon && eviction && [tierOf([cordon, eviction]), tierOf([eviction]), tierOf([cordon])]).toEqual([9, 7, 7])
  })

  it('without state it is the worse one', async () => {
    const made = await plan({ verb: 'quarantine', target: target('cart'), reason: 'x' })
    const { world: _world, ...blind } = state()
    expect(judgePlan(made, blind).tier).toBe(9)
  })

  it('a webhook that refuses dry runs makes it destructive', async () => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    expect(judgePlan(made, state({ dryRunRefused: true }))).toMatchObject({ verdict: 'ask', tier: 9 })
  })
})

describe('hard denials hold at every level', () => {
  it.each(['L0', 'L1', 'L2', 'L3', 'L4'] as const)('%s: a protected namespace', async (level) => {
    const made = await plan({ verb: 'scale', target: target('coredns', 'kube-system'), replicas: 3 })
    expect(judgePlan(made, state(at(level)))).toMatchObject({ verdict: 'deny', risk: 'CRITICAL' })
  })
  it('a node is not deleted', async () => {
    const made = await plan({ verb: 'delete', target: { kind: 'Node', name: 'worker-a' } })
    expect(judgePlan(made, state(at('L4'))).verdict).toBe('deny')
  })
  it('the stop names who and why', async () => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    const judged = judgePlan(made, state({ ...at('L4'), stop: { by: 'slack:U9', reason: 'incident 12' } }))
    expect(judged).toMatchObject({ verdict: 'deny', reasons: ['everything is stopped by slack:U9: incident 12'] })
  })
})

describe('a request that is not bound to what the card shows is denied', () => {
  const withRequest = (made: Plan, change: (request: Request) => Partial<Request>) =>
    redigest({
      ...made,
      steps: made.steps.map((step) => ({ ...step, request: { ...step.request, ...change(step.request) } })),
    })
  const withPath = (made: Plan, from: string, to: string) =>
    withRequest(made, ({ path }) => ({ path: path.replace(from, to) }))
  const withBody = (made: Plan, change: (operations: Operation[]) => Operation[]) =>
    withRequest(made, ({ body }) => ({ body: change(body as Operation[]) }))
  const cases: [string, (made: Plan) => Plan][] = [
    ['another digest', (made) => ({ ...made, digest: 'f'.repeat(64) })],
    ['other bytes under the old digest', (made) => ({ ...made, executionSeconds: 9999 })],
    ['no uid test', (made) => withBody(made, (operations) => operations.slice(1))],
    ['the uid test at the end', (made) => withBody(made, (operations) => operations.toReversed())],
    [
      'the uid test behind the change',
      (made) =>
        withBody(made, (operations) =>
          operations.toSorted((a, b) => Number(a.op === 'test') - Number(b.op === 'test')),
        ),
    ],
    [
      'a merge patch',
      (made) =>
        withRequest(made, () => ({
          contentType: 'application/merge-patch+json',
          body: { spec: { replicas: 4 } },
        })),
    ],
    [
      'another object in the words',
      (made) =>
        redigest({ ...made, steps: made.steps.map((step) => ({ ...step, object: { ...step.object, name: 'cart' } })) }),
    ],
    ['another namespace in the path', (made) => withPath(made, 'shop', 'payments')],
    ['another kind in the path', (made) => withPath(made, 'deployments', 'statefulsets')],
    ['a dot segment', (made) => withPath(made, 'shop', 'kube-system/../shop')],
  ]
  it.each(cases)('%s', async (_name, change) => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    expect(judgePlan(made, state(at('L4'))).verdict).toBe('allow')
    expect(judgePlan(change(made), state(at('L4'))).verdict).toBe('deny')
  })
  it('a delete without its uid', async () => {
    const made = await plan({ verb: 'delete', target: target('cart') })
    const [step] = made.steps
    const loose = redigest({ ...made, steps: step ? [{ ...step, request: { ...step.request, body: {} } }] : [] })
    expect(judgePlan(loose, state(at('L4')))).toMatchObject({
      verdict: 'deny',
      reasons: [expect.stringContaining('uid')],
    })
  })
})

describe('autonomy', () => {
  it('at L2 a proved remedy runs, the model is asked about unless it is trusted', async () => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    expect(judgePlan(made, state({ ...at('L2'), author: 'remedy', isCurrentRemedy: true })).verdict).toBe('allow')
    expect(judgePlan(made, state({ ...at('L2'), author: 'remedy' }))).toMatchObject({
      verdict: 'ask',
      reasons: expect.arrayContaining([expect.stringMatching(/no longer, the remedy of a finding/)]),
    })
    // the proof is worth nothing to anybody else
    expect(judgePlan(made, state({ ...at('L2'), author: 'model', isCurrentRemedy: true })).verdict).toBe('ask')
    expect(judgePlan(made, state({ ...at('L2'), author: 'person' })).verdict).toBe('allow')
    expect(judgePlan(made, state({ ...at('L2'), author: 'model' })).verdict).toBe('ask')
    expect(judgePlan(made, state({ ...at('L2'), author: 'model', forModel: 'all' })).verdict).toBe('allow')
  })
  it("the namespace's own level counts, from the file or from chat", async () => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    const policy = parsePolicy('levels:\n  shop: L0\n', 'p.yaml')
    expect(judgePlan(made, state({ ...at('L4'), policy })).verdict).toBe('deny')
    const autonomy = { level: 'L4', max: 'L4', namespaces: new Map<string, Level>([['shop', 'L1']]) } as const
    expect(judgePlan(made, state({ autonomy, policy })).verdict).toBe('ask')
  })
  it('deleting a namespace counts for its own level', async () => {
    const autonomy = { level: 'L4', max: 'L4', namespaces: new Map<string, Level>([['staging', 'L0']]) } as const
    expect(judgePlan(await plan({ verb: 'delete-namespace', name: 'staging' }), state({ autonomy })).verdict).toBe(
      'deny',
    )
  })
})
