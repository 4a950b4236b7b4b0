// What never becomes a plan: what cannot be, names that reach no path, and bytes that hold a secret.
import { describe, expect, it } from 'vitest'
import { undoOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { compile, target, world } from './examples.ts'

it.each<[string, Action]>([
  ['nothing would change', { verb: 'scale', target: target('checkout'), replicas: 3 }],
  ['is paused', { verb: 'restart', target: target('frontend') }],
  ['already scales', { verb: 'create-hpa', target: target('frontend'), min: 1, max: 2 }],
  ['max 1 is less than min 2', { verb: 'create-hpa', target: target('checkout'), min: 2, max: 1 }],
  ['no container "nope"', { verb: 'set-image', target: target('checkout'), container: 'nope', image: 'x' }],
  ['no image reference', { verb: 'set-image', target: target('checkout'), image: 'x y' }],
  ['no quantity', { verb: 'set-resources', target: target('checkout'), limits: { memory: 'lots' } }],
  [
    'can only grow',
    { verb: 'grow-pvc', target: target('data-db-0', 'payments', 'PersistentVolumeClaim'), size: '5Gi' },
  ],
  ['not in quarantine', { verb: 'unquarantine', target: target('checkout') }],
  ['runs no replica', { verb: 'quarantine', target: { ...target('batcher', 'staging'), name: 'idle' }, reason: 'x' }],
  ['allowed are Deployment', { verb: 'restart', target: target('nightly-report', 'shop', 'CronJob') }],
  [
    'there already',
    {
      verb: 'create',
      manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app-config', namespace: 'shop' } },
    },
  ],
  ['no label value', { verb: 'label', target: target('cart'), set: { a: 'b c' } }],
  ['no label key', { verb: 'label', target: target('cart'), set: { '-a': 'b' } }],
  [
    'cannot be changed',
    { verb: 'patch', target: target('cart'), type: 'merge', patch: { metadata: { namespace: 'payments' } } },
  ],
  [
    'takes no strategic patch',
    { verb: 'patch', target: target('blue', 'shop', 'Widget'), type: 'strategic', patch: { spec: { size: 4 } } },
  ],
  [
    '"copy" is not taken',
    {
      verb: 'patch',
      target: target('cart'),
      type: 'json',
      patch: [{ op: 'copy', from: '/spec/a', path: '/spec/b' }],
    },
  ],
  ['cannot be patched', { verb: 'patch', target: target('cart'), type: 'merge', patch: {}, subresource: '../x' }],
])('what cannot be is refused with the reason: %s', async (sentence, action) => {
  const idle = new Snapshot({
    objects: [
      ...world.objects,
      {
        ...structuredClone(world.get('Deployment', 'staging', 'web') as KubeObject),
        metadata: { name: 'idle', namespace: 'staging', uid: 'idle' },
        spec: { replicas: 0 },
      },
    ],
  })
  await expect(compile(action, idle)).rejects.toThrow(sentence)
})

describe('names', () => {
  it.each(['-x', '../x', 'x/y', 'X', 'x y', 'x\n', '%2e', '', 'x'.repeat(254), 'ü'])(
    '%j reaches no path',
    async (name) => {
      for (const action of [
        { verb: 'scale', target: target(name), replicas: 2 },
        { verb: 'scale', target: { ...target('checkout'), namespace: name || '-' }, replicas: 2 },
        { verb: 'cordon', node: name },
        { verb: 'delete-namespace', name },
        { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name },
      ] as Action[]) {
        await expect(compile(action)).rejects.toThrow(/cannot be/)
      }
    },
  )
  it('prototype keys are only keys', async () => {
    const action = {
      verb: 'patch',
      target: target('cart'),
      type: 'merge',
      patch: JSON.parse('{"__proto__":{"polluted":true},"metadata":{"labels":{"a":"b"}}}'),
    } as Action
    await compile(action).catch(() => undefined)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('secrets', () => {
  const password = 'hunter2-correct-horse'
  it.each<[string, Action]>([
    [
      'a Secret created',
      {
        verb: 'create',
        manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data: { a: 'YQ==' } },
      },
    ],
    [
      'a Secret applied',
      {
        verb: 'apply',
        manifest: {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'db-credentials', namespace: 'shop' },
          stringData: { a: 'b' },
        },
      },
    ],
    [
      'a Secret patched',
      {
        verb: 'patch',
        target: target('db-credentials', 'shop', 'Secret'),
        type: 'merge',
        patch: { stringData: { password } },
      },
    ],
    [
      'a password in a variable',
      { verb: 'set-env', target: target('checkout'), env: [{ name: 'DB_PASSWORD', value: password }] },
    ],
    [
      'a token in an annotation',
      {
        verb: 'annotate',
        target: target('checkout'),
        set: { note: 'xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx' },
      },
    ],
    [
      'a key in a ConfigMap',
      {
        verb: 'create',
        manifest: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'c', namespace: 'shop' },
          data: { k: '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----' },
        },
      },
    ],
  ])('%s is refused', async (_name, action) => {
    const error = await compile(action).catch((thrown: unknown) => thrown as Error)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/[Ss]ecret/)
    expect((error as Error).message).not.toContain(password)
  })
  it('a deleted Secret is not kept for the way back', async () => {
    const plan = await compile({ verb: 'delete', target: target('db-credentials', 'shop', 'Secret') })
    expect(JSON.stringify(plan)).not.toContain('cGxhY2Vob2xkZXI=')
    expect(undoOf(plan)).toBeUndefined()
  })
})
