import { describe, expect, it } from 'vitest'
import { compilePlan, planOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import { type Level, type Plan, planDigest } from '../../src/core/plan.ts'
import { type Counters, didNotHelp, fixKey, overBudget, readSpent, spend } from '../../src/safety/budget.ts'
import { type GateState, judgePlan } from '../../src/safety/gate.ts'
import { parsePolicy } from '../../src/safety/rules.ts'
import { loadWorld } from './world.ts'

const world = loadWorld()
const target = (name: string, namespace = 'shop', kind = 'Deployment') => ({ kind, namespace, name })
const plan = (action: Action, lookup = world) =>
  compilePlan(action, 'test', lookup, { now: new Date('2026-11-21T00:00:00Z') })

function state(more: Partial<GateState> = {}): GateState {
  return {
    world,
    autonomy: { level: 'L1', max: 'L4', namespaces: new Map() },
    author: 'person',
    asker: 'slack:U1',
    now: new Date('2026-11-21T00:00:00Z'),
    ...more,
  }
}
const at = (level: Level): Partial<GateState> => ({ autonomy: { level, max: 'L4', namespaces: new Map() } })

function redigest(changed: Plan): Plan {
  return { ...changed, digest: planDigest(changed) }
}

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
  const cases: [string, (made: Plan) => Plan][] = [
    ['another digest', (made) => ({ ...made, digest: 'f'.repeat(64) })],
    ['other bytes under the old digest', (made) => ({ ...made, executionSeconds: 9999 })],
    [
      'no uid test',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, body: (step.request.body as object[]).slice(1) },
          })),
        }),
    ],
    [
      'the uid test at the end',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, body: [...(step.request.body as object[])].reverse() },
          })),
        }),
    ],
    [
      'a merge patch',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, contentType: 'application/merge-patch+json', body: { spec: { replicas: 4 } } },
          })),
        }),
    ],
    [
      'another object in the words',
      (made) =>
        redigest({ ...made, steps: made.steps.map((step) => ({ ...step, object: { ...step.object, name: 'cart' } })) }),
    ],
    [
      'another namespace in the path',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, path: step.request.path.replace('shop', 'payments') },
          })),
        }),
    ],
    [
      'another kind in the path',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, path: step.request.path.replace('deployments', 'statefulsets') },
          })),
        }),
    ],
    [
      'a dot segment',
      (made) =>
        redigest({
          ...made,
          steps: made.steps.map((step) => ({
            ...step,
            request: { ...step.request, path: step.request.path.replace('shop', 'kube-system/../shop') },
          })),
        }),
    ],
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

describe('rules', () => {
  const judged = async (rule: string, action: Action, more: Partial<GateState> = at('L4')) =>
    judgePlan(await plan(action), state({ ...more, policy: parsePolicy(`rules:\n${rule}`, 'p.yaml') }))
  const scale = (replicas: number): Action => ({ verb: 'scale', target: target('checkout'), replicas })

  it('max-replicas', async () => {
    const rule = '  - {name: small, rule: max-replicas, max: 10}\n'
    expect((await judged(rule, scale(10))).verdict).toBe('allow')
    expect(await judged(rule, scale(11))).toMatchObject({
      verdict: 'deny',
      reasons: [expect.stringContaining('rule "small"')],
    })
    expect((await judged(rule, { verb: 'create-hpa', target: target('checkout'), min: 1, max: 50 })).verdict).toBe(
      'deny',
    )
  })
  it('allowed-namespaces', async () => {
    const rule = '  - {name: ours, rule: allowed-namespaces, namespaces: [shop, "team-*"]}\n'
    expect((await judged(rule, scale(4))).verdict).toBe('allow')
    expect((await judged(rule, { verb: 'scale', target: target('ledger', 'payments'), replicas: 2 })).verdict).toBe(
      'deny',
    )
    expect((await judged(rule, { verb: 'cordon', node: 'worker-a' })).verdict).toBe('deny')
  })
  it.each(['nginx', 'nginx:latest', 'docker.io/library/nginx', 'docker.io/library/nginx:latest'])(
    'blocked-images: %s',
    async (image) => {
      const rule = '  - {name: no hub, rule: blocked-images, images: ["docker.io/*", "*:latest"]}\n'
      expect((await judged(rule, { verb: 'set-image', target: target('checkout'), image })).verdict).toBe('deny')
      expect(
        (await judged(rule, { verb: 'set-image', target: target('checkout'), image: 'registry.example.com/x:1' }))
          .verdict,
      ).toBe('allow')
    },
  )
  it('require-approval and its condition', async () => {
    const rule = '  - name: big\n    rule: require-approval\n    when: step.kind == "Deployment" && step.replicas > 4\n'
    expect((await judged(rule, scale(4))).verdict).toBe('allow')
    expect((await judged(rule, scale(5))).verdict).toBe('ask')
  })
  it('conditions see labels, fields, the plan, the asker and the time', async () => {
    const rule =
      '  - name: all\n    rule: deny\n    when: step.labels["app"] == "checkout" && "spec.replicas" in step.fields && plan.author == "person" && asker == "slack:U1" && now.getFullYear() == 2026 && step.does == "change" && plan.tier == 5\n'
    expect((await judged(rule, scale(4))).verdict).toBe('deny')
    expect((await judged(rule, { verb: 'restart', target: target('checkout') })).verdict).toBe('allow')
  })
  it('a condition that fails while it is evaluated counts as true', async () => {
    const rule = '  - name: broken\n    rule: deny\n    when: step.labels["nope"] == "x"\n'
    expect((await judged(rule, scale(4))).verdict).toBe('deny')
  })
  it('dry-run-only', async () => {
    expect((await judged('  - {name: look, rule: dry-run-only}\n', scale(4))).verdict).toBe('deny')
  })
  it('extra-approvers', async () => {
    const rule = '  - {name: dba, rule: extra-approvers, approvers: ["slack:U7"], needed: 2}\n'
    expect(await judged(rule, scale(4))).toMatchObject({
      verdict: 'ask',
      needed: 2,
      approvers: [{ platform: 'slack', kind: 'person', id: 'U7' }],
    })
  })
  it('no rule makes anything milder', async () => {
    const rule = '  - {name: a, rule: require-approval}\n'
    expect((await judged(rule, scale(4), at('L0'))).verdict).toBe('deny')
  })
})

