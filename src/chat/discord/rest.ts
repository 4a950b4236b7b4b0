// The REST client as the outbox wants it: it tries once, waits out short limits by itself, and reports the long ones.
import { createHash } from 'node:crypto'
import { type InternalRequest, REST } from 'discord.js'
import type { Config } from '../../config.ts'
import type { Budget } from '../budget.ts'

const TIMEOUT_MS = 10_000
/** a limit that is over sooner is waited for here; a longer one goes back to the outbox, which then does something else */
const SHORT_MS = 2000
/** Discord takes 50 requests of a bot in any second; answers to interactions do not count */
const ALL = { everyMs: 27, burst: 8 }

/** With a budget, all processes of this bot together stay below Discord's global limit. */
export function createRest(config: Config, budget?: Budget): REST {
  const token = config.DISCORD_BOT_TOKEN ?? ''
  const bucket = `discord:${createHash('sha256').update(token).digest('hex').slice(0, 16)}:all`
  return new SteadyRest(
    {
      ...restOptions(config),
      // the outbox does the trying again
      retries: 0,
      rejectOnRateLimit: ({ retryAfter }) => retryAfter > SHORT_MS,
    },
    // whoever cannot ask the others goes on alone, at the same pace
    async () => budget?.take(bucket, ALL).catch(() => ALL.everyMs) ?? ALL.everyMs,
  ).setToken(token)
}

/**
 * The library counts requests by the second on its own clock, so that Discord may see those of two seconds in one: here they are spread.
 * And it forgets its token at the first 401: a token that is mended on Discord's side must work again without a restart.
 */
class SteadyRest extends REST {
  #line: Promise<void> = Promise.resolve()
  readonly #turn: () => Promise<number>

  constructor(options: ConstructorParameters<typeof REST>[0], turn: () => Promise<number>) {
    super(options)
    this.#turn = turn
  }

  override setToken(token: string): this {
    return token ? super.setToken(token) : this
  }

  /** One after the other, so that after a stall of this process what waited does not go at once. */
  override async queueRequest(request: InternalRequest): ReturnType<REST['queueRequest']> {
    if (request.auth !== false) await (this.#line = this.#line.then(() => this.#wait()))
    return super.queueRequest(request)
  }

  async #wait(): Promise<void> {
    const wait = await this.#turn()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

/** What the gateway's client needs as well. */
export function restOptions(config: Config) {
  const api = (config.DISCORD_API_URL ?? 'https://discord.com/api').replace(/\/+$/, '')
  return { api, version: '10', timeout: TIMEOUT_MS }
}
