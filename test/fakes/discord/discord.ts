// Discord on loopback: REST API v10 over HTTP, the gateway over WebSocket, people who write, click and fill in forms.
// It imitates the far end only; whether it behaves as Discord does is judged by the real discord.js client.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults } from '../faults.ts'
import { createGateway, Intent } from './gateway.ts'
import { perform, send } from './http.ts'
import { createLimits } from './limits.ts'
import { addMessage } from './messages.ts'
import type { Interaction, RouteContext } from './route.ts'
import { dmOf } from './routes.ts'
import type { ApiRequest, FakeDiscord, FakeDiscordOptions, Fault } from './shape.ts'
import { notifiedBy, showChannel } from './show.ts'
import { createTelling } from './tell.ts'
import {
  ChannelType,
  createWorld,
  type FakeChannel,
  type FakeGuild,
  type FakeUser,
  publicChannel,
  publicGuild,
  publicMessage,
  publicUser,
} from './world.ts'

export type { FakeDiscord, FakeDiscordOptions } from './shape.ts'

export const GUILD = '900000000000000001'
/** the role that Discord made for the bot in a server */
export const botRole = (guild: string) => `95${guild.slice(2)}`
/** the permissions of the link in docs/discord.md */
const INVITED = '309237763136'

export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const token = options.token ?? 'ZmFrZQ.fake.discord-bot-token'
  const granted = options.granted ?? Intent.messageContent
  const world = createWorld()
  const limits = createLimits(options.limits ?? true)
  const requests: ApiRequest[] = []
  const faults = createFaults<Fault>(({ route }) => route)
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
    guilds: () => ownGuilds().map((guild) => publicGuild(world, guild)),
  })

  // https://docs.discord.com/developers/resources/application#application-object-application-flags
  const appFlags = () => (granted & Intent.messageContent ? 1 << 19 : 0)
  const ownGuilds = () => [...world.guilds.values()].filter((guild) => guild.members.has(world.bot.id))

  const { tell, interact } = createTelling(world, gateway, interactions)

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
    const fault = faults.take(record.route)
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
    const answer = perform({ request, url, path, raw: Buffer.concat(chunks), record }, token, context)
    if (fault?.holdMs) await new Promise((resolve) => setTimeout(resolve, fault.holdMs))
    if (fault?.cut === 'after') return void request.socket.destroy()
    send(response, record, answer)
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
            { id: role, name: role === id ? '@everyone' : role, permissions: String((1n << 53n) - 1n) },
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
    fault: faults.add,
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
