// How requests come to the fake REST API, and how they are answered.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readMultipart } from './multipart.ts'
import { refusedBy } from './openapi.ts'
import type { Answer, Call, RouteContext } from './route.ts'
import { find } from './routes.ts'
import type { ApiRequest } from './shape.ts'

export interface Asked {
  request: IncomingMessage
  url: URL
  /** without the version */
  path: string
  raw: Buffer
  record: ApiRequest
}

/** Does what a request asks for; `token` is the bot's. */
export function perform({ request, url, path, raw, record }: Asked, token: string, context: RouteContext): Answer {
  if (!url.pathname.startsWith('/api/v10/')) return { status: 404, body: { message: '404: Not Found', code: 0 } }
  const found = find(request.method ?? 'GET', path)
  if (!found) return { status: 404, body: { message: '404: Not Found', code: 0 } }
  // what carries an interaction's token needs no other
  const open = /^\/(interactions|webhooks)\//.test(path) || path === '/gateway'
  if (!open && request.headers.authorization !== `Bot ${token}`)
    return { status: 401, body: { message: '401: Unauthorized', code: 0 } }
  const type = String(request.headers['content-type'] ?? '')
  const call: Call = { params: found.params, query: url.searchParams, body: {}, files: new Map() }
  try {
    if (type.startsWith('multipart/form-data')) {
      const parts = readMultipart(type, raw)
      if (!parts) return { status: 400, body: { message: 'Invalid Form Body', code: 50035 } }
      call.body = parts.json as Record<string, unknown>
      call.files = parts.files
    } else if (raw.length > 0) call.body = JSON.parse(raw.toString()) as Record<string, unknown>
  } catch {
    return { status: 400, body: { message: 'The request body contains invalid JSON.', code: 50109 } }
  }
  record.body = call.body
  const unknown = refusedBy(request.method ?? 'GET', path, url.searchParams, raw.length > 0 ? call.body : undefined)
  if (unknown) return { status: 400, body: { message: `Invalid Form Body: ${unknown}`, code: 50035 } }
  record.files = call.files.size
  return found.route(call, context)
}

export function send(response: ServerResponse, record: ApiRequest, { status, body }: Answer): void {
  record.status = status
  record.answer = body
  // no body, no type: the client would try to read one
  if (body === undefined) response.writeHead(status).end()
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
