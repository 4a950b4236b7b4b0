// One place where what the five clients throw becomes our errors: each a branch somebody takes, each one sentence without the provider's prose.
import { messageOf, SettingsError, UnavailableError, UsageError } from '../core/errors.ts'

interface ClientError {
  name?: string
  message?: string
  /** openai, anthropic, google */
  status?: number
  /** ollama's ResponseError; some wrappers */
  status_code?: number
  code?: string | number
  headers?: Headers | Record<string, string>
  /** google: how long to wait is said in the body, as `{retryDelay: '21s'}` */
  errorDetails?: unknown
  cause?: unknown
}

/**
 * Unavailable: worth another attempt, or another model (429, 5xx, time, network, a stream that was cut). Settings: key or model are refused.
 * Usage: the request itself is refused, as when the conversation is too long.
 */
export function modelError(
  provider: string,
  model: string,
  error: unknown,
): UnavailableError | SettingsError | UsageError {
  if (error instanceof UnavailableError || error instanceof SettingsError || error instanceof UsageError) return error
  const status = statusOf(error)
  const who = `${provider} (${model})`
  const said = messageOf(error).slice(0, 2000)
  if (status === 401 || status === 403)
    return new SettingsError(`${who} refuses our key (${status}): check the key of LLM_PROVIDER=${provider}.`)
  // more patience does not help an account that is empty
  if (status === 402 || codesOf(error).includes('insufficient_quota'))
    return new SettingsError(`${who} has no quota left (${status ?? 429}): look at the account's plan and billing.`)
  if (status === 404) return new SettingsError(`${who} is not known there (404): check LLM_MODEL and LLM_BASE_URL.`)
  if (status === 429)
    return new UnavailableError(`${who} asks us to slow down (429).`, { ...retryAfter(error), cause: error })
  if (status === 413 || (status === 400 && /context|too (long|large|many tokens)|maximum.{0,40}token/i.test(said))) {
    return new UsageError(`${who} takes no conversation as long as this one.`)
  }
  if (status === 400 && codesOf(error).includes('content_filter'))
    return new UsageError(`${who} refuses the request: its content filter objects.`)
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return new UsageError(`${who} refuses the request (${status}).`)
  }
  if (status !== undefined && status >= 500)
    return new UnavailableError(`${who} is not well (${status}).`, { ...retryAfter(error), cause: error })
  if (isTimeout(error)) return new UnavailableError(`${who} gave no answer in time.`, { cause: error })
  return new UnavailableError(`${who} cannot be reached, or its answer was cut off${codeText(error)}.`, {
    cause: error,
  })
}

/** The error and what caused it, four deep. */
function causesOf(error: unknown): ClientError[] {
  const causes: ClientError[] = []
  for (let one = error as ClientError | undefined; one && causes.length < 4; one = one.cause as ClientError | undefined)
    causes.push(one)
  return causes
}

function codesOf(error: unknown): string[] {
  return causesOf(error).flatMap(({ code }) => (typeof code === 'string' ? [code] : []))
}

function statusOf(error: unknown): number | undefined {
  for (const one of causesOf(error)) {
    const status = one.status ?? one.status_code ?? (typeof one.code === 'number' ? one.code : undefined)
    if (typeof status === 'number' && status >= 100) return status
  }
  // the Google client and some servers only say it in words: `[429 Too Many Requests]`, `got status: 429`
  const match = /\[(4\d\d|5\d\d)\b|\bstatus(?: code)?:? (4\d\d|5\d\d)\b|^(4\d\d|5\d\d)\b/.exec(
    messageOf(error).slice(0, 500),
  )
  const text = match?.[1] ?? match?.[2] ?? match?.[3]
  return text === undefined ? undefined : Number(text)
}

function isTimeout(error: unknown): boolean {
  const { name = '', message = '' } = (error ?? {}) as ClientError
  return /timeout/i.test(name) || /timed? ?out|timeout/i.test(message.slice(0, 500)) || name === 'AbortError'
}

function codeText(error: unknown): string {
  const code = codesOf(error).find((one) => /^[A-Z_]{3,40}$/.test(one))
  return code ? ` (${code})` : ''
}

function retryAfter(error: unknown): { retryAfterMs?: number } {
  const { headers, errorDetails } = (error ?? {}) as ClientError
  const text = headers instanceof Headers ? headers.get('retry-after') : headers?.['retry-after']
  const seconds = Number(text ?? delayIn(errorDetails) ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, 60) * 1000 } : {}
}

function delayIn(details: unknown): string | undefined {
  if (!Array.isArray(details)) return undefined
  const delay = (details as { retryDelay?: unknown }[]).find((one) => typeof one?.retryDelay === 'string')?.retryDelay
  return /^(\d{1,5}(?:\.\d{1,9})?)s$/.exec(String(delay))?.[1]
}
