// The fake Slack as tests see it: what it can be told, and what people do there.
import type { Reply } from './method.ts'
import type { Delivery, Wire } from './wire.ts'
import type { FakeChannel, FakeMessage, FakeUser, World } from './world.ts'

export interface FakeSlackOptions {
  botToken?: string
  appToken?: string
  signingSecret?: string
  team?: string
  botUser?: string
  /** keep Slack's rate limits; default true */
  limits?: boolean
  /** an event that is not acknowledged comes again after this long; default 3000 */
  redeliverMs?: number
  /** every envelope is delivered twice */
  twice?: boolean
  /** events overtake each other: each is on its way for up to so long, in ms */
  shuffleMs?: number
  /** scopes of the bot token; default: all */
  scopes?: string[]
}

/** What a request meets instead of a proper answer. */
export interface Fault {
  /** a method, or '*' */
  method: string
  /** how many requests; default: until cleared */
  times?: number
  /** Slack's error code, answered with ok:false */
  error?: string
  /** 429 with this Retry-After, in seconds */
  retryAfter?: number
  status?: number
  /** the connection breaks: before Slack has done anything, or after it has, without an answer */
  cut?: 'before' | 'after'
  /** the request is looked at this much later, in ms */
  delayMs?: number
  /** Slack has done it, and its answer comes this much later, in ms */
  holdMs?: number
}

export interface ApiRequest {
  method: string
  args: Record<string, unknown>
  at: number
  reply: Reply | undefined
  status: number
}

export interface FakeSlack {
  apiUrl: string
  botToken: string
  appToken: string
  signingSecret: string
  world: World
  wire: Wire
  requests: ApiRequest[]
  /** people's own side */
  addUser(user: Partial<FakeUser> & { id: string }): FakeUser
  addChannel(channel: Partial<Omit<FakeChannel, 'members'>> & { id: string; members?: string[] }): FakeChannel
  /** somebody writes; the app hears of it as Slack tells it. A DM: `channel` is the writer's DM with the bot. */
  write(message: {
    channel: string
    user: string
    text: string
    thread_ts?: string
    subtype?: string
    bot_id?: string
  }): FakeMessage
  /** `<@bot> text` */
  mention(message: { channel: string; user: string; text: string; thread_ts?: string }): FakeMessage
  edit(message: FakeMessage, text: string): void
  dm(user: string): string
  press(click: { message: FakeMessage; user: string; action: string; value?: string }): Delivery
  /** sends back the modal that is open for a user */
  submit(user: string, answers: Record<string, string>): Delivery
  command(use: { channel: string; user: string; text: string; command?: string }): Delivery
  shortcut(use: { message: FakeMessage; user: string; callback?: string }): Delivery
  /** somebody opens the app's Home tab */
  openHome(user: string): void
  /** the messages of the bot in a channel, in order */
  said(channel: string): FakeMessage[]
  show(channel: string): string
  fault(fault: Fault): () => void
  /** resolves when it holds; rejects with the conversation so far when it never does */
  until<T>(what: string, check: () => T | undefined | false, ms?: number): Promise<T>
  /** Slack is away: no request is answered, no connection accepted */
  outage(on: boolean): void
  stop(): Promise<void>
}
