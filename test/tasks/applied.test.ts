// What settles an interrupted run: whether a step has taken effect is told from the object, as the server has stored it.
import { expect, it } from 'vitest'
import type { Step } from '../../src/core/plan.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { applied } from '../../src/tasks/change/applied.ts'

const C = '/spec/template/spec/containers/0'
const live = (container: Record<string, unknown>, more: Record<string, unknown> = {}): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: 'u-1', ...more },
    spec: { replicas: 3, template: { spec: { containers: [{ name: 'web', ...container }] } } },
  }) as KubeObject
const step = (request: Partial<Step['request']>, rule: Step['rule'] = 'plain') =>
  ({ request: { method: 'PATCH', path: '/x', ...request }, rule }) as Step
const patch = (...body: unknown[]) => step({ body })

it.each<[string, Step, KubeObject | undefined, boolean]>([
  ['a count that is there', patch({ op: 'replace', path: '/spec/replicas', value: 3 }), live({}), true],
  ['a count that is not', patch({ op: 'replace', path: '/spec/replicas', value: 5 }), live({}), false],
  [
    'an appended variable',
    patch({ op: 'add', path: `${C}/env/-`, value: { name: 'A', value: '1' } }),
    live({
      env: [
        { name: 'B', value: '2' },
        { value: '1', name: 'A' },
      ],
    }),
    true,
  ],
  [
    'an appended variable that is not there',
    patch({ op: 'add', path: `${C}/env/-`, value: { name: 'A', value: '1' } }),
    live({ env: [{ name: 'A', value: '2' }] }),
    false,
  ],
  [
    'a variable removed by its place, another in its place now',
    patch({ op: 'test', path: `${C}/env/0`, value: { name: 'A', value: '1' } }, { op: 'remove', path: `${C}/env/0` }),
    live({ env: [{ name: 'B', value: '2' }] }),
    true,
  ],
  [
    'a variable that should be gone',
    patch({ op: 'test', path: `${C}/env/0`, value: { name: 'A', value: '1' } }, { op: 'remove', path: `${C}/env/0` }),
    live({ env: [{ name: 'A', value: '1' }] }),
    false,
  ],
  [
    'a quantity that the server spells in its own way',
    patch({ op: 'add', path: `${C}/resources/limits/memory`, value: '1024Mi' }),
    live({ resources: { limits: { memory: '1Gi' } } }),
    true,
  ],
  [
    'an object to which the server adds defaults',
    patch({ op: 'add', path: `${C}/livenessProbe`, value: { httpGet: { path: '/', port: 80 } } }),
    live({ livenessProbe: { httpGet: { scheme: 'HTTP', port: 80, path: '/' }, periodSeconds: 10 } }),
    true,
  ],
  ['a field that is gone', patch({ op: 'remove', path: '/spec/paused' }), live({}), true],
  ['an apply', step({ body: { spec: { replicas: 3 } } }), live({}), true],
  ['an apply that is not there', step({ body: { spec: { replicas: 4 } } }), live({}), false],
  [
    'a count that is there, of another object of that name',
    patch({ op: 'test', path: '/metadata/uid', value: 'u-0' }, { op: 'replace', path: '/spec/replicas', value: 3 }),
    live({}),
    false,
  ],
  [
    'a count that is there, of the very object',
    patch({ op: 'test', path: '/metadata/uid', value: 'u-1' }, { op: 'replace', path: '/spec/replicas', value: 3 }),
    live({}),
    true,
  ],
  ['an apply to another object of that name', step({ body: { metadata: { uid: 'u-0' } } }), live({}), false],
  [
    'a creation',
    step({
      method: 'POST',
      body: { metadata: { name: 'web', creationTimestamp: null, labels: {} }, spec: { replicas: 3, paused: false } },
    }),
    live({ creationTimestamp: '2026-11-21T04:00:00Z' }),
    true,
  ],
  ['a creation by somebody else', step({ method: 'POST', body: { spec: { replicas: 4 } } }), live({}), false],
  ['a creation of nothing', step({ method: 'POST', body: {} }), undefined, false],
  ['a deletion', step({ method: 'DELETE', body: { preconditions: { uid: 'u-1' } } }), undefined, true],
  ['a deletion of what is there', step({ method: 'DELETE', body: { preconditions: { uid: 'u-1' } } }), live({}), false],
  [
    'a deletion under way',
    step({ method: 'DELETE', body: { preconditions: { uid: 'u-1' } } }),
    live({}, { deletionTimestamp: '2026-11-21T04:00:00Z' }),
    true,
  ],
  [
    'an eviction, with another pod of that name',
    step({ method: 'POST', body: { deleteOptions: { preconditions: { uid: 'u-0' } } } }, 'evict'),
    live({}),
    true,
  ],
  ['a change of what is gone', patch({ op: 'replace', path: '/spec/replicas', value: 3 }), undefined, false],
])('%s', (_, made, object, is) => expect(applied(made, object)).toBe(is))
