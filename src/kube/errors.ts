// One place where the answers of an API server become our errors: each a branch somebody takes, each one sentence.
import { NotFoundError, NotPermittedError, UnavailableError, UsageError } from '../core/errors.ts'
import { quote } from './names.ts'

/** The API's own Status, as far as we use it. */
interface ApiStatus {
  message?: string
  reason?: string
  details?: { retryAfterSeconds?: number }
}

/** Continue tokens and resource versions get old: 410. Whoever pages or watches starts anew. */
export class ExpiredError extends Error {
  override name = 'ExpiredError'
}

/** What a path asks for, in the words of a sentence: `list pods in shop`, `get node worker-a`, `read the logs of pod web-1 in shop`. */
function wordsOf(method: string, path: string): string {
  const [pathname = '', query = ''] = path.split('?')
  const segments = pathname.split('/').slice(1).map(decodeSegment)
  const core = segments[0] === 'api'
  if (!core && segments[0] !== 'apis') return `read ${quote(pathname).slice(1, -1)}`
  const rest = segments.slice(core ? 2 : 3)
  if (rest.length === 0) return 'discover what the cluster serves'
  const scoped = rest[0] === 'namespaces' && rest.length > 2
  const namespace = scoped ? ` in ${clean(rest[1] ?? '')}` : ''
  const [resource = '', name, subresource] = (scoped ? rest.slice(2) : rest).map(clean)
  const part = subresource ? `/${subresource}` : ''
  if (method !== 'GET')
    return [VERBS[method] ?? method, `${resource}${part}`, name].filter(Boolean).join(' ') + namespace
  const watching = new URLSearchParams(query).has('watch')
  if (name === undefined) return `${watching ? 'watch' : 'list'} ${resource}${namespace}`
  if (subresource === 'log') return `read the logs of pod ${name}${namespace}`
  return `get ${resource}${part} ${name}${namespace}`
}
const VERBS: Record<string, string> = { POST: 'create', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' }

/** The error of an answer that is no 2xx. `cluster` is the name people know. */
export function answerError(
  cluster: string,
  method: string,
  path: string,
  status: number,
  body: string,
  retryAfter?: string,
): Error {
  const words = wordsOf(method, path)
  const answer = parseStatus(body)
  const said = answer.message ? sentence(answer.message) : `HTTP ${status}`
  switch (status) {
    case 400:
    case 405:
    case 406:
    case 415:
    case 422:
      return new UsageError(said)
    case 401:
      return new NotPermittedError(
        `Cluster ${cluster} does not accept our credentials (401): renew the token or certificate of its kubeconfig context.`,
        'sign in',
      )
    case 403:
      return new NotPermittedError(`not permitted: ${words}`, words)
    case 404:
      return new NotFoundError(
        answer.message ? said : `Cluster ${cluster} does not know ${quote(path.split('?')[0] ?? '')}.`,
      )
    case 410:
      return new ExpiredError(said)
    default: {
      const seconds = Number(retryAfter ?? answer.details?.retryAfterSeconds ?? Number.NaN)
      const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : undefined
      if (status === 429) {
        return new UnavailableError(
          `Cluster ${cluster} asks us to slow down (429) at: ${words}.`,
          withRetry(retryAfterMs ?? 1000),
        )
      }
      return new UnavailableError(
        `Cluster ${cluster} answered ${status} to: ${words} (${said}).`,
        withRetry(retryAfterMs),
      )
    }
  }
}

/** The error of a request that got no answer at all. */
export function connectionError(cluster: string, method: string, path: string, error: unknown): Error {
  const { code, name, message } = error as NodeJS.ErrnoException
  const words = wordsOf(method, path)
  if (name === 'TimeoutError')
    return new UnavailableError(`Cluster ${cluster} gave ${message} to: ${words}.`, { cause: error })
  const why =
    (code && REASONS[code]) ??
    (/certificate|CERT|SSL|TLS/.test(`${code} ${message}`)
      ? `its certificate is not trusted (${code ?? 'TLS'})`
      : undefined)
  return new UnavailableError(`Cluster ${cluster} cannot be reached: ${why ?? code ?? sentence(message)}.`, {
    cause: error,
  })
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'its host name has no address',
  EAI_AGAIN: 'its host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no route to its host',
  ENETUNREACH: 'there is no route to its network',
}

function withRetry(retryAfterMs: number | undefined): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

function parseStatus(body: string): ApiStatus {
  try {
    const value = JSON.parse(body) as ApiStatus | null
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** The server's words, bounded and on one line. */
function sentence(text: unknown): string {
  const line = String(text).replace(/\s+/g, ' ').trim()
  return line.length > 500 ? `${line.slice(0, 497)}...` : line
}

function clean(segment: string): string {
  return quote(segment).slice(1, -1)
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