describe('owners', () => {
  it.each([
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'storefront' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/checkout' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } }],
    [
      'an operator',
      { ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Shop', name: 'main', uid: 'u', controller: true }] },
    ],
  ])('%s: warned and asked', async (name, metadata) => {
    const owned = loadWorld((objects) => {
      const checkout = objects.find(({ kind, metadata: meta }) => kind === 'Deployment' && meta.name === 'checkout')
      if (checkout) Object.assign(checkout.metadata, metadata)
    })
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 }, owned)
    const judged = judgePlan(made, state({ ...at('L4'), world: owned }))
    expect(judged).toMatchObject({ verdict: 'ask', warnings: [expect.stringContaining(name)] })
  })
  it('a pod is not its template', async () => {
    const owned = loadWorld((objects) => {
      for (const object of objects)
        if (object.kind === 'Pod')
          object.metadata.labels = { ...object.metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' }
    })
    const made = await plan({ verb: 'delete-pod', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') }, owned)
    expect(judgePlan(made, state({ ...at('L4'), world: owned }))).toMatchObject({ verdict: 'allow', warnings: [] })
  })
})

describe('budgets', () => {
  function memory(): Counters {
    const counts = new Map<string, number>()
    return {
      count: async (key) => counts.get(key) ?? 0,
      add: async (key) => void counts.set(key, (counts.get(key) ?? 0) + 1),
    }
  }
  const who = { asker: 'slack:U1', thread: 't' }

  it('per person, thread and hour', async () => {
    const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
    const counters = memory()
    await spend(counters, made, who)
    await spend(counters, made, who)
    const spent = await readSpent(counters, made, who)
    expect(spent).toEqual({ byPerson: 2, byThread: 2, inHour: 2, unhelpful: 0 })
    expect(overBudget(spent, { perPerson: 2 })).toMatch(/2 changes per person/)
    expect(overBudget(spent, { perThread: 2 })).toMatch(/2 changes per thread/)
    expect(overBudget(spent, { perHour: 2 })).toMatch(/2 changes per cluster/)
    expect(overBudget(spent, {})).toBeUndefined()
    expect(
      judgePlan(made, state({ ...at('L4'), spent, policy: parsePolicy('budgets: {perPerson: 2}\n', 'p.yaml') }))
        .verdict,
    ).toBe('deny')
  })
  it('the third attempt of a fix that did not help is refused', async () => {
    const counters = memory()
    const action: Action = { verb: 'restart', target: target('checkout') }
    for (const verdict of ['allow', 'allow', 'deny']) {
      // another minute, the same fix
      const made = await compilePlan(action, 'test', world)
      const spent = await readSpent(counters, made, who)
      expect(judgePlan(made, state({ ...at('L4'), spent })).verdict).toBe(verdict)
      await didNotHelp(counters, made)
    }
    const other = await plan({ verb: 'restart', target: target('frontend') })
    expect((await readSpent(counters, other, who)).unhelpful).toBe(0)
  })
  it('of several actions each counts, and each is a fix that is known in company too', async () => {
    const counters = memory()
    const restart: Action = { verb: 'restart', target: target('checkout') }
    const label: Action = { verb: 'label', target: target('checkout'), set: { team: 'x' } }
    const { plan: both } = await planOf([restart, label], 'test', world)
    await spend(counters, both, who)
    expect((await readSpent(counters, both, who)).byPerson).toBe(2)
    const alone = await compilePlan(restart, 'test', world)
    await didNotHelp(counters, alone)
    await didNotHelp(counters, alone)
    expect((await readSpent(counters, both, who)).unhelpful).toBe(2)
    expect((await readSpent(counters, await plan(label), who)).unhelpful).toBe(0)
  })
  it('a fix is known by its objects, whatever time is written into it', async () => {
    const made = await compilePlan({ verb: 'restart', target: target('checkout') }, 'test', world, { now: new Date(0) })
    const later = await compilePlan({ verb: 'restart', target: target('checkout') }, 'test', world, {
      now: new Date(1e12),
    })
    expect(made.digest).not.toBe(later.digest)
    expect(fixKey(made)).toBe(fixKey(later))
  })
})
