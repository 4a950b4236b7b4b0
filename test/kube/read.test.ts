// What the reader asks a cluster for and hands out: lists, logs, rights, discovery; never the value of a Secret.
import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../src/core/errors.ts'
import { kindOf } from '../../src/objects/kinds.ts'
import { later, listOf, object, status } from './fake-api.ts'
import { readerOf } from './reader-of.ts'

const pods = kindOf('Pod')!

it('lists page by page and gives every item its kind', async () => {
  const { api, reader } = await readerOf(({ path, query }) => {
    if (path !== '/api/v1/namespaces/shop/pods') return undefined
    const from = Number(query.get('continue') ?? 0)
    const items = Array.from({ length: 500 }, (_, index) =>
      object(`web-${from + index}`, {}, { managedFields: [{ manager: 'x' }] }),
    )
    return listOf(from < 1000 ? items : items.slice(0, 3), {
      resourceVersion: '7',
      ...(from < 1000 ? { continue: String(from + 500) } : {}),
    })
  })
  const { items, resourceVersion, cut } = await reader.list(pods, {
    namespace: 'shop',
    labelSelector: 'app in (a,b)',
  })
  expect(items).toHaveLength(1003)
  expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0' } })
  expect(items[0]?.metadata.managedFields).toBeUndefined()
  expect({ resourceVersion, cut }).toEqual({ resourceVersion: '7', cut: false })
  expect(api.asked.map(({ query }) => query.get('continue'))).toEqual([null, '500', '1000'])
  expect(api.asked[2]?.query.get('labelSelector')).toBe('app in (a,b)')
})

it('stops at the limit and says so', async () => {
  const { api, reader } = await readerOf(({ query }) => {
    const count = Number(query.get('limit'))
    return listOf(
      Array.from({ length: count }, (_, index) => object(`web-${index}`)),
      { continue: 'more' },
    )
  })
  const listed = await reader.list(pods, { limit: 700 })
  expect(listed.items).toHaveLength(700)
  expect(listed.cut).toBe(true)
  expect(api.asked.map(({ query }) => query.get('limit'))).toEqual(['500', '200'])
})

it('keeps only what the caller projects', async () => {
  const { reader } = await readerOf(() => listOf([object('a'), object('b')]))
  const { items } = await reader.list(pods, { project: (item) => (item.metadata.name === 'b' ? item : undefined) })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['b'])
})

it('starts a list again when its continue token has expired', async () => {
  let first = true
  const { reader } = await readerOf(({ query }, response) => {
    if (query.get('continue') === null) return listOf([object('a')], first ? { continue: 'old' } : {})
    first = false
    return status(response, 410, 'the provided continue parameter is too old')
  })
  expect((await reader.list(pods)).items).toHaveLength(1)
})

it('sends nothing for a name that is none', async () => {
  const { api, reader } = await readerOf(() => undefined)
  await reader.kinds()
  const before = api.asked.length
  await expect(reader.read({ kind: 'Pod', namespace: 'shop', name: '../x' })).rejects.toThrow(/is no name/)
  await expect(reader.list(pods, { namespace: '-A' })).rejects.toThrow(/is no namespace/)
  await expect(reader.logs({ namespace: 'shop', pod: 'web', container: 'a&b' })).rejects.toThrow(/is no container/)
  await expect(reader.get('/api/v1/namespaces/shop/pods/web/exec')).rejects.toThrow(/not permitted/)
  expect(api.asked).toHaveLength(before)
})

it('never hands out the values of Secrets, by whatever path', async () => {
  const value = Buffer.from('hunter2hunter2').toString('base64')
  const item = object('db', { data: { password: value } })
  const { reader } = await readerOf(({ path, headers }) => {
    if (!path.includes('secrets') && path !== '/apis/x.io/v1/things') return undefined
    if (path === '/apis/x.io/v1/things')
      return listOf([{ kind: 'Thing', ...object('t'), spec: { embedded: { kind: 'Secret', ...item } } }])
    if (String(headers.accept).includes('Table'))
      return { kind: 'Table', rows: [{ cells: ['db'], object: { kind: 'Secret', ...item } }] }
    return path.endsWith('/db') ? { kind: 'Secret', apiVersion: 'v1', ...item } : listOf([item])
  })
  const secret = kindOf('Secret')!
  const seen = [
    await reader.list(secret),
    await reader.table(secret, { whole: true }),
    await reader.read({ kind: 'Secret', namespace: 'shop', name: 'db' }),
    await reader.get('/api/v1/secrets'),
    await reader.get('/api/v1/namespaces/shop/secrets/db'),
    await reader.get('/apis/x.io/v1/things'),
  ]
  for (const answer of seen) {
    expect(JSON.stringify(answer)).toContain('(hidden, 14 bytes)')
    expect(JSON.stringify(answer)).not.toContain(value)
  }
})

