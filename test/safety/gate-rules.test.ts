// What makes the gate stricter beside the level: the rules of a policy file, and whoever else manages an object.
import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import { type GateState, judgePlan } from '../../src/safety/gate.ts'
import { parsePolicy } from '../../src/safety/rules.ts'
import { at, plan, state, target } from './plans.ts'
import { loadWorld } from './world.ts'

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
  it('of several rules the one that asks for most people counts, and all their people may decide', async () => {
    const rule = (name: string, who: string, needed: number) =>
      `  - {name: ${name}, rule: extra-approvers, approvers: ["slack:${who}"], needed: ${needed}}\n`
    expect(await judged(rule('dba', 'U7', 3) + rule('sre', 'U8', 2), scale(4))).toMatchObject({
      needed: 3,
      approvers: [{ id: 'U7' }, { id: 'U8' }],
    })
  })
  it('a condition that turns out to be neither true nor false counts as true', async () => {
    expect((await judged('  - {name: odd, rule: deny, when: "dyn(1)"}\n', scale(4))).verdict).toBe('deny')
    expect((await judged('  - {name: odd, rule: deny, when: "dyn(false)"}\n', scale(4))).verdict).toBe('allow')
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
  it('of several steps for one object it is said once', async () => {
    const owned = loadWorld((objects) => {
      const checkout = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'checkout')
      if (checkout) checkout.metadata.annotations = { 'meta.helm.sh/release-name': 'storefront' }
    })
    const actions: Action[] = [
      { verb: 'scale', target: target('checkout'), replicas: 4 },
      { verb: 'label', target: target('checkout'), set: { team: 'x' } },
    ]
    const { plan: both } = await planOf(actions, 'test', owned)
    expect(both.steps).toHaveLength(2)
    expect(judgePlan(both, state({ world: owned })).warnings).toEqual([expect.stringContaining('Helm')])
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
