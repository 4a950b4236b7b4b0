// A server-side apply is refused for fields that others manage; there the same change is a patch, and says whose they are.
import { describe, expect, it } from 'vitest'
import { compileAction, planOf, undoOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

function settings(managedFields: unknown[]): Snapshot {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'u1', managedFields },
    data: { log: 'info', size: '1' },
  }
  return new Snapshot({ cluster: 'test', now: new Date(), objects: [object] })
}

function web(managedFields: unknown[]): Snapshot {
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: 'u2', managedFields },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
  }
  return new Snapshot({ cluster: 'test', now: new Date(), objects: [object] })
}

const by = (manager: string, operation: string, fieldsV1: unknown) => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsV1,
})
const apply = (data: Record<string, string>): Action => ({
  verb: 'apply',
  manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data },
})
const image = (name: string): Action => ({
  verb: 'apply',
  manifest: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } },
  },
})
const kindOf = async (action: Action, world: Snapshot) =>
  (await compileAction(action, 'test', world)).plan.steps[0]?.request.contentType

const PATCH = 'application/json-patch+json'
const APPLY = 'application/apply-patch+yaml'

describe('an apply', () => {
  it('of what somebody else manages is a patch that says before and after, and can be taken back', async () => {
    const world = settings([by('kubectl-create', 'Update', { 'f:data': { '.': {}, 'f:log': {} } })])
    const { plan, notes } = await compileAction(apply({ log: 'debug' }), 'test', world)
    expect(plan.steps[0]?.request).toMatchObject({
      contentType: PATCH,
      body: [
        { op: 'test', path: '/metadata/uid', value: 'u1' },
        { op: 'test', path: '/data/log', value: 'info' },
        { op: 'replace', path: '/data/log', value: 'debug' },
      ],
    })
    expect(notes.join()).toContain('managed by kubectl-create')
    expect(undoOf(plan)).toHaveLength(1)
  })

  it('of what we made ourselves by a request that was no apply is one as well', async () => {
    const world = settings([by('firstmate', 'Update', { 'f:data': { 'f:log': {} } })])
    expect(await kindOf(apply({ log: 'debug' }), world)).toBe(PATCH)
  })

  it.each<[string, unknown[], Record<string, string>]>([
    ['nobody manages', [], { log: 'debug' }],
    ['we applied before', [by('firstmate', 'Apply', { 'f:data': { 'f:log': {} } })], { log: 'debug' }],
    ['others manage beside it', [by('other', 'Update', { 'f:data': { 'f:size': {} } })], { log: 'debug' }],
    ['others manage, and that stays', [by('other', 'Update', { 'f:data': { 'f:size': {} } })], { size: '1' }],
    ['is new', [by('other', 'Update', { 'f:data': { 'f:log': {} } })], { fresh: 'yes' }],
  ])('of what %s stays a server-side apply', async (_, managed, data) => {
    expect(await kindOf(apply(data), settings(managed))).toBe(APPLY)
  })

  it('finds an element of a list by its keys, and a list that is owned as a whole', async () => {
    const element = { 'k:{"name":"web"}': { 'f:image': {} } }
    const owned = (containers: unknown) =>
      web([by('helm', 'Update', { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': containers } } } })])
    expect(await kindOf(image('web:2'), owned(element))).toBe(PATCH)
    expect(await kindOf(image('web:2'), owned({}))).toBe(PATCH)
    expect(await kindOf(image('web:2'), owned({ 'k:{"name":"side"}': { 'f:image': {} } }))).toBe(APPLY)
    expect(await kindOf(image('web:2'), owned({ 'k:not json': {}, 'v:1': {} }))).toBe(APPLY)
  })
})

describe('the way back of a deletion', () => {
  const config = (data: Record<string, string>) =>
    new Snapshot({
      cluster: 'test',
      now: new Date(),
      objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop', uid: 'u' }, data }],
    })
  const remove: Action = {
    verb: 'delete',
    target: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'c' },
  }

  it('is not offered without the secret that the object held', async () => {
    const secret = await planOf([remove], 'test', config({ url: 'postgres://app:hunter2secret@db/app' }))
    expect(undoOf(secret.plan)).toBeUndefined()
    expect(JSON.stringify(secret.plan)).not.toContain('hunter2secret')
    expect(undoOf((await planOf([remove], 'test', config({ url: 'postgres://db/app' }))).plan)).toHaveLength(1)
  })
})
