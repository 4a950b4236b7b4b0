import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { NotFoundError, NotPermittedError, UnavailableError, UsageError } from '../../src/core/errors.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { kindOf } from '../../src/objects/kinds.ts'
import { type Answer, type FakeApi, fakeApi, json, later, listOf, object, status } from './fake-api.ts'

const pods = kindOf('Pod')!
const open: FakeApi[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()))
})

async function readerOf(answer: Answer) {
  const api = await fakeApi(answer)
  open.push(api)
  return { api, reader: clusterAt('prod', api.url).reader }
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error as Error,
  )
}

describe('the reader', () => {
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

  it.each([
    [403, NotPermittedError, 'not permitted: list pods in shop'],
    [404, NotFoundError, 'said so'],
    [
      401,
      NotPermittedError,
      'Cluster prod does not accept our credentials (401): renew the token or certificate of its kubeconfig context.',
    ],
    [400, UsageError, 'said so'],
    [500, UnavailableError, 'Cluster prod answered 500 to: list pods in shop (said so).'],
  ])('maps %i to one error with one sentence', async (code, type, message) => {
    const { reader } = await readerOf((_, response) => status(response, code, 'said so'))
    const error = await failure(reader.list(pods, { namespace: 'shop' }))
    expect(error).toBeInstanceOf(type)
    expect(error.message).toBe(message)
  })

  it('names what is not permitted', async () => {
    const { reader } = await readerOf(({ path }, response) =>
      path.startsWith('/api/v1/') ? status(response, 403, 'forbidden') : undefined,
    )
    const error = await failure(reader.list(kindOf('Node')!))
    expect((error as NotPermittedError).what).toBe('list nodes')
    expect((await failure(reader.logs({ namespace: 'shop', pod: 'web' }))).message).toBe(
      'not permitted: read the logs of pod web in shop',
    )
    expect((await failure(reader.read({ kind: 'Pod', namespace: 'shop', name: 'web' }))).message).toBe(
      'not permitted: get pods web in shop',
    )
  })

  it('waits as long as a 429 asks, then goes on', async () => {
    let refused = 0
    const { reader } = await readerOf((_, response) => {
      if (refused++ === 0) return status(response, 429, 'slow down', { 'retry-after': '1' })
      return listOf([object('a')])
    })
    const began = Date.now()
    expect((await reader.list(pods)).items).toHaveLength(1)
    expect(Date.now() - began).toBeGreaterThanOrEqual(950)
  })

  it('gives the patience asked for to its caller when its own is over', async () => {
    const { reader } = await readerOf((_, response) => status(response, 429, 'slow down', { 'retry-after': '60' }))
    const error = await failure(reader.list(pods, { timeoutMs: 500 }))
    expect(error).toBeInstanceOf(UnavailableError)
    expect((error as UnavailableError).retryAfterMs).toBe(60_000)
  })

  it('gives up on a server that never answers', async () => {
    const { reader } = await readerOf((_, response) => later(response))
    const error = await failure(reader.list(pods, { timeoutMs: 200 }))
    expect(error).toBeInstanceOf(UnavailableError)
    expect(error.message).toBe('Cluster prod gave no answer within 200 ms to: list pods.')
  })

  it('gives up on an answer that trickles', async () => {
    const { reader } = await readerOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
      return later(response)
    })
    expect((await failure(reader.list(pods, { timeoutMs: 300 }))).message).toMatch(/no answer within/)
  })

  it('stops reading an answer that is too large', async () => {
    let sent = 0
    const { reader } = await readerOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const block = 'x'.repeat(64 * 1024)
      const push = () => {
        while (sent < 200 * 1024 * 1024 && response.write(block)) sent += block.length
      }
      response.on('drain', push)
      push()
      return later(response)
    })
    expect((await failure(reader.get('/api/v1/pods', { maxBytes: 1024 * 1024 }))).message).toBe(
      'Cluster prod answered with more than 1 MiB, the most that is read at once.',
    )
    expect(sent).toBeLessThan(50 * 1024 * 1024)
  })

  it('counts what a compressed answer unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32))
    const { reader } = await readerOf(({ path }, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(path === '/bomb' ? bomb : gzipSync(JSON.stringify(listOf([object('a')]))))
      return later(response)
    })
    expect((await reader.list(pods)).items).toHaveLength(1)
    expect((await failure(reader.get('/bomb', { maxBytes: 1024 * 1024 }))).message).toMatch(/more than 1 MiB/)
  })

  it.each([
    ['no JSON', '<html>'],
    ['half of it', '{"items":[{"metada'],
  ])('says when the answer is %s', async (_, body) => {
    const { reader } = await readerOf((__, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(body)
      return later(response)
    })
    expect((await failure(reader.list(pods))).message).toBe('Cluster prod answered with something that is no JSON.')
  })

  it.each([[null], [[]], [{ items: 'x' }], [{ items: [null, 1, { metadata: null }] }]])(
    'survives the odd answer %j',
    async (answer) => {
      const { reader } = await readerOf(({ path }, response) =>
        path === '/api/v1/pods' ? json(response, 200, answer) : undefined,
      )
      const result = await reader.list(pods).catch((error: unknown) => error)
      if (result instanceof Error) expect(result.message).toMatch(/no list of pods/)
      else expect(result).toMatchObject({ items: [] })
    },
  )

  it('says that nobody listens', async () => {
    const api = await fakeApi(() => undefined)
    await api.close()
    const error = await failure(clusterAt('prod', api.url).reader.kinds())
    expect(error).toBeInstanceOf(UnavailableError)
    expect(error.message).toBe('Cluster prod cannot be reached: connection refused.')
  })

  it('tries again when a kept-alive connection had died', async () => {
    let count = 0
    const { reader } = await readerOf((_, response) => {
      if (count++ === 1) {
        response.socket?.destroy()
        return later(response)
      }
      return listOf([object('a')])
    })
    await reader.list(pods)
    expect((await reader.list(pods)).items).toHaveLength(1)
  })

  it('stops when its caller does', async () => {
    const { reader } = await readerOf((_, response) => later(response))
    const controller = new AbortController()
    const listing = reader.list(pods, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('asked to stop')), 50)
    expect((await failure(listing)).message).toBe('asked to stop')
  })

  it('does not follow redirects', async () => {
    const elsewhere = await readerOf(() => listOf([object('stolen')]))
    const { reader } = await readerOf((_, response) => {
      response.writeHead(302, { location: `${elsewhere.api.url}/api/v1/pods` })
      response.end()
      return later(response)
    })
    expect(await failure(reader.list(pods))).toBeInstanceOf(UnavailableError)
    expect(elsewhere.api.asked).toHaveLength(0)
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
