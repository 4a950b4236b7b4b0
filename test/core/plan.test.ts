// The digest of a plan names everything that runs, and nothing that is only said of it.
import { expect, it } from 'vitest'
import { type Plan, planDigest } from '../../src/core/plan.ts'

const STEP: Plan['steps'][number] = {
  request: {
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods/web-1/eviction',
    contentType: 'application/json',
    body: { a: 1 },
  },
  object: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
  words: 'Evict Pod shop/web-1',
  kubectl: 'kubectl create --raw …',
  changes: [],
  rule: 'evict',
}
const PLAN: Omit<Plan, 'digest'> = {
  cluster: 'prod',
  steps: [STEP],
  preconditions: [{ object: STEP.object, uid: 'u-1', contentHash: 'h-1', facts: { readyReplicas: 0 } }],
  executionSeconds: 60,
}
const withStep = (change: Partial<typeof STEP>) => ({ ...PLAN, steps: [{ ...STEP, ...change }] })
const withRequest = (change: Partial<(typeof STEP)['request']>) => withStep({ request: { ...STEP.request, ...change } })
const withCondition = (change: Partial<Plan['preconditions'][number]>) => ({
  ...PLAN,
  preconditions: PLAN.preconditions.map((one) => ({ ...one, ...change })),
})

it.each<[string, Omit<Plan, 'digest'>]>([
  ['the cluster', { ...PLAN, cluster: 'staging' }],
  ['the method', withRequest({ method: 'DELETE' })],
  ['the path', withRequest({ path: '/api/v1/namespaces/shop/pods/web-2/eviction' })],
  ['the content type', withRequest({ contentType: 'application/merge-patch+json' })],
  ['the body', withRequest({ body: { a: 2 } })],
  ['the object', withStep({ object: { ...STEP.object, name: 'web-2' } })],
  ['how its answers are read', withStep({ rule: 'plain' })],
  ['the number of its steps', { ...PLAN, steps: [STEP, STEP] }],
  ['whose uid must hold', withCondition({ uid: 'u-2' })],
  ['what content must hold', withCondition({ contentHash: 'h-2' })],
  ['what facts must hold', withCondition({ facts: { readyReplicas: 1 } })],
  ['how long it may take', { ...PLAN, executionSeconds: 61 }],
])('names %s', (_, other) => expect(planDigest(other)).not.toBe(planDigest(PLAN)))

it.each<[string, Omit<Plan, 'digest'>]>([
  ['the words of its card', withStep({ words: 'something else', kubectl: '', changes: [] })],
  ['the action that it was made of', { ...PLAN, action: { verb: 'cordon', node: 'worker-a' } }],
  ['a key without a value', withRequest({ body: { b: undefined, a: 1 } })],
])('is the same whatever %s', (_, other) => expect(planDigest(other)).toBe(planDigest(PLAN)))
