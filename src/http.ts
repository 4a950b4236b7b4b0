// What every HTTP listener of ours does alike: take a port or say in one sentence why not, read a bounded body, close.
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from './core/errors.ts'

const CLOSE_MS = 2000

export interface Listening {
  port: number
  /** waits a little for the requests that are being answered */
  close(): Promise<void>
}

/** `setting` is the name of what holds the port. Port 0 picks a free one; without `host` all addresses. Throws a SettingsError when the port is taken. */
export async function listen(server: Server, port: number, setting: string, host?: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new SettingsError(
              `${setting} ${port} is in use by another program: stop that one, or set ${setting} to another port (0 picks a free one).`,
            )
          : error,
      )
    })
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

/** The raw bytes, because signatures are over bytes; undefined when there are more than `max`: the rest is thrown away, so that the answer is still heard. */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > max) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length
    if (size > max) {
      request.resume()
      return undefined
    }
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
