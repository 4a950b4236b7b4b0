import { describe, expect, it } from 'vitest'
import { createStore } from '../../src/harbor/store.ts'
import type { KubeObject } from '../../src/objects/object.ts'

function object(name: string, namespace = 'a', data = '1'): KubeObject {
  const metadata = { name, namespace, uid: `${namespace}-${name}` }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { v: data } }
}
const names = (list: KubeObject[] | undefined) => list?.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)

describe('the store', () => {
  it('lists in the order of keys, where "-" comes before "/"', () => {
    const store = createStore()
    for (const [name, namespace] of [
      ['b', 'a'],
      ['a', 'a'],
      ['z', 'a-b'],
      ['c', 'a'],
    ])
      store.put('configmaps', object(name ?? '', namespace))
    expect(names(store.list('configmaps'))).toEqual(['a-b/z', 'a/a', 'a/b', 'a/c'])
    expect(names(store.list('configmaps', 'a'))).toEqual(['a/a', 'a/b', 'a/c'])
  })

  it('gives every write a new revision and freezes what it keeps', () => {
    const store = createStore()
    const first = store.put('configmaps', object('x'))
    const second = store.put('configmaps', object('x', 'a', '2'))
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1)
    expect(Object.isFrozen(second.data)).toBe(true)
  })

  it('lists the past and replays what happened since', () => {
    const store = createStore()
    store.put('configmaps', object('kept'))
    store.put('configmaps', object('changed'))
    const gone = store.put('configmaps', object('gone'))
    const then = store.revision()
    store.put('configmaps', object('changed', 'a', '2'))
    store.remove('configmaps', gone)
    store.put('configmaps', object('new'))
    const past = store.listAt('configmaps', 'a', then)
    expect(names(past)).toEqual(['a/changed', 'a/gone', 'a/kept'])
    expect(past?.[0]?.data.v).toBe('1')
    expect(store.changesAfter('configmaps', then)?.map(({ type, object: at }) => [type, at.metadata.name])).toEqual([
      ['MODIFIED', 'changed'],
      ['DELETED', 'gone'],
      ['ADDED', 'new'],
    ])
  })

  it('forgets the past when compacted', () => {
    const store = createStore()
    store.put('configmaps', object('x'))
    const then = store.revision()
    store.put('configmaps', object('y'))
    store.compact()
    expect(store.changesAfter('configmaps', then)).toBeUndefined()
    expect(store.listAt('configmaps', undefined, then)).toBeUndefined()
    expect(store.changesAfter('configmaps', store.revision())).toEqual([])
  })

  it('keeps a bounded history', () => {
    const store = createStore()
    const start = store.revision()
    for (let count = 0; count < 6000; count++) store.put('configmaps', object('x', 'a', String(count)))
    expect(store.changesAfter('configmaps', start)).toBeUndefined()
    expect(store.changesAfter('configmaps', store.revision() - 100)).toHaveLength(100)
  })

  it('finds by uid and by owner, also after a change of owners', () => {
    const store = createStore()
    const owned = object('child')
    owned.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'p', uid: 'parent' }]
    const stored = store.put('configmaps', owned)
    expect(store.byUid('a-child')?.object).toBe(stored)
    expect(store.ownedBy('parent').map((entry) => entry.object.metadata.name)).toEqual(['child'])
    store.put('configmaps', object('child'))
    expect(store.ownedBy('parent')).toEqual([])
  })
})
