// The gateway: one session per token however many bots run, by lock; replaced when it fails, without MessageContent when that is refused.
import { createHash } from 'node:crypto'
import { Client, Events, GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits } from 'discord.js'
import type { Config } from '../../config.ts'
import { messageOf, SettingsError } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import type { Lock, Store } from '../../store/store.ts'
import { restOptions } from './rest.ts'

const LEASE_MS = 10_000
const STANDBY_MS = 1000
const MAX_BACKOFF_MS = 10_000
/** a client that has not been connected for so long is replaced: its own reconnecting has failed */
const PATIENCE_MS = 45_000

const INTENTS = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages]

export interface SocketEvents {
  /** A new session: what was said before it must be fetched. */
  ready(): void
  message(payload: unknown): void
  interaction(payload: unknown): void
  /** A server that the bot is in; told of each at the beginning of a session, and when it is invited. */
  guild(payload: unknown): void
}

export interface Socket {
  /** Resolves when connected, standing by, or when the first attempt failed for a reason that may pass. Rejects with a SettingsError when it never will. */
  start(): Promise<void>
  stop(): Promise<void>
  state(): 'connected' | 'standby' | 'connecting'
  /** the privileged intent was refused: words that are not for us by name cannot be read */
  blind(): boolean
}

export interface SocketOptions {
  config: Config
  store: Store
  log: Logger
  events: SocketEvents
  /** a bot that died leaves its session to others after so long; default 10 s */
  leaseMs?: number
}

type Ending = 'stopped' | 'lost' | 'failed' | 'blind' | 'refused'

export function createSocket(options: SocketOptions): Socket {
  const { config, store, log, events, leaseMs = LEASE_MS } = options
  const token = config.DISCORD_BOT_TOKEN ?? ''
  const lockName = `chat:discord:session:${createHash('sha256').update(token).digest('hex').slice(0, 16)}`
  let state: 'connected' | 'standby' | 'connecting' = 'connecting'
  let blind = false
  let failures = 0
  let stopped = false
  let running: Promise<void> | undefined
  let wake = () => {}
  let settle: (error?: Error) => void = () => {}

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const lock = await store.lock(lockName, leaseMs).catch(() => undefined)
      if (!lock) {
        state = 'standby'
        settle()
        await pause(STANDBY_MS)
        continue
      }
      const ending = await hold(lock)
      await lock.release()
      state = 'connecting'
      if (ending === 'refused') {
        settle(
          new SettingsError(
            'DISCORD_BOT_TOKEN is refused by Discord; copy the token from the page "Bot" of the application again.',
          ),
        )
        stopped = true
        return
      }
      settle()
      if (ending === 'failed' && !stopped)
        await pause(Math.min(MAX_BACKOFF_MS, 250 * 2 ** Math.min(failures, 6)) * (0.75 + Math.random() / 2))
    }
  }

  /** Keeps a session for as long as the lock is ours. Resolves why it ended; never rejects. */
  async function hold(lock: Lock): Promise<Ending> {
    state = 'connecting'
    const client = createClient()
    let end: (why: Ending) => void = () => {}
    const ended = new Promise<Ending>((resolve) => (end = resolve))
    let watchdog = setTimeout(() => end('failed'), PATIENCE_MS)
    const away = () => {
      if (state === 'connected') log.info('the connection to Discord is being restored')
      state = 'connecting'
      clearTimeout(watchdog)
      watchdog = setTimeout(() => end('failed'), PATIENCE_MS)
    }
    const here = () => {
      clearTimeout(watchdog)
      failures = 0
      state = 'connected'
      settle()
    }
    lock.lost.addEventListener('abort', () => end('lost'), { once: true })
    wake = () => end('stopped')
    if (stopped) end('stopped')

    client.on(Events.ShardReconnecting, away)
    client.on(Events.ShardDisconnect, ({ code }) => {
      if (code === GatewayCloseCodes.DisallowedIntents) end('blind')
      else end(code === GatewayCloseCodes.AuthenticationFailed ? 'refused' : 'failed')
    })
    client.ws.on(GatewayDispatchEvents.Ready, () => {
      here()
      log.info({ readsAll: !blind }, 'connected to Discord')
      events.ready()
    })
    client.ws.on(GatewayDispatchEvents.Resumed, here)
    client.ws.on(GatewayDispatchEvents.GuildCreate, (data: unknown) => events.guild(data))
    client.ws.on(GatewayDispatchEvents.MessageCreate, (data: unknown) => lock.held && events.message(data))
    client.ws.on(GatewayDispatchEvents.InteractionCreate, (data: unknown) => lock.held && events.interaction(data))
    client.login(token).catch((error: unknown) => {
      log.warn({ why: messageOf(error) }, 'Discord cannot be reached; trying again')
      end(isTokenError(error) ? 'refused' : 'failed')
    })

    const why = await ended
    clearTimeout(watchdog)
    if (why === 'failed') failures += 1
    if (why === 'blind') {
      blind = true
      log.warn(
        'MessageContent is not granted to this application: I hear mentions, direct messages and commands, but no follow-ups without a mention',
      )
    }
    // Discord does not always answer the closing handshake, and nothing is lost by not waiting for it
    await Promise.race([client.destroy().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 1000).unref())])
    return why
  }

  function createClient(): Client {
    const client = new Client({
      intents: blind ? INTENTS : [...INTENTS, GatewayIntentBits.MessageContent],
      rest: restOptions(config),
    })
    shield(client)
    // without this listener a rejected handler ends the process
    client.on(Events.Error, (error) => log.warn({ why: messageOf(error) }, 'the Discord client stumbled'))
    client.on(Events.ShardError, (error) => log.debug({ why: messageOf(error) }, 'the connection to Discord stumbled'))
    return client
  }

  return {
    state: () => state,
    blind: () => blind,
    start() {
      return new Promise<void>((resolve, reject) => {
        settle = (error) => {
          if (error) reject(error)
          else resolve()
        }
        running = run().catch((error: unknown) =>
          log.error({ why: messageOf(error) }, 'the connection to Discord has ended'),
        )
      })
    },
    async stop() {
      stopped = true
      wake()
      await running
      state = 'connecting'
    },
  }
}

/**
 * We look at payloads ourselves. The library would keep what they tell in caches that only grow, and where Discord sends something
 * that it does not know yet it rejects where nobody listens, which ends the process: it is shown nothing but that a session has begun.
 */
function shield(client: Client): void {
  const manager = client.ws as unknown as { handlePacket(packet?: { t?: string }, shard?: unknown): boolean }
  const handle = manager.handlePacket.bind(manager)
  manager.handlePacket = (packet, shard) => packet?.t === GatewayDispatchEvents.Ready && handle(packet, shard)
}

function isTokenError(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === 'TokenInvalid' || message === 'Authentication failed'
}
