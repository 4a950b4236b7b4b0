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
   * certainly never reached the server, and an OutcomeUnknownError when it may have.
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
      const path = options.dryRun ? dryRunPath(request.path) : realPath(request.path)
      const body = bodyOf(request)
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
        if (NEVER_SENT.has(code) || /CERT|SSL|TLS/.test(code)) throw ours
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

/** A plan's own path never asks for a dry run: it would report success without any effect. */
function realPath(path: string): string {
  if (!/[?&]dryRun=/i.test(path)) return path
  throw new UsageError('The path of a planned request asks for a dry run; that is decided when it is sent.')
}

function parsed(text: string): unknown {
  try {
    // writes are rare: every answer is walked, whatever its path
    return maskSecrets(JSON.parse(text) as unknown)
  } catch {
    return text.slice(0, 2000)
  }
}
