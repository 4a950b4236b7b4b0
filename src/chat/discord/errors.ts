// What Discord's refusals mean for the outbox. Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js'
import { messageOf } from '../../core/errors.ts'
import { SayError } from '../contract.ts'

export const CODE = {
  unknownChannel: 10003,
  unknownGuild: 10004,
  unknownMember: 10007,
  unknownMessage: 10008,
  unknownUser: 10013,
  unknownInteraction: 10062,
  acknowledged: 40060,
  missingAccess: 50001,
  missingPermissions: 50013,
  wrongChannelType: 50024,
  archived: 50083,
  threadExists: 160004,
  tooManyMembers: 30033,
  tooManyThreads: 160006,
  tooManyAnnouncements: 160007,
} as const

/** errors of the connection itself, before anything was sent */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Discord's own code, e.g. 10008; undefined for everything that Discord did not say. */
export function discordErrorCode(error: unknown): number | undefined {
  return error instanceof DiscordAPIError ? Number(error.code) : undefined
}

/** The HTTP status with which Discord refused. */
export function discordStatus(error: unknown): number | undefined {
  return error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : undefined
}

export function toSayError(error: unknown): SayError {
  if (error instanceof SayError) return error
  if (error instanceof RateLimitError)
    return new SayError('limited', 'Discord asked us to slow down.', { retryAfterMs: error.retryAfter })
  const status = discordStatus(error)
  const code = discordErrorCode(error)
  if (status === undefined) return connectionError(error)
  const why = `Discord refused: ${messageOf(error).replace(/\s+/g, ' ').slice(0, 300)}${code ? ` (${code})` : ''}.`
  if (code === CODE.unknownMessage) return new SayError('gone', why, { cause: error })
  if (status >= 500) return new SayError('unknown', `Discord answered with HTTP ${status}.`, { cause: error })
  // the account, not the message: an operator mends it, and then the message is still wanted
  if (status === 401) return new SayError('down', why, { cause: error })
  return new SayError('refused', why, { cause: error })
}

function connectionError(error: unknown): SayError {
  const { code = '', cause } = (error ?? {}) as { code?: string; cause?: { code?: string } }
  const reason = code || cause?.code || ''
  const why = `Discord cannot be reached: ${messageOf(error)}${reason ? ` (${reason})` : ''}.`
  return new SayError(UNSENT.has(reason) ? 'down' : 'unknown', why, { cause: error })
}
