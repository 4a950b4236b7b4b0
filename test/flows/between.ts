// A wire between a cluster and whoever watches it: cut, so that the API server is gone, or mended after its history was compacted.
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Between {
  url: string
  /** watches begun so far, by path */
  watches: string[]
  /** every connection breaks, no new one is answered */
  cut(): void
  /** `compacted`: the next watch of each kind that resumes is told that its resource version is too old (410) */
  mend(options?: { compacted?: boolean }): void
  close(): Promise<void>
}

export async function startBetween(target: string): Promise<Between> {
  const watches: string[] = []
  let away = false
  let expired = new Set<string>()
  const server = createServer((incoming, answer) => {
    if (away) return void incoming.socket.destroy()
    const url = new URL(incoming.url ?? '/', target)
    if (url.searchParams.get('watch') === 'true') {
      watches.push(url.pathname)
      if (expired.delete(url.pathname)) {
        const object = {
          kind: 'Status',
          status: 'Failure',
          reason: 'Expired',
          code: 410,
          message: 'too old resource version',
        }
        answer.writeHead(200, { 'content-type': 'application/json' })
        return void answer.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
      }
    }
    const to = request(url, { method: incoming.method, headers: { ...incoming.headers, host: url.host } }, (from) => {
      answer.writeHead(from.statusCode ?? 500, from.headers)
      from.pipe(answer)
      from.on('error', () => answer.destroy())
    })
    to.on('error', () => answer.destroy())
    answer.on('close', () => to.destroy())
    incoming.pipe(to)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watches,
    cut() {
      away = true
      server.closeAllConnections()
    },
    mend({ compacted = false } = {}) {
      if (compacted) expired = new Set(watches)
      away = false
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
