import { describe, expect, it } from 'vitest'
import { applyConfiguration } from '../../src/objects/patch-apply.ts'
import { type FieldRules, fieldsOfValue, pathsOf, printFields } from '../../src/objects/patch-fields.ts'
import { applyJsonPatch, PatchError } from '../../src/objects/patch-json.ts'
import { builtInIsImplicit, builtInListRule, builtInMapIsAtomic } from '../../src/objects/patch-keys.ts'
import { applyMergePatch } from '../../src/objects/patch-merge.ts'
import { applyStrategicMergePatch, StrategicPatchError } from '../../src/objects/patch-strategic.ts'

const rules: FieldRules = { list: builtInListRule, atomic: builtInMapIsAtomic, implicit: builtInIsImplicit }

describe('JSON patch', () => {
  const document = Object.freeze({ data: Object.freeze({ a: '1' }), list: Object.freeze(['x', 'y']) })

  it('adds, removes, replaces, copies and moves without touching the document', () => {
    const patched = applyJsonPatch(document, [
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'copy', from: '/data/b', path: '/data/c' },
      { op: 'move', from: '/data/c', path: '/data/d' },
      { op: 'remove', path: '/data/a' },
      { op: 'add', path: '/list/1', value: 'between' },
      { op: 'add', path: '/list/-', value: 'last' },
      { op: 'replace', path: '/list/0', value: 'first' },
    ])
    expect(patched).toEqual({ data: { b: '2', d: '2' }, list: ['first', 'between', 'y', 'last'] })
    expect(document).toEqual({ data: { a: '1' }, list: ['x', 'y'] })
  })

  it('tests, with null for what is absent', () => {
    expect(applyJsonPatch(document, [{ op: 'test', path: '/data/a', value: '1' }])).toEqual(document)
    expect(applyJsonPatch(document, [{ op: 'test', path: '/data/zzz', value: null }])).toEqual(document)
    expect(() => applyJsonPatch(document, [{ op: 'test', path: '/data/a', value: '2' }])).toThrow(PatchError)
  })

  it('knows ~0 and ~1 in paths', () => {
    expect(applyJsonPatch({ 'a/b': { 'c~d': 1 } }, [{ op: 'replace', path: '/a~1b/c~0d', value: 2 }])).toEqual({
      'a/b': { 'c~d': 2 },
    })
  })

  it.each([
    [{ op: 'remove', path: '/nothing' }],
    [{ op: 'add', path: '/nothing/there', value: 1 }],
    [{ op: 'replace', path: '/list/7', value: 1 }],
    [{ op: 'add', path: '/list/01', value: 1 }],
    [{ op: 'move', from: '/data', path: '/data/a' }],
    [{ op: 'add', path: '/data/x' }],
    [{ op: 'sing', path: '/data/x' }],
    [{ op: 'add', path: 'data', value: 1 }],
  ])('refuses %j', (operation) => {
    expect(() => applyJsonPatch(document, [operation])).toThrow(PatchError)
  })

  it('treats __proto__ as a key like any other', () => {
    const patched = applyJsonPatch({ a: {} }, [{ op: 'add', path: '/a/__proto__', value: { polluted: true } }])
    expect(JSON.stringify(patched)).toBe('{"a":{"__proto__":{"polluted":true}}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuses copies that would multiply a document without end', () => {
    const big = { a: 'x'.repeat(1_000_000) }
    const copies = Array.from({ length: 10 }, (_, index) => ({ op: 'copy', from: '/a', path: `/b${index}` }))
    expect(() => applyJsonPatch(big, copies)).toThrow(/too large/)
  })
})

describe('merge patch (the examples of RFC 7396)', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (document, patch, expected) => {
    expect(applyMergePatch(document, patch)).toEqual(expected)
  })
})

