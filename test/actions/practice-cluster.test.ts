// The compiled bytes against a cluster that behaves as an API server: they are accepted as they are, and refused once the object is another one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Lookup } from '../../src/actions/action.ts'
import { compilePlan, expectationsOf, undoOf } from '../../src/actions/compile.ts'
import { look } from '../../src/actions/expect.ts'
import { kindFor } from '../../src/actions/objects.ts'
import type { Action } from '../../src/core/action.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { ObjectRef } from '../../src/core/ref.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { createWriter } from '../../src/kube/write.ts'
import { parseObjects } from '../../src/objects/files.ts'
import { pathOf } from '../../src/objects/kinds.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { CORPORA, loadWorld } from '../safety/world.ts'

const open: Harbor[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((harbor) => harbor.close()))
})

async function practice() {
  const load = parseObjects(readFileSync(join(CORPORA, 'cluster.yaml'), 'utf8'))
  // the file leaves out a default that no later change of a claim may add
  for (const object of load.objects) if (object.kind === 'PersistentVolumeClaim') object.spec.volumeMode = 'Filesystem'
  const harbor = await startHarbor({ load, controllers: false, now: '2026-11-20T12:00:00Z' })
  open.push(harbor)
  const writer = createWriter(clusterAt('practice', harbor.url))
  const crds = loadWorld()
  const get = async (path: string) => {
    const response = await fetch(harbor.url + path)
    return response.ok ? ((await response.json()) as KubeObject & { items?: KubeObject[] }) : undefined
  }
  const lookup: Lookup = {
    async find(ref: ObjectRef) {
      const kind = await kindFor(ref, crds)
      return get(pathOf(kind, ref.namespace, ref.name))
    },
    async list(kind: string, namespace?: string) {
      if (kind === 'CustomResourceDefinition') return crds.list(kind)
      const known = await kindFor({ kind, name: 'x' }, crds)
      const list = await get(pathOf(known, namespace))
      return (list?.items ?? []).map((item) => ({ ...item, apiVersion: known.apiVersion, kind }))
    },
  }
  const send = async (plan: Plan, dryRun = false) => {
    const statuses: number[] = []
    for (const { request } of plan.steps) statuses.push((await writer.send(request, { dryRun })).status)
    return statuses
  }
  return { lookup, send, compile: (action: Action) => compilePlan(action, 'practice', lookup) }
}

const target = (name: string, namespace = 'shop', kind = 'Deployment') => ({ kind, namespace, name })
const ACTIONS: Action[] = [
  { verb: 'scale', target: target('checkout'), replicas: 5 },
  { verb: 'quarantine', target: target('cart'), reason: 'crash loop' },
  { verb: 'set-resources', target: target('checkout'), limits: { memory: '1Gi' } },
  { verb: 'create-hpa', target: target('checkout'), min: 2, max: 6 },
  { verb: 'update-hpa', target: target('frontend'), max: 9 },
  { verb: 'delete-hpa', target: target('frontend') },
  { verb: 'restart', target: target('checkout') },
  { verb: 'pause', target: target('checkout') },
  { verb: 'set-image', target: target('checkout'), image: 'registry.example.com/shop/checkout:9' },
  {
    verb: 'set-env',
    target: target('checkout'),
    env: [
      { name: 'MODE', value: 'safe' },
      { name: 'A', value: 'b' },
    ],
  },
  { verb: 'delete-pod', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') },
  { verb: 'evict', target: target('frontend-5c8f6d4b77-b2hjl', 'shop', 'Pod') },
  { verb: 'cordon', node: 'worker-a' },
  { verb: 'taint', node: 'worker-a', key: 'dedicated', value: 'gpu', effect: 'NoSchedule', remove: false },
  { verb: 'label', target: target('checkout'), set: { tier: 'front' } },
  { verb: 'annotate', target: target('blue', 'shop', 'Widget'), set: { note: 'looked at; fine' } },
  {
    verb: 'patch',
    target: target('checkout'),
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'checkout', imagePullPolicy: 'Always' }] } } } },
  },
  {
    verb: 'apply',
    manifest: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app-config', namespace: 'shop' },
      data: { EXTRA: 'x' },
    },
  },
  {
    verb: 'create',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fresh', namespace: 'shop' }, data: { a: 'b' } },
  },
  { verb: 'delete', target: target('checkout', 'shop', 'PodDisruptionBudget') },
  { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name: 'again' },
  { verb: 'suspend', target: target('nightly-report', 'shop', 'CronJob') },
  { verb: 'grow-pvc', target: target('data-db-0', 'payments', 'PersistentVolumeClaim'), size: '20Gi' },
  { verb: 'delete-namespace', name: 'staging' },
]

