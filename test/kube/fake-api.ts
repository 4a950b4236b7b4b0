// A far end for odd cases: a plain HTTP server that says what a test tells it to, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { KINDS, type Kind } from '../../src/objects/kinds.ts'
import { groupOf } from '../../src/objects/object.ts'

export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}
export type Answer = (asked: Asked, response: ServerResponse) => unknown

export interface FakeApi {
  url: string
  asked: Asked[]
  close(): Promise<void>
}

/** What a cluster without any custom resource definition serves. */
export const BUILT_IN = KINDS.filter(
  ({ apiVersion }) => !/^(gateway|cert-manager|argoproj|keda|.*\.fluxcd|.*\.istio)\./.test(apiVersion),
)

/** The same for one test, at whose end it closes. */
export async function apiOf(answer: Answer): Promise<FakeApi> {
  const api = await fakeApi(answer)
  onTestFinished(() => api.close())
  return api
}

/** What `answer` returns is sent as JSON with 200; undefined means that it answered itself, or 404. */
export async function fakeApi(
  answer: Answer,
  options: { port?: number; kinds?: readonly Kind[] } = {},
): Promise<FakeApi> {
  const kinds = options.kinds ?? BUILT_IN
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://api')
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      asked.push(one)
      const own = answer(one, response)
      const value = own ?? (response.headersSent || HANDLED.has(response) ? undefined : discovery(one, kinds))
      if (value !== undefined) json(response, 200, value)
      else if (!response.headersSent && !response.destroyed && !HANDLED.has(response))
        status(response, 404, 'the server could not find the requested resource')
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const HANDLED = new WeakSet<ServerResponse>()

/** Says that the test answers later, or never. */
export function later(response: ServerResponse): undefined {
  HANDLED.add(response)
}

export function json(
  response: ServerResponse,
  code: number,
  value: unknown,
  headers: Record<string, string> = {},
): undefined {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

export function status(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): undefined {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }, headers)
}

/** Both aggregated documents, with every built-in kind and those of the test's own. */
function discovery({ path }: Asked, kinds: readonly Kind[]): unknown {
  if (path !== '/api' && path !== '/apis') return undefined
  const groups = new Map<string, Map<string, unknown[]>>()
  for (const kind of kinds) {
    const group = groupOf(kind.apiVersion)
    if ((group === '') !== (path === '/api')) continue
    const version = kind.apiVersion.split('/').at(-1) ?? ''
    const versions = groups.get(group) ?? new Map<string, unknown[]>()
    groups.set(group, versions)
    const resources = versions.get(version) ?? []
    versions.set(version, resources)
    resources.push({
      resource: kind.plural,
      responseKind: { group, version, kind: kind.kind },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: kind.singular,
      shortNames: kind.short,
      categories: kind.categories,
      verbs: ['get', 'list', 'watch'],
    })
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    items: [...groups].map(([name, versions]) => ({
      metadata: { name },
      versions: [...versions].map(([version, resources]) => ({ version, resources, freshness: 'Current' })),
    })),
  }
}

export function listOf(items: unknown[], metadata: Record<string, unknown> = { resourceVersion: '100' }): unknown {
  return { kind: 'List', apiVersion: 'v1', metadata, items }
}

export function object(
  name: string,
  more: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): Record<string, unknown> {
  return { metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', ...metadata }, ...more }
}
