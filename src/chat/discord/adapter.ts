// Discord: discord.js holds the session and the REST client, the parts beside this file parse, render and say. What arrives is
// delivered once, so everything is kept in hand until it is stored.
import { createHash } from 'node:crypto'
import { PermissionFlagsBits, Routes } from 'discord.js'
import { z } from 'zod'
import { textCard } from '../../core/card.ts'
import { messageOf, SettingsError } from '../../core/errors.ts'
import { createClicks } from '../clicks.ts'
import type { Adapter, AdapterContext, Handlers, Health } from '../contract.ts'
import { createIntake, type Inbound } from '../intake.ts'
import { createThreads, futureThread } from '../threads.ts'
import { createCatchUp } from './catch-up.ts'
import { createChannels } from './channels.ts'
import { inspectDiscord } from './doctor.ts'
import { discordStatus, toSayError } from './errors.ts'
import {
  type Asked,
  type Interacted,
  isAddressed,
  type Message,
  parseInteraction,
  parseMessage,
  parseSaid,
  type Self,
} from './parse.ts'
import { createPlaces } from './places.ts'
import { createReceipt } from './receive.ts'
import { createRest } from './rest.ts'
import { createSay } from './say.ts'
import { createSocket } from './socket.ts'
import { createTokens } from './tokens.ts'

/** Discord allows five posts and five edits per five seconds and thread, and 50 requests a second in all; we stay below. */
const PACE = { postEveryMs: 200, editEveryMs: 2000, editsPerMinute: 300, reactionsPerMinute: 120 }
const NOT_SERVED = 'I do not serve this server: an operator can add it to DISCORD_GUILDS.'
const NOT_HERE =
  'I may not write in this channel: ask somebody to give me the permissions View Channel and Send Messages here.'
const HEARD = 'I answer in the thread of your question.'
/** of what was heard lately; the same event may come twice */
const REMEMBERED = 2000

