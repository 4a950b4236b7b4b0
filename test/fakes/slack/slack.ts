// A Slack workspace on loopback: the Web API over HTTP, Socket Mode over WebSocket, people who write and click.
// It imitates the far end only; whether it behaves as Slack does is judged by Slack's own client libraries.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLimits } from './limits.ts'
import { addMessage, METHODS, type MethodContext, publicMessage, type Reply } from './methods.ts'
import { ALL_SCOPES, scopeFor, scopeToHear } from './scopes.ts'
import { showChannel } from './show.ts'
import { createWire, type Delivery, type Wire } from './wire.ts'
import { createWorld, type FakeChannel, type FakeMessage, type FakeUser, imOf, type World } from './world.ts'

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
interface Fault {
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

interface ApiRequest {
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

export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const botToken = options.botToken ?? 'xoxb-fake-bot-token'
  const appToken = options.appToken ?? 'xapp-1-fake-app-token'
  const signingSecret = options.signingSecret ?? 'fake-signing-secret'
  const scopes = options.scopes ?? ALL_SCOPES
  const world = createWorld(options.team ?? 'T0FAKE', options.botUser ?? 'U0FIRSTMATE')
  const limits = createLimits(options.limits ?? true)
  const wire = createWire({
    appId: world.appId,
    redeliverMs: options.redeliverMs ?? 3000,
    twice: options.twice ?? false,
    shuffleMs: options.shuffleMs ?? 0,
  })
  const requests: ApiRequest[] = []
  const faults: Fault[] = []
  const triggers = new Map<string, { at: number; user: string; used: boolean }>()
  let away = false
  let base = ''

  const context: MethodContext = {
    world,
    uploadUrl: (file) => `${base}/upload/v1/${file}`,
    useTrigger(id) {
      const trigger = triggers.get(id)
      if (!trigger) return 'invalid_trigger_id'
      if (trigger.used) return 'exchanged_trigger_id'
      // https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses: three seconds
      if (Date.now() - trigger.at > 3000) return 'expired_trigger_id'
      trigger.used = true
      return undefined
    },
    triggerUser: (id) => triggers.get(id)?.user ?? '',
    said: (message, what) => tellApp(message, what),
  }

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    if (away) socket.destroy()
    else wire.upgrade(request, socket, head)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    if (away) return void request.socket.destroy()
    const path = new URL(request.url ?? '/', base).pathname
    if (path.startsWith('/upload/v1/')) return takeFile(path.slice('/upload/v1/'.length), body, response)
    if (!path.startsWith('/api/')) return answer(response, 404, { ok: false, error: 'not_found' })
    const method = path.slice('/api/'.length)
    const args = parseArgs(request, body)
    const record: ApiRequest = { method, args: args ?? {}, at: Date.now(), reply: undefined, status: 200 }
    requests.push(record)

    const fault = takeFault(method)
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    if (fault?.cut === 'before') return void request.socket.destroy()
    if (fault?.status) return answer(response, (record.status = fault.status), { ok: false })
    const wait = fault?.retryAfter ?? limits.check(method, typeof args?.channel === 'string' ? args.channel : undefined)
    if (wait !== undefined) {
      record.status = 429
      response.setHeader('retry-after', String(wait))
      return answer(response, 429, (record.reply = { ok: false, error: 'ratelimited' }))
    }
    record.reply = fault?.error ? { ok: false, error: fault.error } : perform(method, args, tokenOf(request, args))
    if (fault?.holdMs) await new Promise((resolve) => setTimeout(resolve, fault.holdMs))
    if (fault?.cut === 'after') return void request.socket.destroy()
    response.setHeader('x-oauth-scopes', scopes.join(','))
    answer(response, 200, record.reply)
  }

  function perform(method: string, args: Record<string, unknown> | undefined, token: string): Reply {
    if (!args) return { ok: false, error: 'invalid_json' }
    if (!token) return { ok: false, error: 'not_authed' }
    if (method === 'apps.connections.open') {
      if (token !== appToken)
        return { ok: false, error: token === botToken ? 'not_allowed_token_type' : 'invalid_auth' }
      return { ok: true, url: `${base.replace('http', 'ws')}/link/?ticket=${wire.ticket()}&app_id=${world.appId}` }
    }
    if (token !== botToken) return { ok: false, error: token === appToken ? 'not_allowed_token_type' : 'invalid_auth' }
    const needed = scopeFor(method, world.channels.get(String(args.channel)))
    if (needed && !scopes.includes(needed))
      return { ok: false, error: 'missing_scope', needed, provided: scopes.join(',') }
    const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
    return run ? run(args, context) : { ok: false, error: 'unknown_method' }
  }

