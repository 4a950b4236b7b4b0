// A Slack workspace on loopback: the Web API over HTTP, Socket Mode over WebSocket, people who write and click.
// It imitates the far end only; whether it behaves as Slack does is judged by Slack's own client libraries.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults } from '../faults.ts'
import { answer, multipartFile, parseArgs, readBody, tokenOf } from './http.ts'
import { createLimits } from './limits.ts'
import { addMessage, type MethodContext, publicMessage, type Reply } from './method.ts'
import { METHODS } from './methods.ts'
import { ALL_SCOPES, scopeFor } from './scopes.ts'
import type { ApiRequest, FakeSlack, FakeSlackOptions, Fault } from './shape.ts'
import { showChannel } from './show.ts'
import { createTelling } from './tell.ts'
import { createWire } from './wire.ts'
import { createWorld, type FakeChannel, type FakeMessage, imOf } from './world.ts'

export type { FakeSlack, FakeSlackOptions } from './shape.ts'

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
  const faults = createFaults<Fault>(({ method }) => method)
  let away = false
  let base = ''

  const telling = createTelling({ world, wire, scopes })

  const context: MethodContext = {
    world,
    uploadUrl: (file) => `${base}/upload/v1/${file}`,
    useTrigger: telling.useTrigger,
    triggerUser: telling.triggerUser,
    said: (message, what) => telling.tell(message, what),
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

    const fault = faults.take(method)
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
      telling.tell(stored, 'new', subtype ? { subtype } : {})
      return stored
    },
    mention: (message) => slack.write({ ...message, text: `<@${world.botUser}> ${message.text}` }),
    edit(message, text) {
      message.text = text
      message.edited = { user: message.user, ts: world.nextTs() }
      telling.tell(message, 'changed')
    },
    dm: (user) => imOf(world, user).id,
    press({ message, user, action, value }) {
      const channel = world.channels.get(message.channel)
      return telling.interactive(
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
      const delivery = telling.interactive(
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
        trigger_id: telling.trigger(user),
      }),
    shortcut: ({ message, user, callback = 'investigate' }) =>
      telling.interactive(
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
      telling.event({
        type: 'app_home_opened',
        user,
        channel: imOf(world, user).id,
        tab: 'home',
        event_ts: world.nextTs(),
      }),
    said: (channel) => world.messages.filter((one) => one.channel === channel && one.bot_id === world.botId),
    show: (channel) => showChannel(world, channel),
    fault: faults.add,
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
