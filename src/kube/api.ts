// Requests of one reader: guarded, bounded, tried again where that helps, answers parsed with Secret values masked, failures as our errors.
import { UnavailableError } from '../core/errors.ts'
import type { Connection } from './connection.ts'
import { answerError, connectionError } from './errors.ts'
import { assertReadOnly } from './guard.ts'
import { isSecretPath, maskSecrets, mayHoldSecrets } from './secrets.ts'
import { firstBytes } from './stream.ts'
import { createTransport, type HttpRequest, type HttpStream } from './transport.ts'

interface Asked {
  accept?: string
  method?: string
  body?: string
  /** for the whole answer; default 15 s */
  timeoutMs?: number
  /** the most that is read of an answer; default 64 MiB */
  maxBytes?: number
  signal?: AbortSignal
}

export interface Api {
  cluster: string
  /** the parsed answer, or the text of the few paths that serve text */
  json(path: string, asked?: Asked): Promise<unknown>
  text(path: string, asked: Asked & { maxBytes: number }): Promise<{ text: string; cut: boolean }>
  /** an answer that goes on; throws when it is no 200 */
  open(path: string, asked?: Asked): Promise<HttpStream>
}

const JSON_ONLY = 'application/json'
const TIMEOUT_MS = 15_000
const MAX_ANSWER = 64 * 1024 * 1024
const TRIES = 3

interface Answer {
  body: Buffer
  type: string
  cut: boolean
}

export function createApi(cluster: string, connection: Connection): Api {
  const transport = createTransport(connection, assertReadOnly)

  /** Tries again where the API asks for patience or an idle connection had died. */
  async function fetch(path: string, accept: string, asked: Asked & { maxBytes: number }): Promise<Answer> {
    const request = requestOf(path, accept, asked)
    const until = Date.now() + request.timeoutMs
    for (let attempt = 1; ; attempt++) {
      const answer = await fetchOnce({
        ...request,
        timeoutMs: Math.max(until - Date.now(), 1),
        maxBytes: asked.maxBytes,
      })
      if (!(answer instanceof Error)) return answer
      const pause = answer instanceof UnavailableError ? pauseOf(answer, attempt) : undefined
      if (pause === undefined || attempt >= TRIES || Date.now() + pause >= until) throw answer
      await sleep(pause, request.signal)
    }
  }

  async function fetchOnce(request: HttpRequest & { maxBytes: number }): Promise<Answer | Error> {
    try {
      const { status, headers, body, cut } = await transport.send(request)
      if (status >= 200 && status < 300) return { body, type: headers['content-type'] ?? '', cut }
      const text = body.subarray(0, 65_536).toString('utf8')
      return answerError(cluster, request.method, request.path, status, text, headers['retry-after'])
    } catch (error) {
      return failure(request, error)
    }
  }

  function failure({ method, path, signal }: HttpRequest, error: unknown): Error {
    signal?.throwIfAborted()
    if (isOurs(error)) throw error
    return connectionError(cluster, method, path, error)
  }

  return {
    cluster,

    async json(path, asked = {}) {
      const maxBytes = asked.maxBytes ?? MAX_ANSWER
      const { body, type, cut } = await fetch(path, asked.accept ?? JSON_ONLY, { ...asked, maxBytes })
      if (!cut) return parseAnswer(cluster, path, type, body)
      throw new UnavailableError(
        `Cluster ${cluster} answered with more than ${sizeText(maxBytes)}, the most that is read at once.`,
      )
    },

    async text(path, asked) {
      const { body, cut } = await fetch(path, asked.accept ?? 'text/plain, application/json', asked)
      return { text: body.toString('utf8'), cut }
    },

    async open(path, asked = {}) {
      const request = requestOf(path, asked.accept ?? JSON_ONLY, asked)
      // a compressed stream may hold events back until a block is full
      request.headers = { ...request.headers, 'accept-encoding': 'identity' }
      const stream = await transport.open(request).catch((error: unknown) => {
        throw failure(request, error)
      })
      if (stream.status === 200) return stream
      const body = await firstBytes(stream.body, 65_536)
      stream.close()
      throw answerError(cluster, 'GET', path, stream.status, body, stream.headers['retry-after'])
    },
  }
}

/** Refused here already; the transport's own guard stands behind it. */
function requestOf(path: string, accept: string, asked: Asked): HttpRequest {
  const method = asked.method ?? 'GET'
  assertReadOnly(method, path)
  return {
    method,
    path,
    headers: { accept, ...(asked.body === undefined ? {} : { 'content-type': JSON_ONLY }) },
    body: asked.body,
    timeoutMs: asked.timeoutMs ?? TIMEOUT_MS,
    signal: asked.signal,
  }
}

// paths whose text is shown as it is: they hold no objects
const TEXT_PATHS = /^\/(healthz|livez|readyz|version|metrics)(\/|$)|\/pods\/[^/]+\/log$/

function parseAnswer(cluster: string, path: string, type: string, body: Buffer): unknown {
  const [pathname = ''] = path.split('?')
  // /openapi/v3 of some versions says text/plain and is JSON
  const json = type.includes('json') || /^\/(openapi|apis?)(\/|$)/.test(pathname)
  if (!json && TEXT_PATHS.test(pathname)) return body.toString('utf8')
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    throw new UnavailableError(`Cluster ${cluster} answered with something that is no JSON.`)
  }
  const secretPath = isSecretPath(pathname)
  return secretPath || mayHoldSecrets(body) ? maskSecrets(answer, secretPath) : answer
}

function pauseOf(error: UnavailableError, attempt: number): number | undefined {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  // a kept-alive connection that the server had closed meanwhile
  return code === 'ECONNRESET' || code === 'EPIPE' ? 20 * attempt : undefined
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && /^(NotPermitted|Settings|Usage|Unavailable|NotFound)Error$/.test(error.name)
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.round(bytes / 1024 / 1024)} MiB` : `${Math.ceil(bytes / 1024)} KiB`
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