  function takeFile(id: string, body: Buffer, response: ServerResponse): void {
    const file = world.files.get(id)
    const data = file && (body.length === file.length ? body : multipartFile(body, file.length))
    if (!file || !data) return answer(response, 400, { ok: false, error: 'bad upload' })
    file.data = data
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`OK - ${data.length}`)
  }

  function takeFault(method: string): Fault | undefined {
    const fault = faults.find((one) => one.method === method || one.method === '*')
    if (fault?.times !== undefined) {
      fault.times -= 1
      if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1)
    }
    return fault
  }

  // ---- what the app is told ----

  function event(event: Record<string, unknown>): void {
    const channel = world.channels.get(String(event.channel))
    if (event.type !== 'app_home_opened' && !scopes.includes(scopeToHear(String(event.type), channel))) return
    wire.send('events_api', {
      token: 'fake-verification',
      team_id: world.team,
      context_team_id: world.team,
      context_enterprise_id: null,
      api_app_id: world.appId,
      event,
      type: 'event_callback',
      event_id: world.nextId('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: world.team,
          user_id: world.botUser,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: channel?.is_ext_shared ?? false,
      event_context: `4-${world.nextId('E')}`,
    })
  }

  function tellApp(
    message: FakeMessage,
    what: 'new' | 'changed' | 'deleted',
    extra: Record<string, unknown> = {},
  ): void {
    const channel = world.channels.get(message.channel)
    if (!channel?.members.has(world.botUser)) return
    const common = {
      ...publicMessage(message, world),
      channel: message.channel,
      event_ts: message.ts,
      channel_type: channel.is_im ? 'im' : channel.is_mpim ? 'mpim' : channel.is_private ? 'group' : 'channel',
      team: world.users.get(message.user)?.team_id ?? world.team,
      ...extra,
    }
    if (what !== 'new') {
      const ts = world.nextTs()
      event({
        type: 'message',
        subtype: what === 'changed' ? 'message_changed' : 'message_deleted',
        hidden: true,
        channel: message.channel,
        ts,
        event_ts: ts,
        message: common,
      })
      return
    }
    // one mention, two events with two ids: both carry the message's own ts; of direct messages only `message` is told
    if (
      message.text.includes(`<@${world.botUser}`) &&
      !message.bot_id &&
      !channel.is_im &&
      !channel.is_mpim &&
      extra.subtype === undefined
    ) {
      const { channel_type: _type, ...mention } = common
      event({ ...mention, type: 'app_mention' })
    }
    event(common)
  }

  function trigger(user: string): string {
    const id = `${Date.now()}.${world.nextId('')}.fake`
    triggers.set(id, { at: Date.now(), user, used: false })
    return id
  }

  function userOf(id: string) {
    const user = world.users.get(id)
    return { id, username: user?.name ?? id, name: user?.name ?? id, team_id: user?.team_id ?? world.team }
  }

  const interactive = (payload: Record<string, unknown>, user: string) =>
    wire.send('interactive', {
      ...payload,
      user: userOf(user),
      api_app_id: world.appId,
      token: 'fake-verification',
      team: { id: world.team, domain: 'fake' },
      enterprise: null,
      is_enterprise_install: false,
      trigger_id: trigger(user),
    })

  world.users.set(world.botUser, { id: world.botUser, name: 'firstmate', is_bot: true })

  const slack: FakeSlack = {
    apiUrl: `${base}/api/`,
    botToken,
    appToken,
    signingSecret,
    world,
    wire,
    requests,
    addUser(user) {
      const full = { name: user.id.toLowerCase(), ...user }
      world.users.set(full.id, full)
      return full
    },
    addChannel({ members, ...channel }) {
      const full: FakeChannel = {
        name: channel.id.toLowerCase(),
        ...channel,
        members: new Set(members ?? [...world.users.keys()]),
      }
      world.channels.set(full.id, full)
      return full
    },
    write({ subtype, bot_id, ...message }) {
      if (!subtype && !bot_id) return addMessage(context, message)
      const stored: FakeMessage = {
        type: 'message',
        ts: world.nextTs(),
        reactions: [],
        history: [],
        unfurl: true,
        ...message,
        ...(bot_id ? { bot_id } : {}),
      }
      world.messages.push(stored)
      tellApp(stored, 'new', subtype ? { subtype } : {})
      return stored
    },
    mention: (message) => slack.write({ ...message, text: `<@${world.botUser}> ${message.text}` }),
    edit(message, text) {
      message.text = text
      message.edited = { user: message.user, ts: world.nextTs() }
      tellApp(message, 'changed')
    },
    dm: (user) => imOf(world, user).id,
    press({ message, user, action, value }) {
      const channel = world.channels.get(message.channel)
      return interactive(
        {
          type: 'block_actions',
          container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
          channel: { id: message.channel, name: channel?.name ?? '' },
          message: publicMessage(message, world),
          state: { values: {} },
          response_url: `${base}/response/${world.nextId('R')}`,
          actions: [
            {
              action_id: action,
              block_id: 'b',
              action_ts: world.nextTs(),
              ...(value === undefined
                ? { type: 'button', text: { type: 'plain_text', text: 'x' } }
                : { type: 'static_select', selected_option: { text: { type: 'plain_text', text: value }, value } }),
            },
          ],
        },
        user,
      )
    },
    submit(user, answers) {
      const open = [...world.views.values()].findLast((one) => one.user === user)
      if (!open) throw new Error(`no modal is open for ${user}`)
      const values = Object.fromEntries(
        Object.entries(answers).map(([block, value]) => [block, { value: { type: 'plain_text_input', value } }]),
      )
      const delivery = interactive(
        {
          type: 'view_submission',
          view: { ...open.view, id: open.id, hash: 'h', state: { values }, team_id: world.team },
          response_urls: [],
        },
        user,
      )
      world.views.delete(open.id)
      return delivery
    },
    command: ({ channel, user, text, command = '/firstmate' }) =>
      wire.send('slash_commands', {
        token: 'fake-verification',
        team_id: world.team,
        team_domain: 'fake',
        channel_id: channel,
        channel_name: world.channels.get(channel)?.name ?? 'directmessage',
        user_id: user,
        user_name: world.users.get(user)?.name ?? user,
        command,
        text,
        api_app_id: world.appId,
        is_enterprise_install: 'false',
        response_url: `${base}/response/${world.nextId('R')}`,
        trigger_id: trigger(user),
      }),
    shortcut: ({ message, user, callback = 'investigate' }) =>
      interactive(
        {
          type: 'message_action',
          callback_id: callback,
          action_ts: world.nextTs(),
          message_ts: message.ts,
          channel: { id: message.channel, name: world.channels.get(message.channel)?.name ?? '' },
          message: publicMessage(message, world),
          response_url: `${base}/response/${world.nextId('R')}`,
        },
        user,
      ),
    openHome: (user) =>
      event({ type: 'app_home_opened', user, channel: imOf(world, user).id, tab: 'home', event_ts: world.nextTs() }),
    said: (channel) => world.messages.filter((one) => one.channel === channel && one.bot_id === world.botId),
    show: (channel) => showChannel(world, channel),
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
          const conversations = [...world.channels.keys()].map((one) => showChannel(world, one)).join('\n')
          const tail = requests
            .slice(-15)
            .map((one) => `${one.method} ${one.status} ${JSON.stringify(one.reply)?.slice(0, 200)}`)
          throw new Error(`never: ${what}\n${conversations}\n${tail.join('\n')}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    outage(on) {
      away = on
      wire.accept(!on)
      if (on) wire.cut()
    },
    async stop() {
      wire.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return slack
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Form-encoded with JSON inside fields, or JSON; undefined when it is neither. */
function parseArgs(request: IncomingMessage, body: Buffer): Record<string, unknown> | undefined {
  const type = String(request.headers['content-type'] ?? '')
  if (type.startsWith('application/json')) {
    try {
      return JSON.parse(body.toString()) as Record<string, unknown>
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(
    [...new URLSearchParams(body.toString())].map(([key, value]) => [
      key,
      JSON_FIELDS.has(key) ? parseField(value) : value,
    ]),
  )
}

const JSON_FIELDS = new Set(['blocks', 'attachments', 'metadata', 'view', 'files', 'chunks'])

function parseField(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function tokenOf(request: IncomingMessage, args: Record<string, unknown> | undefined): string {
  const header = /^Bearer (.+)$/.exec(String(request.headers.authorization ?? ''))?.[1]
  return header ?? (typeof args?.token === 'string' ? args.token : '')
}

/** The bytes of the one file of a multipart body. */
function multipartFile(body: Buffer, length: number): Buffer | undefined {
  const start = body.indexOf('\r\n\r\n')
  if (start < 0 || body.length < start + 4 + length) return undefined
  return body.subarray(start + 4, start + 4 + length)
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
