// What single actions promise beyond the contract of their family.
import { expect, it } from 'vitest'
import { compileAction, planOf } from '../../src/actions/compile.ts'
import { look } from '../../src/actions/expect.ts'
import type { Action } from '../../src/core/action.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { loadWorld } from '../safety/world.ts'
import { compile, EXAMPLES, now, target, world } from './examples.ts'

it('a quarantine records count and reason, and its end puts the count back', async () => {
  const [step] = (await compile(EXAMPLES.quarantine)).steps
  expect(step?.request.body).toContainEqual({
    op: 'add',
    path: '/metadata/annotations/firstmate.dev~1quarantine',
    value: '{"replicas":2,"reason":"crash loop","at":"2026-11-21T00:00:00.000Z"}',
  })
  expect((await compile(EXAMPLES.unquarantine)).steps[0]?.request.body).toContainEqual({
    op: 'replace',
    path: '/spec/replicas',
    value: 4,
  })
})

it('a rollback changes only what differs, and leaves the hash of the old ReplicaSet behind', async () => {
  const [step] = (await compile(EXAMPLES.rollback)).steps
  expect(step?.changes.map(({ path }) => path)).toEqual([
    'spec.template.spec.containers[0].image',
    'spec.template.spec.containers[0].env',
  ])
  expect(JSON.stringify(step?.request.body)).not.toContain('pod-template-hash')
  await expect(compile({ verb: 'rollback', target: target('checkout'), toRevision: 9 })).rejects.toThrow(
    'no revision 9; known are 4, 3',
  )
})

it('a drain leaves DaemonSets and protected namespaces alone, and says so', async () => {
  const { plan, notes } = await compileAction(EXAMPLES.drain, 'test', world, { now })
  expect(plan.steps[0]).toMatchObject({ rule: 'plain', request: { path: '/api/v1/nodes/worker-b' } })
  expect(plan.steps.slice(1).every(({ rule }) => rule === 'evict')).toBe(true)
  expect(JSON.stringify(plan.steps)).not.toMatch(/kube-system|node-exporter/)
  expect(notes.join()).toMatch(/1 pod of DaemonSets stays.*kube-system\/coredns/)
  await expect(compile({ verb: 'drain', node: 'worker-a' })).rejects.toThrow(/nothing would replace.*debug-shell/)
})

it('a drain does not wait for the budgets of pods that have ended', async () => {
  const name = (await compile(EXAMPLES.drain)).steps.find(({ rule }) => rule === 'evict')?.object.name
  const ended = loadWorld((objects) => {
    const pod = objects.find(({ kind, metadata }) => kind === 'Pod' && metadata.name === name)
    if (pod) pod.status = { ...pod.status, phase: 'Succeeded' }
  })
  const steps = (await compile(EXAMPLES.drain, ended)).steps.map(({ object }) => object.name)
  expect(steps).toContain('worker-b')
  expect(steps).not.toContain(name)
})

it("a Job from a CronJob is the CronJob's own template", async () => {
  const body = (await compile(EXAMPLES['create-job'])).steps[0]?.request.body as KubeObject
  expect(body.spec).toEqual(world.get('CronJob', 'shop', 'nightly-report')?.spec.jobTemplate.spec)
  expect(body.metadata.ownerReferences?.[0]).toMatchObject({
    kind: 'CronJob',
    name: 'nightly-report',
    controller: true,
  })
})

it('an apply is bound by uid, and creates what is not there', async () => {
  expect((await compile(EXAMPLES.apply)).steps[0]?.request).toMatchObject({
    method: 'PATCH',
    body: { metadata: { uid: world.get('ConfigMap', 'shop', 'app-config')?.metadata.uid } },
  })
  const fresh: Action = {
    verb: 'apply',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', namespace: 'shop', uid: 'forged' } },
  }
  expect((await compile(fresh)).steps[0]?.request).toMatchObject({
    method: 'POST',
    body: { metadata: { name: 'new', namespace: 'shop' } },
  })
  expect(JSON.stringify((await compile(fresh)).steps)).not.toContain('forged')
})

it('several actions make one plan, in order', async () => {
  const { plan } = await planOf([EXAMPLES.cordon, EXAMPLES.scale], 'test', world, { now })
  expect(plan.steps.map(({ object }) => object.kind)).toEqual(['Node', 'Deployment'])
  expect(plan.action).toBeUndefined()
})

it('an element of a list is the one that the card shows: its name is tested with it', async () => {
  const [step] = (await compile(EXAMPLES['set-image'])).steps
  expect(step?.request.body).toContainEqual({
    op: 'test',
    path: '/spec/template/spec/containers/0/name',
    value: 'checkout',
  })
})

it('two fields of a map that is not there yet make it once, and test once that it was not there', async () => {
  const bare = loadWorld((objects) => {
    const cart = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'cart')
    delete cart?.metadata.annotations
  })
  const action: Action = {
    verb: 'annotate',
    target: target('cart'),
    set: { 'example.com/a': '1', 'example.com/b': '2' },
  }
  const [step] = (await compile(action, bare)).steps
  const operations = (step?.request.body ?? []) as { op: string; path: string }[]
  expect(operations.map(({ op, path }) => `${op} ${path}`)).toEqual([
    'test /metadata/uid',
    'test /metadata/annotations',
    'add /metadata/annotations',
    'add /metadata/annotations/example.com~1a',
    'add /metadata/annotations/example.com~1b',
  ])
})

it('what was to go is gone although another object has taken its name', () => {
  const object = { kind: 'Pod', namespace: 'shop', name: 'db-0' }
  const seen = (live: string | undefined) =>
    look({ kind: 'gone', object, uid: 'u-1', seconds: 60 }, live ? pod(live) : undefined).state
  const pod = (uid: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'db-0', uid } })
  expect([seen('u-1'), seen('u-2'), seen(undefined)]).toEqual(['waiting', 'met', 'met'])
})
