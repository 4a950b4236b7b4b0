// The writer: sends the bytes of one approved Request, or has the server try them without effect, and nothing else.
import { canonicalJson } from '../core/canonical.ts'
import { UsageError } from '../core/errors.ts'
import type { Request } from '../core/plan.ts'
import type { Cluster } from './clusters.ts'
import { connectionError } from './errors.ts'
import { assertWrite } from './guard.ts'
import { maskSecrets } from './secrets.ts'
import { createTransport } from './transport.ts'

interface SendOptions {
  /** have the server check and answer as if, without any effect */
  dryRun: boolean
  signal?: AbortSignal
  /** default 30 s */
  timeoutMs?: number
}

export interface Sent {
  status: number
  /** parsed, Secret values masked; the text where it was no JSON */
  body: unknown
}

export interface Writer {
  cluster: string
  /**
   * Resolves with whatever the server answered, refusals too; never sends twice. Throws an UnavailableError when the request
   * certainly never reached the server or was a dry run, and an OutcomeUnknownError when it may have taken effect.
   */
  send(request: Request, options: SendOptions): Promise<Sent>
}

/** The request may or may not have taken effect: look at the cluster, never repeat it blindly. */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError'
}

const TIMEOUT_MS = 30_000
const MAX_ANSWER = 16 * 1024 * 1024
// the connection was never made
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

export function createWriter(cluster: Pick<Cluster, 'name' | 'connection'>): Writer {
  const transport = createTransport(cluster.connection, assertWrite)
  return {
    cluster: cluster.name,
    async send(request, options) {
      assertWrite(request.method, request.path)
      if (!options.dryRun) assertReal(request)
      const path = options.dryRun ? dryRunPath(request.path) : request.path
      const body = bodyOf(options.dryRun ? triedBody(request) : request)
      try {
        const answer = await transport.send({
          method: request.method,
          path,
          headers: {
            accept: 'application/json',
            ...(request.contentType ? { 'content-type': request.contentType } : {}),
          },
          body,
          timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
          maxBytes: MAX_ANSWER,
          signal: options.signal,
        })
        return { status: answer.status, body: parsed(answer.body.toString('utf8')) }
      } catch (error) {
        if (error instanceof Error && /^(NotPermitted|Settings)Error$/.test(error.name)) throw error
        const code = (error as NodeJS.ErrnoException).code ?? ''
        const ours = connectionError(cluster.name, request.method, path, error)
        if (options.dryRun || NEVER_SENT.has(code) || /CERT|SSL|TLS/.test(code)) throw ours
        throw new OutcomeUnknownError(`${ours.message} Whether it took effect is not known.`, { cause: error })
      }
    },
  }
}

/** The same canonical JSON that the plan's digest names. */
function bodyOf(request: Request): string | undefined {
  if (request.body === undefined) return undefined
  if (!request.contentType) throw new UsageError('A request with a body needs its content type.')
  return canonicalJson(request.body)
}

function dryRunPath(path: string): string {
  const url = new URL(path, 'http://api')
  url.searchParams.set('dryRun', 'All')
  return `${path.split('?')[0]}${url.search}`
}

/** An API server that finds DeleteOptions in the body does not look at the query: the dry run must stand in the body, or it deletes. */
function triedBody(request: Request): Request {
  if (request.method !== 'DELETE' || request.body === undefined) return request
  if (!isRecord(request.body)) throw new UsageError('The body of a deletion must be DeleteOptions.')
  return { ...request, body: { ...request.body, dryRun: ['All'] } }
}

/** A plan's own bytes never ask for a dry run: it would report success without any effect. */
function assertReal({ method, path, body }: Request): void {
  // as the server reads it: `dry%52un` is the same word
  const asked = [...new URLSearchParams(path.split('?').slice(1).join('?')).keys()]
  const hidden =
    asked.some((name) => name.toLowerCase() === 'dryrun') ||
    (isRecord(body) &&
      ((method === 'DELETE' && 'dryRun' in body) || (isRecord(body.deleteOptions) && 'dryRun' in body.deleteOptions)))
  if (hidden) throw new UsageError('A planned request asks for a dry run; that is decided when it is sent.')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    // writes are rare: every answer is walked, whatever its path
    return maskSecrets(JSON.parse(text) as unknown)
  } catch {
    return text.slice(0, 2000)
  }
}
