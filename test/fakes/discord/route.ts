// What a route of the fake REST API gets and gives, and Discord's own refusals.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
import type { Check } from './checks.ts'
import type { Attachment } from './multipart.ts'
import { type FakeChannel, type FakeMessage, isThread, type World } from './world.ts'

export interface Call {
  params: string[]
  query: URLSearchParams
  body: Record<string, unknown>
  files: Map<number, Attachment>
}

export interface Answer {
  status: number
  body?: unknown
}

/** An interaction that waits for its answer. */
export interface Interaction {
  id: string
  token: string
  at: number
  user: string
  channel: string
  data: Record<string, unknown>
  /** the message whose component was used */
  message?: string
  /** how it was first answered: the type of the callback */
  answered?: number
  original?: string
}

export interface RouteContext {
  world: World
  gatewayUrl: string
  interactions: Map<string, Interaction>
  /** flags of the application: which privileged intents it has */
  appFlags: number
  said(message: FakeMessage): void
  threadCreated(channel: FakeChannel): void
  /** how long after an interaction its first answer is taken, and its token works */
  interactionMs: number
  tokenMs: number
}

export type Route = (call: Call, context: RouteContext) => Answer

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const none: Answer = { status: 204 }
export const refuse = (status: number, code: number, message: string): Answer => ({ status, body: { message, code } })
export const unknown = (what: string, code: number) => refuse(404, code, `Unknown ${what}`)
export const noAccess = refuse(403, 50001, 'Missing Access')
export const noPermission = refuse(403, 50013, 'Missing Permissions')
export const invalid = (check: Check): Answer | undefined => {
  const error = check.error()
  return error && { status: 400, body: error }
}

/** The channel if the bot may do that there, else the refusal. */
export function reach(world: World, id: string, ...needs: string[]): FakeChannel | Answer {
  const channel = world.channels.get(id)
  if (!channel) return unknown('Channel', 10003)
  const parent = isThread(channel) ? world.channels.get(channel.parent_id!) : channel
  if (parent?.deny.has('VIEW_CHANNEL')) return noAccess
  for (const need of needs) {
    const wanted = need === 'SEND_MESSAGES' && isThread(channel) ? 'SEND_MESSAGES_IN_THREADS' : need
    if (parent?.deny.has(wanted)) return noPermission
  }
  return channel
}

export function isAnswer(value: FakeChannel | Answer): value is Answer {
  return 'status' in value
}
