// What Slack's refusals mean for the outbox. Codes: https://docs.slack.dev/reference/methods (each method lists its own).
import { messageOf } from '../../core/errors.ts'
import { SayError } from '../contract.ts'

/** the message to edit is not there any more, or may not be edited */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'message_deleted'])
/** Slack stumbled; it may have done what was asked */
const STUMBLED = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
])
/** the account, not the message: an operator mends it, and then the message is still wanted */
const ACCOUNT = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'ekm_access_denied',
])
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded'])
/** errors of the connection itself, before anything was sent */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** The shapes of @slack/web-api's errors, by their `code`. */
interface WebApiError extends Error {
  code?: string
  data?: { error?: string; response_metadata?: { messages?: string[]; retryAfter?: number } }
  statusCode?: number
  headers?: Record<string, string>
  original?: Error & { cause?: { code?: string } }
  retryAfter?: number
}

export function slackErrorCode(error: unknown): string | undefined {
  return (error as WebApiError)?.data?.error
}

export function toSayError(error: unknown): SayError {
  if (error instanceof SayError) return error
  const slack = error as WebApiError
  switch (slack?.code) {
    case 'slack_webapi_rate_limited_error':
      return limited(slack.retryAfter)
    case 'slack_webapi_platform_error':
      return platformError(slack)
    case 'slack_webapi_http_error': {
      const why = `Slack answered with HTTP ${slack.statusCode}.`
      if (slack.statusCode === 429) return limited(Number(slack.headers?.['retry-after']) || 30)
      return new SayError((slack.statusCode ?? 500) >= 500 ? 'unknown' : 'down', why, { cause: error })
    }
    case 'slack_webapi_request_error': {
      const code = slack.original?.cause?.code ?? ''
      const why = `Slack cannot be reached: ${messageOf(slack.original ?? error)}${code ? ` (${code})` : ''}.`
      return new SayError(UNSENT.has(code) ? 'down' : 'unknown', why, { cause: error })
    }
    default:
      return new SayError('unknown', `Talking to Slack failed: ${messageOf(error)}`, { cause: error })
  }
}

function platformError(error: WebApiError): SayError {
  const code = error.data?.error ?? 'unknown'
  const more = (error.data?.response_metadata?.messages ?? []).slice(0, 3).join('; ').slice(0, 300)
  const why = `Slack refused: ${code}${more ? ` (${more})` : ''}.`
  if (LIMITED.has(code)) return limited(error.data?.response_metadata?.retryAfter)
  if (GONE.has(code)) return new SayError('gone', why, { cause: error })
  if (STUMBLED.has(code)) return new SayError('unknown', why, { cause: error })
  if (ACCOUNT.has(code)) return new SayError('down', why, { cause: error })
  return new SayError('refused', why, { cause: error })
}

function limited(seconds: number | undefined): SayError {
  return new SayError('limited', 'Slack asked us to slow down.', { retryAfterMs: (seconds ?? 30) * 1000 })
}
