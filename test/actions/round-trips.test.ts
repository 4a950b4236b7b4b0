// Way back after way there gives the object as it was, in its order and also where the server drops what was emptied.
import { expect, it } from 'vitest'
import { planOf, undoOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { applyJsonPatch, type JsonPatchOperation } from '../../src/objects/patch-json.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const env = [
  { name: 'HOST', value: 'db' },
  { name: 'PORT', value: '5432' },
  { name: 'URL', value: 'http://$(HOST):$(PORT)' },
]
const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'u' },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image: 'web:1', env }] } } },
}

async function run(world: KubeObject, actions: Action[]): Promise<{ after: KubeObject; back: Action[] }> {
  const { plan } = await planOf(actions, 'test', new Snapshot({ cluster: 'test', now: new Date(), objects: [world] }))
  const after = plan.steps.reduce<unknown>(
    (object, { request }) => applyJsonPatch(object, request.body as JsonPatchOperation[]),
    world,
  )
  return { after: after as KubeObject, back: undoOf(plan) ?? [] }
}

it.each([
  ['the first', [{ name: 'HOST', value: null }]],
  [
    'one in the middle, with another value for the last',
    [
      { name: 'PORT', value: null },
      { name: 'URL', value: 'x' },
    ],
  ],
  ['all of them', env.map(({ name }) => ({ name, value: null }))],
])('%s, removed and put back', async (_, changes) => {
  const { after, back } = await run(live, [{ verb: 'set-env', target, env: changes }])
  expect(after.spec.template.spec.containers[0].env).not.toEqual(env)
  expect(back).toHaveLength(1)
  expect((await run(after, back)).after).toEqual(live)
})

it('the last one, though a server drops the list with it', async () => {
  const { after, back } = await run(live, [
    { verb: 'set-env', target, env: env.map(({ name }) => ({ name, value: null })) },
  ])
  // as an API server stores it
  const { env: _empty, ...container } = after.spec.template.spec.containers[0]
  const stored = { ...after, spec: { ...after.spec, template: { spec: { containers: [container] } } } }
  expect((await run(stored, back)).after).toEqual(live)
})

it('a list that was emptied by two operations comes back, though it is gone', async () => {
  const path = '/spec/template/spec/containers/0/env/0'
  const remove = { op: 'remove', path }
  const { after, back } = await run(live, [{ verb: 'patch', target, type: 'json', patch: [remove, remove, remove] }])
  const { env: _empty, ...container } = after.spec.template.spec.containers[0]
  const stored = { ...after, spec: { ...after.spec, template: { spec: { containers: [container] } } } }
  expect((await run(stored, back)).after).toEqual(live)
})

it('a change that leaves the replicas alone does not depend on what is ready', async () => {
  const world = new Snapshot({ cluster: 'test', now: new Date(), objects: [live] })
  const factsOf = async (spec: unknown) =>
    (await planOf([{ verb: 'patch', target, type: 'merge', patch: { spec } }], 'test', world)).plan.preconditions[0]
      ?.facts
  expect(await factsOf({ minReadySeconds: 3 })).toEqual({})
  expect(await factsOf({ replicas: 3 })).toEqual({})
  expect(await factsOf({ replicas: 0 })).toEqual({ readyReplicas: 0 })
})

it('what goes to zero depends on its ready replicas only where none is ready', async () => {
  const factsWith = async (readyReplicas: number) => {
    const object = { ...live, status: { readyReplicas } }
    const world = new Snapshot({ cluster: 'test', now: new Date(), objects: [object] })
    return (await planOf([{ verb: 'scale', target, replicas: 0 }], 'test', world)).plan.preconditions[0]?.facts
  }
  expect(await factsWith(0)).toEqual({ readyReplicas: 0 })
  expect(await factsWith(3)).toEqual({})
})
