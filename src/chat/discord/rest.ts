// The REST client as the outbox wants it: it tries once, waits out short limits by itself, and reports the long ones.
import { type InternalRequest, REST } from 'discord.js'
import type { Config } from '../../config.ts'

const TIMEOUT_MS = 10_000
/** a limit that is over sooner is waited for here; a longer one goes back to the outbox, which then does something else */
const SHORT_MS = 2000

export function createRest(config: Config): REST {
  return new SteadyRest({
    ...restOptions(config),
    // the outbox does the trying again
    retries: 0,
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > SHORT_MS,
  }).setToken(config.DISCORD_BOT_TOKEN ?? '')
}

/** All requests of a bot together: Discord takes 50 in any second; answers to interactions do not count. */
const EVERY_MS = 25
const BURST = 10

/**
 * The library counts requests by the second on its own clock, so that Discord may see those of two seconds in one: here they are spread.
 * And it forgets its token at the first 401: a token that is mended on Discord's side must work again without a restart.
 */
class SteadyRest extends REST {
  override setToken(token: string): this {
    return token ? super.setToken(token) : this
  }

  #next = 0

  override async queueRequest(request: InternalRequest): ReturnType<REST['queueRequest']> {
    if (request.auth !== false) await this.#turn()
    return super.queueRequest(request)
  }

  async #turn(): Promise<void> {
    const now = Date.now()
    this.#next = Math.max(this.#next, now - BURST * EVERY_MS) + EVERY_MS
    const wait = this.#next - now
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

/** What the gateway's client needs as well. */
export function restOptions(config: Config) {
  const api = (config.DISCORD_API_URL ?? 'https://discord.com/api').replace(/\/+$/, '')
  return { api, version: '10', timeout: TIMEOUT_MS }
}