it('reads logs, bounded', async () => {
  const { api, reader } = await readerOf(({ path }, response) => {
    if (!path.endsWith('/log')) return undefined
    response.end('line\n'.repeat(1000))
    return later(response)
  })
  const { text, cut } = await reader.logs({
    namespace: 'shop',
    pod: 'web',
    container: 'c',
    previous: true,
    tailLines: 5,
    limitBytes: 100,
  })
  expect(text).toHaveLength(100)
  expect(cut).toBe(true)
  expect(Object.fromEntries(api.asked[0]?.query ?? [])).toEqual({
    container: 'c',
    previous: 'true',
    tailLines: '5',
    limitBytes: '100',
  })
})

it('asks whether it may', async () => {
  const { api, reader } = await readerOf(({ method, path, body }) => {
    if (method !== 'POST' || !path.endsWith('/selfsubjectaccessreviews')) return undefined
    const { spec } = JSON.parse(body) as { spec: { resourceAttributes: { verb: string } } }
    return { status: { allowed: spec.resourceAttributes.verb === 'list', reason: 'by rule' } }
  })
  expect(await reader.can({ verb: 'list', resource: 'pods/log', namespace: 'shop' })).toEqual({
    allowed: true,
    reason: 'by rule',
  })
  expect((await reader.can({ verb: 'delete', resource: 'pods' })).allowed).toBe(false)
  expect(JSON.parse(api.asked[0]?.body ?? '')).toMatchObject({
    spec: { resourceAttributes: { resource: 'pods', subresource: 'log', namespace: 'shop' } },
  })
})

describe('discovery', () => {
  it('is read once and knows every name', async () => {
    const { api, reader } = await readerOf(() => undefined)
    const kinds = await reader.kinds()
    await reader.kinds()
    expect(api.asked.map(({ path }) => path).sort()).toEqual(['/api', '/apis'])
    expect(kinds.byName('deploy')?.kind).toBe('Deployment')
    expect(kinds.byName('Deployments.apps')?.kind).toBe('Deployment')
    expect(kinds.byName('deployments.v1.apps')?.kind).toBe('Deployment')
    expect(kinds.byName('pods')?.apiVersion).toBe('v1')
    expect(kinds.byName('pods.metrics.k8s.io')?.kind).toBe('PodMetrics')
    expect(kinds.byName('events')?.apiVersion).toBe('v1')
    expect(kinds.byKind('Event', 'events.k8s.io/v1')?.apiVersion).toBe('events.k8s.io/v1')
    expect(kinds.byName('toString')).toBeUndefined()
    expect(kinds.byCategory('all').map(({ kind }) => kind)).toContain('StatefulSet')
  })

  it('that failed is tried again with the next question', async () => {
    let away = true
    const { reader } = await readerOf((_, response) => (away ? status(response, 503, 'starting') : undefined))
    await expect(reader.kinds()).rejects.toThrow(UnavailableError)
    away = false
    expect((await reader.kinds()).byName('deploy')?.kind).toBe('Deployment')
  })

  it('falls back to the older documents', async () => {
    const { reader } = await readerOf(({ path }, response) => {
      if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
      if (path === '/apis') {
        return {
          kind: 'APIGroupList',
          groups: [
            { name: 'apps', versions: [{ groupVersion: 'apps/v1' }], preferredVersion: { groupVersion: 'apps/v1' } },
            { name: 'metrics.k8s.io', versions: [{ groupVersion: 'metrics.k8s.io/v1beta1' }] },
          ],
        }
      }
      if (path === '/api/v1') {
        return {
          resources: [
            { name: 'pods', kind: 'Pod', namespaced: true, shortNames: ['po'], verbs: ['list'] },
            { name: 'pods/log', kind: 'Pod', namespaced: true },
          ],
        }
      }
      if (path === '/apis/apps/v1')
        return {
          resources: [{ name: 'deployments', singularName: 'deployment', kind: 'Deployment', namespaced: true }],
        }
      return status(response, 503, 'service unavailable')
    })
    const kinds = await reader.kinds()
    expect(kinds.byName('po')).toMatchObject({ kind: 'Pod', subresources: ['log'] })
    expect(kinds.byName('deployment')?.apiVersion).toBe('apps/v1')
    expect(kinds.missing).toEqual(['metrics.k8s.io/v1beta1'])
  })
})
