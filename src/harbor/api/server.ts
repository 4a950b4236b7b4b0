// The HTTP face of a practice cluster: reads a request, finds its handler, answers with an object or the API's own Status.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Realm } from '../realm.ts'
import { StatusError } from '../status.ts'
import { type Accepted, negotiate } from './accept.ts'
import { authenticate, authorize } from './auth.ts'
import type { Context } from './context.ts'
import type { ApiRequest } from './request.ts'
import { type Answer, failure, PRACTICE, send } from './respond.ts'
import { route } from './route.ts'

// an API server takes 3 MiB; more is a client's mistake
const MAX_BODY = 3 * 1024 * 1024

export interface ApiServer {
  server: Server
  close(): Promise<void>
}

export function createApiServer(realm: Realm): ApiServer {
  const streams = new Set<() => void>()
  const onClose = (end: () => void) => {
    streams.add(end)
    return () => void streams.delete(end)
  }
  const server = createServer((incoming, response) => {
    void serve(realm, incoming, response, onClose)
  })
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n'))
  // watches stay open for half an hour
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  return {
    server,
    close() {
      for (const end of streams) end()
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

async function serve(
  realm: Realm,
  incoming: IncomingMessage,
  response: ServerResponse,
  onClose: Context['onClose'],
): Promise<void> {
  const warnings: string[] = []
  let format: Accepted['format'] = 'json'
  try {
    response.setHeader('Server', PRACTICE)
    response.setHeader('Audit-Id', randomUUID())
    response.setHeader('Cache-Control', 'no-cache, private')
    response.on('error', () => undefined)
    const request = await readRequest(incoming)
    authenticate(realm, request)
    authorize(realm, request)
    const context: Context = {
      realm,
      request,
      accepted: { format: 'json', representation: { as: 'object' }, discovery: undefined },
      warn: (text) => void warnings.push(text),
      response,
      onClose,
    }
    const answer = await route(context, () => {
      context.accepted = negotiate(request.headers.accept)
      format = context.accepted.format
    })
    if (answer) send(response, answer, format, warnings)
  } catch (error) {
    finish(response, failure(error), warnings)
  }
}

function finish(response: ServerResponse, answer: Answer, warnings: string[]): void {
  if (response.headersSent) {
    response.end()
    return
  }
  send(response, answer, 'json', warnings)
}

async function readRequest(incoming: IncomingMessage): Promise<ApiRequest> {
  const url = parseUrl(incoming.url ?? '/')
  const agent = String(incoming.headers['user-agent'] ?? 'unknown')
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: await readBody(incoming),
    user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
    agent: (agent.split('/')[0] ?? 'unknown').slice(0, 128) || 'unknown',
  }
}

function parseUrl(text: string): URL {
  try {
    // a proxy's client names the host, and a path may begin with two slashes, which would be one
    return new URL(`http://cluster.local/${text.replace(/^https?:\/\/[^/]*/i, '').replace(/^\/+/, '')}`)
  } catch {
    throw new StatusError(400, 'BadRequest', 'the URL of the request cannot be parsed')
  }
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY) chunks.push(chunk)
  }
  if (size > MAX_BODY) {
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`)
  }
  return Buffer.concat(chunks)
}
