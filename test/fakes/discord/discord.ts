// Discord on loopback: REST API v10 over HTTP, the gateway over WebSocket, people who write, click and fill in forms.
// It imitates the far end only; whether it behaves as Discord does is judged by the real discord.js client.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, type Gateway, Intent } from './gateway.ts'
import { createLimits } from './limits.ts'
import { readMultipart } from './multipart.ts'
import { refusedBy } from './openapi.ts'
import { type Answer, addMessage, type Call, dmOf, find, type Interaction, type RouteContext } from './routes.ts'
import { notifiedBy, showChannel } from './show.ts'
import {
  ChannelType,
  createWorld,
  type FakeChannel,
  type FakeGuild,
  type FakeMessage,
  type FakeUser,
  isThread,
  publicChannel,
  publicMember,
  publicMessage,
  publicUser,
  type World,
} from './world.ts'

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
interface Fault {
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

export const GUILD = '900000000000000001'
/** the role that Discord made for the bot in a server */
export const botRole = (guild: string) => `95${guild.slice(2)}`
const ALL = (1n << 53n) - 1n
/** the permissions of the link in docs/discord.md */
const INVITED = '309237763136'

export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const token = options.token ?? 'ZmFrZQ.fake.discord-bot-token'
  const granted = options.granted ?? Intent.messageContent
  const world = createWorld()
  const limits = createLimits(options.limits ?? true)
  const requests: ApiRequest[] = []
  const faults: Fault[] = []
  const interactions = new Map<string, Interaction>()
  let away = false
  let base = ''

  const gateway = createGateway({
    token,
    granted,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    twice: options.twice ?? false,
    shuffleMs: options.shuffleMs ?? 0,
    url: () => base.replace('http', 'ws'),
    ready: () => ({
      user: { ...publicUser(world.bot), verified: true, mfa_enabled: false, email: null },
      guilds: ownGuilds().map((guild) => ({ id: guild.id, unavailable: true })),
      application: { id: world.app, flags: appFlags() },
    }),
    guilds: () => ownGuilds().map(publicGuild),
  })

  // https://docs.discord.com/developers/resources/application#application-object-application-flags
  const appFlags = () => (granted & Intent.messageContent ? 1 << 19 : 0)
  const ownGuilds = () => [...world.guilds.values()].filter((guild) => guild.members.has(world.bot.id))

  function publicGuild(guild: FakeGuild): Record<string, unknown> {
    const channels = [...world.channels.values()].filter((one) => one.guild_id === guild.id)
    return {
      id: guild.id,
      name: guild.name,
      owner_id: '1',
      unavailable: false,
      large: false,
      member_count: guild.members.size,
      roles: [...guild.roles.values()],
      channels: channels.filter((one) => !isThread(one)).map((one) => publicChannel(world, one)),
      threads: channels.filter(isThread).map((one) => publicChannel(world, one)),
      members: [publicMember(world, guild, world.bot.id)],
      emojis: [],
      stickers: [],
      features: [],
      presences: [],
      voice_states: [],
      stage_instances: [],
      guild_scheduled_events: [],
      joined_at: '2026-01-01T00:00:00.000000+00:00',
      preferred_locale: 'en-US',
    }
  }

  const context: RouteContext = {
    world,
    get gatewayUrl() {
      return base.replace('http', 'ws')
    },
    interactions,
    get appFlags() {
      return appFlags()
    },
    interactionMs: options.interactionMs ?? 3000,
    tokenMs: options.tokenMs ?? 15 * 60_000,
    said: (message) => tell('MESSAGE_CREATE', message),
    threadCreated: (channel) =>
      gateway.dispatch('THREAD_CREATE', (intents) =>
        intents & Intent.guilds ? { ...publicChannel(world, channel), newly_created: true } : undefined,
      ),
  }

