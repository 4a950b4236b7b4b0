// The way back of an action that was executed: itself an action, from what its own steps record.
import { expect, it } from 'vitest'
import { expectationsOf, planOf, undoOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import { compile, EXAMPLES, world } from './examples.ts'

it.each<[Action['verb'], unknown]>([
  ['scale', { verb: 'scale', replicas: 3 }],
  ['quarantine', { verb: 'unquarantine' }],
  ['pause', { verb: 'resume' }],
  ['resume', { verb: 'pause' }],
  ['cordon', { verb: 'uncordon' }],
  ['drain', { verb: 'uncordon' }],
  ['suspend', { verb: 'unsuspend' }],
  ['create', { verb: 'delete' }],
  ['create-hpa', { verb: 'delete-hpa' }],
  ['create-job', { verb: 'delete' }],
  ['delete-hpa', { verb: 'create', manifest: { kind: 'HorizontalPodAutoscaler', spec: { maxReplicas: 6 } } }],
  ['delete', { verb: 'create', manifest: { kind: 'PodDisruptionBudget', spec: { minAvailable: 2 } } }],
  [
    'set-image',
    {
      verb: 'patch',
      patch: [
        {
          op: 'replace',
          path: '/spec/template/spec/containers/0/image',
          value: 'registry.example.com/shop/checkout:2.4.1',
        },
      ],
    },
  ],
  [
    'set-env',
    {
      verb: 'set-env',
      env: [
        { name: 'MODE', value: null },
        { name: 'URL', value: null },
      ],
    },
  ],
  ['taint', { verb: 'patch', patch: [{ op: 'remove', path: '/spec/taints' }] }],
])('%s', async (verb, undo) => expect(undoOf(await compile(EXAMPLES[verb]))).toMatchObject([undo as object]))

it.each(['restart', 'delete-pod', 'evict', 'grow-pvc', 'delete-namespace'] as const)('%s has none', async (verb) => {
  expect(undoOf(await compile(EXAMPLES[verb]))).toBeUndefined()
})

it('of several it is all of theirs, the last one first', async () => {
  const { plan } = await planOf([EXAMPLES.label, EXAMPLES['set-image']], 'test', world)
  expect(undoOf(plan)).toEqual([
    ...(undoOf(await compile(EXAMPLES['set-image'])) ?? []),
    ...(undoOf(await compile(EXAMPLES.label)) ?? []),
  ])
  expect(expectationsOf(plan)).toEqual([
    ...expectationsOf(await compile(EXAMPLES.label)),
    ...expectationsOf(await compile(EXAMPLES['set-image'])),
  ])
})

it('of several it is none as soon as one of them has none', async () => {
  const { plan } = await planOf([EXAMPLES.label, EXAMPLES.restart], 'test', world)
  expect(undoOf(plan)).toBeUndefined()
  expect(expectationsOf(plan)).not.toEqual([])
})

it('a recreated object carries nothing that the server had written', async () => {
  const undo = undoOf(await compile(EXAMPLES['delete-hpa']))
  expect(JSON.stringify(undo)).not.toMatch(/"uid"|resourceVersion|"status"|creationTimestamp/)
})