export function createDiscord(context: AdapterContext, options: { leaseMs?: number } = {}): Adapter {
  const { config, store, outbox, log } = context
  const rest = createRest(config)
  const threads = createThreads(store)
  const places = createPlaces(rest, store)
  const channels = createChannels(rest)
  const catchUp = createCatchUp(rest, store, () => known().user, log)
  const tokens = createTokens(store)
  const say = createSay({
    rest,
    places,
    tokens,
    self: known,
    opened: (thread) => catchUp.began(thread.thread, thread.thread),
  })
  const intake = createIntake(store, outbox, say)
  const clicks = createClicks(store, outbox)
  const socket = createSocket({
    config,
    store,
    log,
    events: { ready: again, message: (payload) => hear(payload), interaction: (payload) => void interacted(payload) },
    ...options,
  })

  let self: Self | undefined
  let handlers: Handlers | undefined
  let trouble = 'Discord has not been reached yet.'
  let retry: NodeJS.Timeout | undefined
  let stopped = false

  function known(): Self {
    if (!self) throw new Error('Discord has not said yet who we are.')
    return self
  }

  // ---- what people write: one after the other in each channel, so that the place up to which all is stored is one message ----

  const lines = new Map<string, Promise<void>>()
  /** while it is being found out what was missed, what is said now waits behind it */
  let gate: Promise<void> = Promise.resolve()
  const interactions = new Set<string>()

  function queue(channel: string, work: () => Promise<void>): Promise<void> {
    const before = lines.get(channel) ?? Promise.resolve()
    const line = before.then(() => insist(work)).finally(() => lines.get(channel) === line && lines.delete(channel))
    lines.set(channel, line)
    return line
  }

  /** Tries until it works: nobody delivers it again. What was not stored when we stop is fetched at the next start. */
  async function insist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 0; !stopped; attempt += 1) {
      try {
        return await work()
      } catch (error) {
        log.warn({ why: messageOf(error) }, 'something said in Discord could not be taken yet; trying again')
        await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 250 * 2 ** Math.min(attempt, 6))))
      }
    }
  }

  function hear(payload: unknown): void {
    const message = parseMessage(payload, known())
    if (message) void gate.then(() => queue(message.channel_id, () => take(message)))
  }

  async function take(message: Message): Promise<void> {
    if (isAddressed(message, known())) await catchUp.began(message.channel_id, message.id)
    const channel = await channels.get(message.channel_id).catch((error: unknown) => {
      // a channel that we may not see has nothing for us
      if (discordStatus(error) === 403 || discordStatus(error) === 404) return undefined
      throw toSayError(error)
    })
    const said = channel && parseSaid(message, channel, known())
    if (said && (said.why !== 'follow-up' || (await threads.joined(said.inbound.thread)))) {
      await ask({ ...said.inbound, addressed: said.why !== 'follow-up' })
      await catchUp.took(message.channel_id, message.id)
    }
  }

  async function ask(inbound: Inbound): Promise<void> {
    const taken = await intake(inbound, handlers!)
    const { thread } = inbound
    if (taken === 'taken' && /^\d+$/.test(thread.thread)) await catchUp.began(thread.thread, thread.thread)
  }

  /** A new session has begun: what was said since the last one is taken first. */
  function again(): void {
    gate = insist(async () => {
      for (const channel of await catchUp.places()) {
        void queue(channel, async () => {
          for (const payload of await catchUp.missed(channel)) await retake(channel, payload)
        })
      }
    })
  }

  async function retake(channel: string, payload: unknown): Promise<void> {
    // looked up, a message does not say in which server it stands
    const { guild_id } = await channels.get(channel)
    const message = parseMessage(payload, known(), guild_id)
    if (message) await take(message)
  }

  // ---- what people press, fill in and command ----

  async function interacted(payload: unknown): Promise<void> {
    const what = parseInteraction(payload, known())
    if (!what || interactions.has(what.asked.id)) return
    interactions.add(what.asked.id)
    if (interactions.size > REMEMBERED) interactions.delete(interactions.values().next().value!)
    const receipt = createReceipt(
      rest,
      what.asked,
      what.kind === 'press' || what.kind === 'form' ? 'update' : 'private',
    )
    try {
      if (!what.asked.served) await receipt.tell(NOT_SERVED)
      else if (what.kind === 'press') await pressed(what, receipt)
      else if (what.kind === 'form') await receipt.during(clicked(what, receipt))
      else if (what.kind === 'command') await receipt.during(commanded(what, receipt))
      else await receipt.during(investigated(what, receipt))
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'an interaction could not be handled')
      await receipt.tell('That did not work just now; please try again in a moment.').catch(() => {})
    }
  }

  type Receipt = ReturnType<typeof createReceipt>

  async function clicked({ asked, press }: Extract<Interacted, { press: unknown }>, receipt: Receipt): Promise<void> {
    // what the click leads to may have to be told to that person alone
    await tokens.keep(asked.person, press.on.thread, { app: asked.app, token: asked.token })
    await clicks.take(press, saying(handlers!), receipt.tell)
  }

  async function pressed(what: Extract<Interacted, { kind: 'press' }>, receipt: Receipt): Promise<void> {
    const { press } = what
    const control = await clicks.find(press.on, press.control)
    if (control?.kind !== 'button' || !control.form) {
      await receipt.during(clicked(what, receipt))
      return
    }
    // a form must be the first answer to the press: it is opened from what we stored
    await receipt.open(control.form, control.id).catch((error: unknown) => {
      log.warn({ why: messageOf(error) }, 'a form could not be opened')
      return clicks.note(
        press.person,
        press.on.thread,
        'The form could not be opened; please press again.',
        press.trigger,
      )
    })
  }

  async function commanded(command: Extract<Interacted, { kind: 'command' }>, receipt: Receipt): Promise<void> {
    const { asked, text, inThread } = command
    const name = createHash('sha256').update(asked.id).digest('hex').slice(0, 16)
    const thread = inThread ? command.where : futureThread(command.where, `command-${name}`)
    const verdict = await handlers!.mayAsk(asked.person, thread)
    if (!verdict.allowed) return receipt.tell(verdict.why)
    if (!mayWrite(asked, inThread && !thread.direct)) return receipt.tell(NOT_HERE)
    // what was asked is seen by all, and begins the thread where there is none yet
    const card = textCard([{ bold: verdict.name ?? asked.person.id }, ' asks: ', text])
    const key = inThread ? `command-${name}` : 'root'
    await outbox.put({ kind: 'post', key, thread, card, attachments: [], root: !inThread })
    await ask({ id: [asked.id], thread, person: asked.person, text, at: new Date().toISOString() })
    return receipt.tell(thread.direct ? 'I am looking.' : HEARD)
  }

  async function investigated(
    { asked, inbound }: Extract<Interacted, { kind: 'menu' }>,
    receipt: Receipt,
  ): Promise<void> {
    if (!mayWrite(asked, false)) return receipt.tell(NOT_HERE)
    await ask(inbound)
    return receipt.tell(HEARD)
  }

  async function connect(): Promise<void> {
    try {
      self = await whoAmI()
    } catch (error) {
      if (error instanceof SettingsError) throw error
      if (discordStatus(error) === 401)
        throw new SettingsError(
          'DISCORD_BOT_TOKEN is refused by Discord; copy the token from the page "Bot" of the application again.',
        )
      trouble = `Discord cannot be reached: ${messageOf(error)}`
      log.warn({ why: messageOf(error) }, 'Discord cannot be reached; trying again')
      if (!stopped) retry = setTimeout(() => void connect().catch(lost), 2000)
      return
    }
    trouble = ''
    await socket.start()
  }

  /** Only listed servers are served. Without a list there must be exactly one: a bot can be invited anywhere. */
  async function whoAmI(): Promise<Self> {
    const user = z.object({ id: z.string() }).parse(await rest.get(Routes.user()))
    const app = z.object({ id: z.string() }).parse(await rest.get(Routes.currentApplication()))
    if (config.DISCORD_GUILDS.length > 0) return { user: user.id, app: app.id, guilds: config.DISCORD_GUILDS }
    const guilds = z.array(z.object({ id: z.string() })).parse(await rest.get(Routes.userGuilds()))
    if (guilds.length !== 1) {
      const many =
        guilds.length === 0 ? 'no server yet: invite it' : `${guilds.length} servers: name those whose members may ask`
      throw new SettingsError(
        `DISCORD_GUILDS is not set, and the bot is in ${many}, and set DISCORD_GUILDS to their ids.`,
      )
    }
    return { user: user.id, app: app.id, guilds: guilds.map((guild) => guild.id) }
  }

  function lost(error: unknown): void {
    trouble = messageOf(error)
    log.error({ why: trouble }, 'Discord cannot be used')
  }

  function health(): Health {
    const state = socket.state()
    if (trouble !== '' || state === 'connecting')
      return { name: 'discord', ok: false, detail: trouble || 'The connection to Discord is being restored.' }
    if (state === 'standby')
      return { name: 'discord', ok: true, detail: 'Another bot listens to Discord; this one stands by.' }
    const blind =
      'Connected to Discord without MessageContent: follow-ups need a mention. Switch it on under "Bot", "Privileged Gateway Intents", and start again.'
    return { name: 'discord', ok: true, detail: socket.blind() ? blind : 'Connected to Discord.' }
  }

  return {
    name: 'discord',
    pace: PACE,
    say,
    serves: (thread) =>
      thread.platform === 'discord' &&
      self !== undefined &&
      (thread.workspace === '' || self.guilds.includes(thread.workspace)),
    async start(given) {
      handlers = given
      await connect()
    },
    async workspaceOf(channel) {
      const { guild_id } = await channels.get(channel)
      if (!guild_id) throw new Error(`Channel ${channel} is in no server.`)
      return guild_id
    },
    async stop() {
      stopped = true
      clearTimeout(retry)
      await socket.stop()
      await Promise.all(lines.values())
      rest.clearHashSweeper()
      rest.clearHandlerSweeper()
    },
    health,
    doctor: () => inspectDiscord({ config, rest }),
  }
}

/** Forms of Discord close when they are sent: wrong answers become a note. */
function saying(handlers: Handlers): Handlers {
  return {
    ...handlers,
    async onClick(click) {
      const reply = await handlers.onClick(click)
      const [wrong] = Object.values(reply.errors ?? {})
      return wrong === undefined || reply.note !== undefined ? reply : { note: wrong }
    },
  }
}

function mayWrite({ person, permissions }: Asked, inThread: boolean): boolean {
  if (person.workspace === '') return true
  const send = inThread ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages
  const needed = PermissionFlagsBits.ViewChannel | send
  return (permissions & needed) === needed || (permissions & PermissionFlagsBits.Administrator) !== 0n
}
