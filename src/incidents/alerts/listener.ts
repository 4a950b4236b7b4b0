// The HTTP listener of the alert webhooks: bounded in bytes, time and connections. The gateway takes over `takeAlert` when it is there.
import { createServer, type IncomingMessage } from 'node:http'
import { type Listening, listen, readBody } from '../../http.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Store } from '../../store/store.ts'
import type { IncidentSettings } from '../settings.ts'
import { openDoorsOf, type Taken, takeAlert } from './take.ts'

const MAX_BODY = 1024 * 1024
const MAX_CONNECTIONS = 100

export interface AlertsParts {
  settings: IncidentSettings
  store: Store
  clusters: readonly string[]
  log: Logger
  metrics: Metrics
}

/** Undefined when no secret is set. Throws a SettingsError when the port is taken. */
export async function startAlerts(parts: AlertsParts): Promise<Listening | undefined> {
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
    const body = await readBody(request, MAX_BODY)
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
  const listening = await listen(server, port, 'INCIDENT_PORT')
  parts.log.info({ port: listening.port, sources: doors.map((door) => door.name) }, 'alerts are taken over HTTP')
  return listening
}

/** Also what simple clients call it when nobody tells them; whether it is JSON shows when it is read. */
function isJson({ headers }: IncomingMessage): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return (
    (headers['content-encoding'] ?? 'identity') === 'identity' &&
    /^(|application\/(json|octet-stream|x-www-form-urlencoded|[\w.-]{1,100}\+json)|text\/plain)$/.test(type)
  )
}
