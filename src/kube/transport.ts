// Sends one HTTP request to one API server: bounded in time and bytes while it streams, never following a redirect.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Connection } from './connection.ts'

export interface HttpRequest {
  method: string
  /** with query, percent-encoded */
  path: string
  headers?: Record<string, string>
  body?: string
  /** for the whole answer; of a stream: until its first byte */
  timeoutMs: number
  signal?: AbortSignal
}

interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** the body had more than `maxBytes` */
  cut: boolean
}

export interface HttpStream {
  status: number
  headers: IncomingHttpHeaders
  body: Readable
  close(): void
}

export interface Transport {
  send(request: HttpRequest & { maxBytes: number }): Promise<HttpAnswer>
  open(request: HttpRequest): Promise<HttpStream>
}

/** The cluster did not answer in time. */
class TimeoutError extends Error {
  override name = 'TimeoutError'
}

/** `guard` sees every request just before it is sent, and throws to refuse it. */
export function createTransport(connection: Connection, guard: (method: string, path: string) => void): Transport {
  async function open(request: HttpRequest): Promise<HttpStream> {
    const stream = await openOnce(connection, guard, request, false)
    if (stream.status !== 401) return stream
    // the token may just have been renewed
    stream.close()
    return openOnce(connection, guard, request, true)
  }
  return {
    open,
    async send(request) {
      const timer = deadline(request.timeoutMs, request.signal)
      try {
        const stream = await open({ ...request, signal: timer.signal })
        const { body, cut } = await collect(stream, request.maxBytes, timer.signal)
        return { status: stream.status, headers: stream.headers, body, cut }
      } finally {
        timer.clear()
      }
    },
  }
}

async function openOnce(
  connection: Connection,
  guard: (method: string, path: string) => void,
  request: HttpRequest,
  renew: boolean,
): Promise<HttpStream> {
  const { server, agent } = connection
  const credentials = await connection.headers(renew)
  const prefix = server.pathname.replace(/\/+$/, '')
  const timer = deadline(request.timeoutMs, request.signal)
  const send = server.protocol === 'http:' ? httpRequest : httpsRequest
  guard(request.method, request.path)
  if (timer.signal.aborted) {
    timer.clear()
    throw timer.signal.reason
  }
  return new Promise<HttpStream>((resolve, reject) => {
    const outgoing = send(server, {
      method: request.method,
      path: `${prefix}${request.path}`,
      agent,
      headers: {
        'user-agent': 'firstmate',
        'accept-encoding': 'gzip',
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
        ...credentials,
      },
    })
    const fail = (error: unknown) => {
      timer.clear()
      outgoing.destroy()
      reject(error as Error)
    }
    timer.signal.addEventListener('abort', () => fail(timer.signal.reason), { once: true })
    outgoing.on('error', fail)
    outgoing.on('response', (incoming: IncomingMessage) => {
      timer.clear()
      const body = decoded(incoming)
      const close = () => {
        incoming.destroy()
        body.destroy()
      }
      // whoever reads the body gets the error; until then it must not be an uncaught one
      body.on('error', () => undefined)
      request.signal?.addEventListener('abort', close, { once: true })
      body.once('close', () => request.signal?.removeEventListener('abort', close))
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body, close })
    })
    outgoing.end(request.body)
  })
}

function decoded(incoming: IncomingMessage): Readable {
  if (incoming.headers['content-encoding'] !== 'gzip') return incoming
  const gunzip = createGunzip()
  incoming.on('error', (error) => gunzip.destroy(error))
  incoming.on('aborted', () => gunzip.destroy(new Error('the connection was closed in the middle of the answer')))
  return incoming.pipe(gunzip)
}

async function collect(
  stream: HttpStream,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ body: Buffer; cut: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream.body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) {
        stream.close()
        return { body: Buffer.concat(chunks).subarray(0, maxBytes), cut: true }
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  // a body destroyed by an abort may also just end
  signal.throwIfAborted()
  return { body: Buffer.concat(chunks), cut: false }
}

function deadline(timeoutMs: number, outer?: AbortSignal): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new TimeoutError(`no answer within ${seconds(timeoutMs)}`)),
    timeoutMs,
  )
  const forward = () => controller.abort(outer?.reason)
  if (outer?.aborted) forward()
  else outer?.addEventListener('abort', forward, { once: true })
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', forward)
    },
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}
