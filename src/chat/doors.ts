// The HTTP listener for platforms that call us (Slack's HTTP mode). Bodies are bounded and handed on as raw bytes, because signatures are over bytes.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, SettingsError } from '../core/errors.ts'
import type { Logger } from '../log.ts'
import type { Door, DoorReply } from './contract.ts'

const MAX_BODY = 1024 * 1024

export interface Doors {
  port: number
  close(): Promise<void>
}

/** Throws a SettingsError when the port is taken. Port 0 picks a free one. */
export async function openDoors(port: number, doors: Door[], log: Logger): Promise<Doors> {
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new SettingsError(
              `API_PORT ${port} is in use by another program: stop that one, or set API_PORT to another port.`,
            )
          : error,
      )
    })
    server.listen(port, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

async function enter(request: IncomingMessage, doors: Door[]): Promise<DoorReply> {
  const path = request.url?.split('?')[0]
  const door = doors.find((one) => one.path === path)
  if (!door) return { status: 404, body: 'not found' }
  const body = await readBody(request)
  if (!body) return { status: 413, body: 'too large' }
  return door.handle({ method: request.method ?? 'GET', headers: request.headers, body })
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