describe.each(ACTIONS.map((action) => [action.verb, action] as const))('%s', (_verb, action) => {
  it('is accepted, first as a dry run without effect, then for real, and goes back where there is a way', async () => {
    const { compile, send, lookup } = await practice()
    const plan = await compile(action)
    const object = plan.steps[0]?.object as ObjectRef
    const before = await lookup.find(object)
    for (const dryRun of [true, true, false]) {
      for (const status of await send(plan, dryRun)) expect([200, 201, 202]).toContain(status)
    }
    const [undo] = undoOf(plan) ?? []
    if (!undo) return
    for (const status of await send(await compile(undo))) expect([200, 201, 202]).toContain(status)
    const after = await lookup.find(object)
    // the server fills in defaults that the file left out
    if (before) expect(after?.spec ?? {}).toMatchObject(before.spec ?? {})
    expect(after?.metadata.labels).toEqual(before?.metadata.labels)
  })
})

describe('an object that is another one now', () => {
  it.each<[string, Action, Action, number]>([
    [
      'patched meanwhile',
      { verb: 'scale', target: target('checkout'), replicas: 5 },
      { verb: 'scale', target: target('checkout'), replicas: 2 },
      422,
    ],
    [
      'image set meanwhile',
      { verb: 'set-image', target: target('checkout'), image: 'a:1' },
      { verb: 'set-image', target: target('checkout'), image: 'b:1' },
      422,
    ],
    [
      'deleted meanwhile',
      { verb: 'label', target: target('app-config', 'shop', 'ConfigMap'), set: { a: 'b' } },
      { verb: 'delete', target: target('app-config', 'shop', 'ConfigMap') },
      404,
    ],
  ])('%s: the server refuses the bytes', async (_name, planned, meanwhile, status) => {
    const { compile, send } = await practice()
    const plan = await compile(planned)
    await send(await compile(meanwhile))
    expect(await send(plan)).toEqual([status])
  })

  it('of the same name, but made anew', async () => {
    const { compile, send } = await practice()
    const object = target('app-config', 'shop', 'ConfigMap')
    const plans = await Promise.all([
      compile({ verb: 'delete', target: object }),
      compile({ verb: 'label', target: object, set: { a: 'b' } }),
      compile({
        verb: 'apply',
        manifest: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'app-config', namespace: 'shop' },
          data: { x: 'y' },
        },
      }),
    ])
    const [remove] = plans
    if (!remove) throw new Error('no plan')
    await send(remove)
    const [again] = undoOf(remove) ?? []
    if (again) await send(await compile(again))
    const statuses = await Promise.all(plans.map((plan) => send(plan)))
    expect(statuses.flat().every((status) => status === 409 || status === 422)).toBe(true)
  })
})

describe('what is seen afterwards', () => {
  it('says met, waiting or failed in words', async () => {
    const { compile, send, lookup } = await practice()
    const plan = await compile({ verb: 'cordon', node: 'worker-a' })
    const [expectation] = expectationsOf(plan)
    if (!expectation) throw new Error('nothing expected')
    expect(look(expectation, await lookup.find(expectation.object))).toMatchObject({ state: 'waiting' })
    await send(plan)
    expect(look(expectation, await lookup.find(expectation.object))).toEqual({
      state: 'met',
      words: 'Node worker-a is as asked',
    })
    expect(look(expectation, undefined).state).toBe('failed')
  })

  it.each([
    [{ observedGeneration: 1 }, 'waiting', /not yet observed/],
    [{ observedGeneration: 2, updatedReplicas: 1 }, 'waiting', /1 of 3 replicas.*updated/],
    [{ observedGeneration: 2, updatedReplicas: 3, replicas: 4 }, 'waiting', /1 old replicas/],
    [
      { observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 2 },
      'waiting',
      /2 of 3 replicas.*available/,
    ],
    [{ observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 3 }, 'met', /3 of 3/],
    [
      { observedGeneration: 2, conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] },
      'failed',
      /deadline/,
    ],
  ])('a rollout with %j is %s', (status, state, words) => {
    const live: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', namespace: 'b', generation: 2 },
      spec: { replicas: 3 },
      status,
    }
    const seen = look({ kind: 'rollout', object: { kind: 'Deployment', namespace: 'b', name: 'a' }, seconds: 1 }, live)
    expect(seen).toEqual({ state, words: expect.stringMatching(words) })
  })
})
