// The fake Discord as tests see it: what it can be told, and what people do there.
import type { Gateway } from './gateway.ts'
import type { Interaction } from './route.ts'
import type { FakeChannel, FakeGuild, FakeMessage, FakeUser, World } from './world.ts'

export interface FakeDiscordOptions {
  token?: string
  /** privileged intents granted to the application; default: MessageContent */
  granted?: number
  /** keep Discord's rate limits; default true */
  limits?: boolean
  heartbeatMs?: number
  /** every event is dispatched twice */
  twice?: boolean
  /** and up to so much later, so that some overtake others */
  shuffleMs?: number
  /** how long an interaction waits for its first answer (Discord: 3 s) and its token works (15 min) */
  interactionMs?: number
  tokenMs?: number
}

/** What a request meets instead of a proper answer. */
export interface Fault {
  /** `POST /channels/:id/messages`, with `:id` for every number; or '*' */
  route: string
  times?: number
  status?: number
  /** Discord's error code, with status 400 unless told */
  code?: number
  /** 429 for so many seconds */
  retryAfter?: number
  /** whose limit that is: of the whole bot, or of the address before Discord is even reached (no JSON, no headers of Discord's) */
  scope?: 'global' | 'cloudflare'
  /** the connection breaks: before Discord has done anything, or after it has */
  cut?: 'before' | 'after'
  delayMs?: number
  holdMs?: number
}

export interface ApiRequest {
  /** method and path with `:id` for every number */
  route: string
  path: string
  body: unknown
  files: number
  at: number
  status: number
  answer: unknown
}

export interface FakeDiscord {
  /** for DISCORD_API_URL */
  apiUrl: string
  token: string
  guild: string
  world: World
  gateway: Gateway
  requests: ApiRequest[]
  interactions: Map<string, Interaction>
  addUser(user: Partial<FakeUser> & { id: string; roles?: string[]; guild?: string | false }): FakeUser
  addGuild(guild: { id: string; name?: string; roles?: string[]; bot?: boolean; granted?: string }): FakeGuild
  addChannel(channel: Partial<Omit<FakeChannel, 'deny'>> & { id?: string; deny?: string[] }): FakeChannel
  write(message: {
    channel: string
    user: string
    text: string
    reply?: FakeMessage
    /** a reply that does not notify whom it answers */
    silent?: boolean
    webhook?: boolean
    embeds?: Record<string, unknown>[]
    id?: string
  }): FakeMessage
  /** `<@bot> text` */
  mention(message: { channel: string; user: string; text: string }): FakeMessage
  /** a new post in a forum: a thread whose first message has the thread's own id */
  forumPost(post: { forum: string; user: string; text: string }): FakeMessage
  edit(message: FakeMessage, text: string): void
  /** the channel of somebody's direct messages with the bot */
  dm(user: string): string
  /** dispatches what the message was told with once more */
  again(message: FakeMessage): void
  press(click: { message: FakeMessage; user: string; control: string; value?: string }): Interaction
  /** sends back the form that is open for somebody */
  submit(user: string, answers: Record<string, string>): Interaction
  command(use: { channel: string; user: string; text?: string; name?: string; permissions?: bigint }): Interaction
  /** the message command ("Apps" in a message's menu) */
  menu(use: { message: FakeMessage; user: string; name?: string }): Interaction
  /** the bot's messages in a channel or thread, in order */
  said(channel: string): FakeMessage[]
  show(): string
  fault(fault: Fault): () => void
  until<T>(what: string, check: () => T | undefined | false, ms?: number): Promise<T>
  /** Discord is away: no request is answered, no connection accepted */
  outage(on: boolean): void
  stop(): Promise<void>
}