describe('strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], args: ['--one'] },
        { name: 'b', image: 'b:1' },
      ],
      tolerations: [{ key: 'old' }],
    },
    metadata: { finalizers: ['x/y'] },
  }
  const names = (value: unknown) => (value as typeof pod).spec.containers.map((container) => container.name)

  it('pairs containers by name and env by name, and replaces plain lists', () => {
    const patch = { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }], args: ['--two'] }] } }
    const patched = applyStrategicMergePatch(pod, patch) as typeof pod
    expect(patched.spec.containers[0]).toEqual({
      name: 'a',
      image: 'a:1',
      env: [
        { name: 'Y', value: '2' },
        { name: 'X', value: '1' },
      ],
      args: ['--two'],
    })
    expect(patched.spec.containers[1]).toBe(pod.spec.containers[1])
  })

  it('deletes and replaces by directive', () => {
    const gone = { spec: { containers: [{ name: 'b', $patch: 'delete' }] } }
    expect(names(applyStrategicMergePatch(pod, gone))).toEqual(['a'])
    const all = { spec: { containers: [{ $patch: 'replace' }, { name: 'c', image: 'c:1' }] } }
    expect(names(applyStrategicMergePatch(pod, all))).toEqual(['c'])
  })

  it('orders by $setElementOrder', () => {
    const patch = { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } }
    expect(names(applyStrategicMergePatch(pod, patch))).toEqual(['b', 'a'])
  })

  it('merges finalizers by value and deletes them by $deleteFromPrimitiveList', () => {
    const patched = applyStrategicMergePatch(pod, { metadata: { finalizers: ['z/z'] } })
    expect(new Set((patched as typeof pod).metadata.finalizers)).toEqual(new Set(['x/y', 'z/z']))
    const emptied = applyStrategicMergePatch(pod, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x/y'] } })
    expect((emptied as typeof pod).metadata.finalizers).toEqual([])
  })

  it('replaces lists without a merge key', () => {
    const patched = applyStrategicMergePatch(pod, { spec: { tolerations: [{ key: 'new' }] } })
    expect((patched as typeof pod).spec.tolerations).toEqual([{ key: 'new' }])
  })

  it('refuses an element without its key', () => {
    expect(() => applyStrategicMergePatch(pod, { spec: { containers: [{ image: 'x' }] } })).toThrow(
      new StrategicPatchError('map: map[image:x] does not contain declared merge key: name'),
    )
  })
})

describe('server-side apply', () => {
  const live = {
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  }

  it('names fields as managedFields do', () => {
    const applied = { spec: { template: { spec: { containers: [{ name: 'web', ports: [{ containerPort: 80 }] }] } } } }
    const fields = fieldsOfValue(applied, rules)
    expect(printFields(fields)).toEqual({
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"web"}': {
                '.': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    })
    expect(pathsOf(fields)).toContain('.spec.template.spec.containers[name="web"].name')
  })

  it('adds its own element beside those of others', () => {
    const side = { spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } } }
    const { object, conflicts } = applyConfiguration(live, side, undefined, [], rules)
    expect(conflicts).toEqual([])
    expect(object.spec.template.spec.containers.map((container: { name: string }) => container.name)).toEqual([
      'web',
      'side',
    ])
  })

  it('finds whom it contradicts, and only where the value differs', () => {
    const owner = { label: '"hpa"', fields: fieldsOfValue({ spec: { replicas: 2 } }, rules) }
    expect(applyConfiguration(live, { spec: { replicas: 2 } }, undefined, [owner], rules).conflicts).toEqual([])
    const { conflicts } = applyConfiguration(live, { spec: { replicas: 3 } }, undefined, [owner], rules)
    expect(conflicts.map(({ owner: by, fields }) => [by.label, pathsOf(fields)])).toEqual([
      ['"hpa"', ['.spec.replicas']],
    ])
  })

  it('removes what it no longer says, unless somebody else owns it', () => {
    const before = { data: { mine: '1', shared: '2' } }
    const previous = fieldsOfValue(before, rules)
    const other = { label: '"other"', fields: fieldsOfValue({ data: { shared: '2' } }, rules) }
    const { object } = applyConfiguration(before, { data: {} }, previous, [other], rules)
    expect(object).toEqual({ data: { shared: '2' } })
  })
})