  function tell(event: string, message: FakeMessage): void {
    const channel = world.channels.get(message.channel_id)!
    const parent = isThread(channel) ? world.channels.get(channel.parent_id!) : channel
    if (parent?.deny.has('VIEW_CHANNEL')) return
    const guild = channel.guild_id ? world.guilds.get(channel.guild_id) : undefined
    gateway.dispatch(event, (intents) => {
      if (!(intents & (guild ? Intent.guildMessages : Intent.directMessages))) return undefined
      const exempt = !guild || message.author === world.bot.id || message.notified.includes(world.bot.id)
      const { user: _user, ...member } = (guild && publicMember(world, guild, message.author)) ?? {}
      return {
        ...publicMessage(world, message, { content: exempt || (intents & Intent.messageContent) !== 0, nonce: true }),
        channel_type: channel.type,
        ...(guild ? { guild_id: guild.id, member } : {}),
      }
    })
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  server.on('upgrade', (request, socket, head) => {
    if (away) socket.destroy()
    else gateway.upgrade(request, socket, head)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (away) return void request.socket.destroy()
    const url = new URL(request.url ?? '/', base)
    const path = url.pathname.replace(/^\/api\/v10/, '')
    const method = request.method ?? 'GET'
    const record: ApiRequest = {
      route: `${method} ${path.replace(/\d{15,}/g, ':id').replace(/(callback)$/, '$1')}`,
      path,
      body: undefined,
      files: 0,
      at: Date.now(),
      status: 200,
      answer: undefined,
    }
    requests.push(record)
    const fault = takeFault(record.route)
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    if (fault?.cut === 'before') return void request.socket.destroy()
    if (fault?.status || fault?.code)
      return send(response, record, { status: fault.status ?? 400, body: { message: 'fault', code: fault.code ?? 0 } })
    const limit = limits.check(method, path)
    const retryAfter = fault?.retryAfter ?? limit.retryAfter
    for (const [name, value] of Object.entries(limit.headers)) response.setHeader(name, value)
    if (retryAfter !== undefined) {
      response.setHeader('retry-after', String(Math.ceil(retryAfter)))
      if (fault?.scope === 'cloudflare') {
        record.status = 429
        return void response.writeHead(429, { 'content-type': 'text/html' }).end('<html>error code: 1015</html>')
      }
      if (fault?.scope === 'global') response.setHeader('x-ratelimit-global', 'true')
      if (fault?.retryAfter) response.setHeader('x-ratelimit-scope', fault.scope ?? 'shared')
      return send(response, record, {
        status: 429,
        body: {
          message: 'You are being rate limited.',
          retry_after: retryAfter,
          global: limit.global ?? fault?.scope === 'global',
        },
      })
    }
    const answer = perform(request, url, path, Buffer.concat(chunks), record)
    if (fault?.holdMs) await new Promise((resolve) => setTimeout(resolve, fault.holdMs))
    if (fault?.cut === 'after') return void request.socket.destroy()
    send(response, record, answer)
  }

  function perform(request: IncomingMessage, url: URL, path: string, raw: Buffer, record: ApiRequest): Answer {
    if (!url.pathname.startsWith('/api/v10/')) return { status: 404, body: { message: '404: Not Found', code: 0 } }
    const found = find(request.method ?? 'GET', path)
    if (!found) return { status: 404, body: { message: '404: Not Found', code: 0 } }
    // what carries an interaction's token needs no other
    const open = /^\/(interactions|webhooks)\//.test(path) || path === '/gateway'
    if (!open && request.headers.authorization !== `Bot ${token}`)
      return { status: 401, body: { message: '401: Unauthorized', code: 0 } }
    const type = String(request.headers['content-type'] ?? '')
    const call: Call = { params: found.params, query: url.searchParams, body: {}, files: new Map() }
    try {
      if (type.startsWith('multipart/form-data')) {
        const parts = readMultipart(type, raw)
        if (!parts) return { status: 400, body: { message: 'Invalid Form Body', code: 50035 } }
        call.body = parts.json as Record<string, unknown>
        call.files = parts.files
      } else if (raw.length > 0) call.body = JSON.parse(raw.toString()) as Record<string, unknown>
    } catch {
      return { status: 400, body: { message: 'The request body contains invalid JSON.', code: 50109 } }
    }
    record.body = call.body
    const unknown = refusedBy(request.method ?? 'GET', path, url.searchParams, raw.length > 0 ? call.body : undefined)
    if (unknown) return { status: 400, body: { message: `Invalid Form Body: ${unknown}`, code: 50035 } }
    record.files = call.files.size
    return found.route(call, context)
  }

  function send(response: ServerResponse, record: ApiRequest, { status, body }: Answer): void {
    record.status = status
    record.answer = body
    // no body, no type: the client would try to read one
    if (body === undefined) response.writeHead(status).end()
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  function takeFault(route: string): Fault | undefined {
    const fault = faults.find((one) => one.route === route || one.route === '*')
    if (fault?.times !== undefined) {
      fault.times -= 1
      if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1)
    }
    return fault
  }

  // ---- people ----

  /** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object */
  function interact(user: string, channel: string, payload: Record<string, unknown>, permissions = ALL): Interaction {
    const place = world.channels.get(channel)!
    const guild = place.guild_id ? world.guilds.get(place.guild_id) : undefined
    const id = world.id()
    const data = {
      id,
      application_id: world.app,
      token: `interaction-${id}`,
      version: 1,
      channel_id: channel,
      channel: publicChannel(world, place),
      locale: 'en-US',
      app_permissions: String(permissions),
      entitlements: [],
      authorizing_integration_owners: {},
      attachment_size_limit: 10 * 1024 * 1024,
      ...(guild
        ? {
            guild_id: guild.id,
            guild: { id: guild.id, locale: 'en-US', features: [] },
            guild_locale: 'en-US',
            context: 0,
            member: { ...publicMember(world, guild, user), permissions: String(ALL) },
          }
        : { context: 1, user: publicUser(world.users.get(user)!) }),
      ...payload,
    }
    const interaction: Interaction = {
      id,
      token: data.token,
      at: Date.now(),
      user,
      channel,
      data,
      ...(payload.message ? { message: String((payload.message as { id: string }).id) } : {}),
    }
    interactions.set(id, interaction)
    gateway.dispatch('INTERACTION_CREATE', () => data)
    return interaction
  }

  const discord: FakeDiscord = {
    apiUrl: `${base}/api`,
    token,
    guild: GUILD,
    world,
    gateway,
    requests,
    interactions,
    addUser({ roles = [], guild = GUILD, ...user }) {
      const full: FakeUser = { username: user.id, ...user }
      world.users.set(full.id, full)
      if (guild !== false) world.guilds.get(guild)!.members.set(full.id, { roles })
      return full
    },
    addGuild({ id, name = id, roles = [], bot = true, granted = INVITED }) {
      const guild: FakeGuild = {
        id,
        name,
        granted,
        roles: new Map(
          [id, ...roles].map((role) => [
            role,
            { id: role, name: role === id ? '@everyone' : role, permissions: String(ALL) },
          ]),
        ),
        members: new Map(),
      }
      if (bot) {
        // Discord gives every bot a role of its own, with its name
        const own = botRole(id)
        guild.roles.set(own, { id: own, name: world.bot.username, managed: true, tags: { bot_id: world.bot.id } })
        guild.members.set(world.bot.id, { roles: [own] })
      }
      world.guilds.set(id, guild)
      return guild
    },
    addChannel({ deny = [], ...channel }) {
      const full: FakeChannel = {
        id: world.id(),
        type: ChannelType.text,
        name: 'ops',
        guild_id: GUILD,
        ...channel,
        deny: new Set(deny),
      }
      world.channels.set(full.id, full)
      return full
    },
    write({ channel, user, text, reply, silent, webhook, ...more }) {
      const said = {
        channel_id: channel,
        author: user,
        content: text,
        ...more,
        ...(webhook ? { webhook_id: user } : {}),
        ...(reply ? { message_reference: { message_id: reply.id, channel_id: channel } } : {}),
      }
      return addMessage(context, said, silent ? { parse: ['users', 'roles'], replied_user: false } : undefined)
    },
    mention: (message) => discord.write({ ...message, text: `<@${world.bot.id}> ${message.text}` }),
    edit(message, text) {
      message.content = text
      message.edited = new Date().toISOString()
      message.notified = notifiedBy(text, undefined)
      tell('MESSAGE_UPDATE', message)
    },
    forumPost({ forum, user, text }) {
      const id = world.id()
      const { guild_id = GUILD } = world.channels.get(forum)!
      discord.addChannel({
        id,
        type: ChannelType.thread,
        name: text.slice(0, 90),
        guild_id,
        parent_id: forum,
        owner: user,
      })
      return discord.write({ channel: id, user, text, id })
    },
    dm: (user) => dmOf(world, user).id,
    again: (message) => tell('MESSAGE_CREATE', message),
    press({ message, user, control, value }) {
      return interact(user, message.channel_id, {
        type: 3,
        message: publicMessage(world, message),
        data: {
          custom_id: control,
          component_type: value === undefined ? 2 : 3,
          ...(value === undefined ? {} : { values: [value] }),
        },
      })
    },
    submit(user, answers) {
      const at = world.modals.findLastIndex((one) => one.user === user)
      const [modal] = at < 0 ? [] : world.modals.splice(at, 1)
      if (!modal) throw new Error(`no form is open for ${user}`)
      const rows = (modal.data.components as Record<string, unknown>[]).map((row) => {
        const input = (row.component ?? (row.components as unknown[])[0]) as { custom_id: string }
        const filled = { type: 4, id: 1, custom_id: input.custom_id, value: answers[input.custom_id] ?? '' }
        return row.type === 18 ? { type: 18, id: 1, component: filled } : { type: 1, id: 1, components: [filled] }
      })
      const { message, channel_id } = modal.interaction
      return interact(user, String(channel_id), {
        type: 5,
        ...(message ? { message } : {}),
        data: { custom_id: modal.data.custom_id, components: rows },
      })
    },
    command({ channel, user, text, name = 'firstmate', permissions }) {
      const options = text === undefined ? [] : [{ name: 'question', type: 3, value: text }]
      return interact(user, channel, { type: 2, data: { id: '1', name, type: 1, options } }, permissions)
    },
    menu({ message, user, name = 'Investigate this' }) {
      return interact(user, message.channel_id, {
        type: 2,
        data: {
          id: '2',
          name,
          type: 3,
          target_id: message.id,
          resolved: { messages: { [message.id]: publicMessage(world, message) } },
        },
      })
    },
    said: (channel) =>
      world.messages.filter((one) => one.channel_id === channel && one.author === world.bot.id && !one.deleted),
    show: () => [...world.channels.keys()].map((id) => showChannel(world, id)).join('\n'),
    fault(fault) {
      const own = { ...fault }
      faults.push(own)
      return () => void (faults.includes(own) && faults.splice(faults.indexOf(own), 1))
    },
    async until(what, check, ms = 10_000) {
      const end = Date.now() + ms
      for (;;) {
        const value = check()
        if (value !== undefined && value !== false) return value
        if (Date.now() > end) {
          const tail = requests
            .slice(-15)
            .map((one) => `${one.route} ${one.status} ${one.status >= 400 ? JSON.stringify(one.answer) : ''}`)
          throw new Error(`never: ${what}\n${discord.show()}\n${tail.join('\n')}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    outage(on) {
      away = on
      if (on) gateway.cut()
    },
    async stop() {
      gateway.end()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  discord.addGuild({ id: GUILD, name: 'Fake harbour' })
  return discord
}
