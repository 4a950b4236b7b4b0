// The HTTP listener for platforms that call us (Slack's HTTP mode). Bodies are bounded and handed on as raw bytes, because signatures are over bytes.
import { createServer, type IncomingMessage } from 'node:http'
import { messageOf } from '../core/errors.ts'
import { type Listening, listen, readBody } from '../http.ts'
import type { Logger } from '../log.ts'
import type { Door, DoorReply } from './contract.ts'

const MAX_BODY = 1024 * 1024
const TIMEOUT_MS = 10_000

/** Throws a SettingsError when the port is taken. Port 0 picks a free one. Whoever takes longer than `timeoutMs` to say what they want is cut off. */
export async function openDoors(
  port: number,
  doors: Door[],
  log: Logger,
  { timeoutMs = TIMEOUT_MS } = {},
): Promise<Listening> {
  // the shorter of both counts for the head of a request, the longer for all of it
  const limits = { requestTimeout: timeoutMs, headersTimeout: timeoutMs, connectionsCheckingInterval: 1000 }
  const server = createServer(limits, (request, response) => {
    void enter(request, doors)
      .catch((error: unknown): DoorReply => {
        log.error({ error: messageOf(error) }, 'a request to a chat door failed')
        return { status: 500, body: 'failed' }
      })
      .then(({ status, contentType, body }) => {
        response.writeHead(status, { 'content-type': contentType ?? 'text/plain; charset=utf-8' })
        response.end(body ?? '')
      })
  })
  return listen(server, port, 'API_PORT')
}

async function enter(request: IncomingMessage, doors: Door[]): Promise<DoorReply> {
  const path = request.url?.split('?')[0]
  const door = doors.find((one) => one.path === path)
  if (!door) return { status: 404, body: 'not found' }
  const body = await readBody(request, MAX_BODY)
  if (!body) return { status: 413, body: 'too large' }
  return door.handle({ method: request.method ?? 'GET', headers: request.headers, body })
}
