// The HTTP listener for platforms that call us (Slack's HTTP mode). Bodies are bounded and handed on as raw bytes, because signatures are over bytes.
import { createServer, type IncomingMessage } from 'node:http'
import { messageOf } from '../core/errors.ts'
import { type Listening, listen, readBody } from '../http.ts'
import type { Logger } from '../log.ts'
import type { Door, DoorReply } from './contract.ts'

const MAX_BODY = 1024 * 1024

/** Throws a SettingsError when the port is taken. Port 0 picks a free one. */
export async function openDoors(port: number, doors: Door[], log: Logger): Promise<Listening> {
  const server = createServer((request, response) => {
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
  server.requestTimeout = 10_000
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
