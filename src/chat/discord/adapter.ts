// Discord: discord.js holds the session and the REST client, the parts beside this file hear, parse, render and say.
import { Routes } from 'discord.js'
import { z } from 'zod'
import { messageOf, SettingsError } from '../../core/errors.ts'
import { createBudget } from '../budget.ts'
import { createClicks } from '../clicks.ts'
import type { Adapter, AdapterContext, Handlers, Health } from '../contract.ts'
import { createIntake } from '../intake.ts'
import { createThreads } from '../threads.ts'
import { createCatchUp } from './catch-up.ts'
import { createChannels } from './channels.ts'
import { inspectDiscord } from './doctor.ts'
import { discordStatus } from './errors.ts'
import { createHearing } from './hear.ts'
import { createInteractions } from './interact.ts'
import { rolesOf, type Self } from './parse.ts'
import { createPlaces } from './places.ts'
import { createRest } from './rest.ts'
import { createSay } from './say.ts'
import { createSocket } from './socket.ts'
import { createTokens } from './tokens.ts'

/** Discord takes five posts and five edits in five seconds, and four reactions in one, in each channel or thread; we stay below. */
const PACE = {
  posts: { everyMs: 1300, burst: 2 },
  edits: { everyMs: 1300, burst: 2, by: 'place' },
  reactions: { everyMs: 400, burst: 2, by: 'place' },
  editEveryMs: 2000,
} as const

export function createDiscord(context: AdapterContext, options: { leaseMs?: number } = {}): Adapter {
  const { config, store, outbox, log } = context
  const rest = createRest(config, createBudget(store))
  const channels = createChannels(rest)
  const places = createPlaces(rest, store, channels, () => known().user)
  const catchUp = createCatchUp(rest, store, () => known().user, log)
  const tokens = createTokens(store)
  const say = createSay({
    rest,
    places,
    tokens,
    self: known,
    opened: (thread) => catchUp.began(thread.thread, thread.thread),
  })
  const hearing = createHearing({
    self: known,
    handlers: () => handlers!,
    intake: createIntake(store, outbox, say),
    threads: createThreads(store),
    channels,
    catchUp,
    log,
  })
  const interacted = createInteractions({
    rest,
    self: known,
    handlers: () => handlers!,
    outbox,
    clicks: createClicks(store, outbox, log),
    tokens,
    places,
    ask: hearing.ask,
    log,
  })
  const socket = createSocket({
    config,
    store,
    log,
    events: {
      ready: hearing.again,
      message: hearing.hear,
      interaction: (payload) => void interacted(payload),
      guild: (payload) => {
        for (const role of rolesOf(payload, known().user)) roles.add(role)
      },
    },
    ...options,
  })

  /** each server has one of its own, told when a session begins */
  const roles = new Set<string>()
  let self: Self | undefined
  let handlers: Handlers | undefined
  let trouble = 'Discord has not been reached yet.'
  let retry: NodeJS.Timeout | undefined
  let stopped = false

  function known(): Self {
    if (!self) throw new Error('Discord has not said yet who we are.')
    return self
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
    const who = { user: user.id, app: app.id, roles }
    if (config.DISCORD_GUILDS.length > 0) return { ...who, guilds: config.DISCORD_GUILDS }
    const guilds = z.array(z.object({ id: z.string() })).parse(await rest.get(Routes.userGuilds()))
    if (guilds.length !== 1) {
      const many =
        guilds.length === 0 ? 'no server yet: invite it' : `${guilds.length} servers: name those whose members may ask`
      throw new SettingsError(
        `DISCORD_GUILDS is not set, and the bot is in ${many}, and set DISCORD_GUILDS to their ids.`,
      )
    }
    return { ...who, guilds: guilds.map((guild) => guild.id) }
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
    placeOf: async ({ thread, message }) =>
      message === undefined ? (await places.of(thread)).channel : places.holding({ thread, message }),
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
      await hearing.stop()
      rest.clearHashSweeper()
      rest.clearHandlerSweeper()
    },
    health,
    doctor: () => inspectDiscord({ config, rest }),
  }
}
