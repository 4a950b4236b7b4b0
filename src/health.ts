// /healthz, /readyz and /metrics of one process on HEALTH_PORT. Says nothing about the cluster and needs no account.
import { createServer } from 'node:http'
import { type Listening, listen } from './http.ts'

export interface HealthSource {
  /** what is not ready, as sentences; empty = ready */
  notReady(): Promise<string[]>
  metrics(): Promise<{ contentType: string; text: string }>
}

/** Port 0 picks a free one. Throws a SettingsError when the port is taken. */
export async function startHealth(port: number, source: HealthSource): Promise<Listening> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', source)
      .catch((error: unknown) => ({ status: 500, type: 'text/plain', text: `${String(error)}\n` }))
      .then(({ status, type, text }) => {
        response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' })
        response.end(request.method === 'HEAD' ? undefined : text)
      })
  })
  // the longer of both counts for a whole request
  server.requestTimeout = 5000
  server.headersTimeout = 5000
  return listen(server, port, 'HEALTH_PORT')
}

async function answer(url: string, source: HealthSource): Promise<{ status: number; type: string; text: string }> {
  const path = url.split('?')[0]
  if (path === '/healthz') return { status: 200, type: 'text/plain', text: 'ok\n' }
  if (path === '/readyz') {
    const missing = await source.notReady()
    return missing.length === 0
      ? { status: 200, type: 'text/plain', text: 'ready\n' }
      : { status: 503, type: 'text/plain', text: `${missing.join('\n')}\n` }
  }
  if (path === '/metrics') {
    const { contentType, text } = await source.metrics()
    return { status: 200, type: contentType.split(';')[0] ?? 'text/plain', text }
  }
  return { status: 404, type: 'text/plain', text: 'not found: there are /healthz, /readyz and /metrics\n' }
}
