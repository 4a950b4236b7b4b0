// A wire between a cluster and whoever speaks to it: every request passes under the eyes of a test, which may answer it itself, hold it or lose it.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  /** with its query */
  path: string
  body: string
  dryRun: boolean
  /** it would change something, were it no dry run */
  isChange: boolean
}

/** Answers a request itself, or lets it pass; doing neither leaves it without an answer. */
export type Bend = (seen: Seen, answer: ServerResponse, pass: Pass) => void
/** `lost`: the cluster takes the request, and its answer never comes back; called once it was given */
export type Pass = (lost?: () => void) => void

export interface Wire {
  url: string
  /** every connection breaks; whoever speaks to the cluster has to begin anew */
  break(): void
  close(): Promise<void>
}

export async function startWire(target: string | (() => string), bend: Bend): Promise<Wire> {
  const server = createServer((incoming, answer) => void take(incoming, answer).catch(() => answer.destroy()))

  async function take(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const path = incoming.url ?? '/'
    const method = incoming.method ?? 'GET'
    const seen = {
      method,
      path,
      body: body.toString(),
      dryRun: path.includes('dryRun='),
      isChange: method !== 'GET' && !path.includes('/selfsubject'),
    }
    bend(seen, answer, (lost) => {
      const url = new URL(path, typeof target === 'function' ? target() : target)
      const to = request(url, { method, headers: { ...incoming.headers, host: url.host } }, (from) => {
        if (lost) {
          from.resume()
          return lost()
        }
        answer.writeHead(from.statusCode ?? 500, from.headers)
        from.pipe(answer)
        from.on('error', () => answer.destroy())
      })
      to.on('error', () => answer.destroy())
      answer.on('close', () => to.destroy())
      to.end(body)
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    break: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** As the API server refuses. */
export function refuse(answer: ServerResponse, code: number, message: string): void {
  answerWith(answer, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code })
}

export function answerWith(answer: ServerResponse, code: number, body: unknown): void {
  answer.writeHead(code, { 'content-type': 'application/json' })
  answer.end(JSON.stringify(body))
}
