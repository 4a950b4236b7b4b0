// The HTTP listener of the alert webhooks: bounded in bytes, time and connections. The gateway takes over `takeAlert` when it is there.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Store } from '../../store/store.ts'
import type { IncidentSettings } from '../settings.ts'
import { openDoorsOf, type Taken, takeAlert } from './take.ts'

const MAX_BODY = 1024 * 1024
const MAX_CONNECTIONS = 100

export interface Alerts {
  port: number
  close(): Promise<void>
}

export interface AlertsParts {
  settings: IncidentSettings
  store: Store
  clusters: readonly string[]
  log: Logger
  metrics: Metrics
}

/** Undefined when no secret is set. Throws a SettingsError when the port is taken. */
export async function startAlerts(parts: AlertsParts): Promise<Alerts | undefined> {
  const doors = openDoorsOf(parts.settings)
  if (doors.length === 0) return undefined
  const server = createServer((request, response) => {
    void enter(request)
      .catch((): Taken => ({ status: 400, text: 'The request could not be read.' }))
      .then(({ status, text }) => {
        response.writeHead(status, {
          'content-type': 'text/plain; charset=utf-8',
          ...(status === 405 ? { allow: 'POST' } : {}),
          // what was not read stands in the way of the next request
          ...(status === 413 || status === 415 ? { connection: 'close' } : {}),
        })
        response.end(`${text}\n`)
      })
  })
  server.requestTimeout = 10_000
  server.headersTimeout = 5000
  server.maxConnections = MAX_CONNECTIONS

  async function enter(request: IncomingMessage): Promise<Taken> {
    const name = /^\/webhooks\/([a-z]+)$/.exec(request.url?.split('?')[0] ?? '')?.[1]
    const door = doors.find((one) => one.name === name)
    if (!door) return { status: 404, text: 'There is no such webhook, or its secret is not set.' }
    if (request.method !== 'POST') return { status: 405, text: 'Webhooks are delivered by POST.' }
    if (!isJson(request))
      return { status: 415, text: 'Only JSON is taken, and not compressed: set Content-Type: application/json.' }
    const body = await readBody(request)
    if (!body) return { status: 413, text: `More than ${MAX_BODY / 1024} KB are not taken.` }
    const taken = await takeAlert(door, { headers: request.headers, body, now: Date.now() }, parts)
    parts.metrics.count('alert_deliveries_total', 'Deliveries of alerts over HTTP', {
      source: door.name,
      status: taken.status,
    })
    if (taken.status >= 400)
      parts.log.warn({ source: door.name, status: taken.status, why: taken.text }, 'a delivery of alerts was not taken')
    return taken
  }

  const { INCIDENT_PORT: port } = parts.settings
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new SettingsError(
              `INCIDENT_PORT ${port} is in use by another program: stop that one, or set INCIDENT_PORT to another port.`,
            )
          : error,
      )
    })
    server.listen(port, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  parts.log.info({ port: bound, sources: doors.map((door) => door.name) }, 'alerts are taken over HTTP')
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Also what simple clients call it when nobody tells them; whether it is JSON shows when it is read. */
function isJson({ headers }: IncomingMessage): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return (
    (headers['content-encoding'] ?? 'identity') === 'identity' &&
    /^(|application\/(json|octet-stream|x-www-form-urlencoded|[\w.-]{1,100}\+json)|text\/plain)$/.test(type)
  )
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
