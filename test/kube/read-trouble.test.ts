// What becomes of a read when the cluster refuses, stalls, breaks off or talks too much: one sentence, in time, within bounds.
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { NotFoundError, NotPermittedError, UnavailableError, UsageError } from '../../src/core/errors.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { kindOf } from '../../src/objects/kinds.ts'
import { fakeApi, json, later, listOf, object, status } from './fake-api.ts'
import { failure, readerOf } from './reader-of.ts'

const pods = kindOf('Pod')!

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
  const error = await failure(reader.list(pods, { timeoutMs: 10_000 }))
  expect(error).toBeInstanceOf(UnavailableError)
  expect((error as UnavailableError).retryAfterMs).toBe(60_000)
})

it('gives up on a server that never answers', async () => {
  const { reader } = await readerOf((_, response) => later(response))
  const error = await failure(reader.list(pods, { timeoutMs: 200 }))
  expect(error).toBeInstanceOf(UnavailableError)
  expect(error.message).toMatch(/^Cluster prod gave no answer within \d+ ms to: list pods\.$/)
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
