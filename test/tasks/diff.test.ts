// What a card says of a request comes from the request's own bytes, element by element.
import { describe, expect, it } from 'vitest'
import { diffOfObjects, diffOfRequest } from '../../src/tasks/change/diff.ts'

const C = '/spec/template/spec/containers/0'
const NAMED = { op: 'test', path: `${C}/name`, value: 'web' }
const test = (path: string, value: unknown) => ({ op: 'test', path, value })
const put = (path: string, value: unknown) => ({ op: 'replace', path, value })
const add = (path: string, value: unknown) => ({ op: 'add', path, value })
const patch = (...body: unknown[]) => diffOfRequest({ method: 'PATCH', path: '/x', body })

describe('a patch', () => {
  const SECRET_REF = { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'shop-db', key: 'url' } } }
  it.each<[string, unknown[], string[]]>([
    ['a count', [test('/spec/replicas', 3), put('/spec/replicas', 5)], ['replicas: 3 → 5']],
    [
      'variables replaced as a whole list',
      [
        NAMED,
        test(`${C}/env`, [
          { name: 'PORT', value: '80' },
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'OLD', value: '1' },
        ]),
        put(`${C}/env`, [{ name: 'LOG_LEVEL', value: 'debug' }, { name: 'PORT', value: '80' }, SECRET_REF]),
      ],
      ['web: env LOG_LEVEL: info → debug', '- web: env OLD: 1', '+ web: env DATABASE_URL from Secret shop-db, key url'],
    ],
    [
      'a variable appended to a list that is made for it',
      [NAMED, test(`${C}/env`, null), add(`${C}/env`, []), add(`${C}/env/-`, { name: 'A', value: '1' })],
      ['+ web: env A: 1'],
    ],
    [
      'a variable removed by its place',
      [NAMED, test(`${C}/env/0`, { name: 'A', value: '1' }), { op: 'remove', path: `${C}/env/0` }],
      ['- web: env A: 1'],
    ],
    [
      'an image',
      [NAMED, test(`${C}/image`, 'shop/web:1'), put(`${C}/image`, 'shop/web:2')],
      ['web: image: shop/web:1 → shop/web:2'],
    ],
    [
      'arguments',
      [NAMED, test(`${C}/args`, ['a', 'b']), put(`${C}/args`, ['b', 'c'])],
      ['- web: args: a', '+ web: args: c'],
    ],
    ['limits', [NAMED, add(`${C}/resources/limits/memory`, '1Gi')], ['+ web: limits.memory: 1Gi']],
    ['an annotation', [add('/metadata/annotations/a.b~1owner', 'mira')], ['+ annotation a.b/owner: mira']],
    ['an annotation of the pods', [add('/spec/template/metadata/annotations/at', 'now')], ['+ pod annotation at: now']],
    ['a field that goes', [test('/spec/paused', true), { op: 'remove', path: '/spec/paused' }], ['- paused: true']],
    [
      'a page of text, line by line',
      [test('/data/conf', 'a=1\nb=2\n'), put('/data/conf', 'a=1\nb=3\n')],
      ['- data.conf: b=2', '+ data.conf: b=3'],
    ],
  ])('%s', (_, body, lines) => expect(patch(...body)).toEqual(lines))

  it('names the container that is meant, not its place', () => {
    const second = C.replace('/0', '/1')
    expect(patch(test(`${second}/name`, 'proxy'), add(`${second}/image`, 'p:1'))).toEqual(['+ proxy: image: p:1'])
    expect(patch(add(`${second}/image`, 'p:1'))).toEqual(['+ container 2: image: p:1'])
  })

  it('says that something is cut, and hides what looks like a secret', () => {
    expect(patch(add('/data/x', 'y'.repeat(500)))[0]).toMatch(/\(cut, 500 characters\)$/)
    expect(patch(NAMED, add(`${C}/env/-`, { name: 'DB_PASSWORD', value: 'hunter2hunter2' })).join()).not.toContain(
      'hunter2',
    )
  })

  it('shows a value that looks like two values as what it is', () => {
    expect(patch(add('/data/x', 'a\n- spec.replicas: 0'))).toEqual(['+ data.x: a⏎- spec.replicas: 0'])
  })
})

describe('objects', () => {
  it('elements by name, without what the server writes itself', () => {
    const of = (containers: unknown[], version: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'web',
        uid: 'u',
        resourceVersion: version,
        generation: Number(version),
        managedFields: [version],
      },
      spec: { template: { spec: { containers } } },
      status: { readyReplicas: Number(version) },
    })
    expect(diffOfObjects(of([{ name: 'web', image: 'w:1' }], '1'), of([{ name: 'web', image: 'w:1' }], '2'))).toEqual(
      [],
    )
    expect(
      diffOfObjects(
        of([{ name: 'web', image: 'w:1' }], '1'),
        of(
          [
            { name: 'mesh', image: 'm:1' },
            { name: 'web', image: 'w:2' },
          ],
          '2',
        ),
      ),
    ).toEqual(['web: image: w:1 → w:2', '+ mesh: image: m:1'])
  })

  it('a creation is what it holds; a deletion and an eviction hold nothing', () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' }, data: { a: 'b' } }
    expect(diffOfRequest({ method: 'POST', path: '/x', body })).toEqual(['+ data.a: b'])
    expect(diffOfRequest({ method: 'DELETE', path: '/x', body: { kind: 'DeleteOptions' } })).toEqual([])
    expect(diffOfRequest({ method: 'POST', path: '/x', body: { kind: 'Eviction', metadata: { name: 'p' } } })).toEqual(
      [],
    )
  })

  it('another order, and depth without end', () => {
    const [a, b] = [
      { name: 'a', x: 1 },
      { name: 'b', x: 1 },
    ]
    expect(diffOfObjects({ list: [a, b] }, { list: [b, a] })).toEqual(['list: another order (b, a)'])
    let deep: unknown = 'x'
    for (let depth = 0; depth < 60; depth++) deep = { a: deep }
    expect(diffOfObjects(undefined, { deep }).join()).toMatch(/deeper than can be shown/)
  })
})
