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
const EVERY_MS = 27
const BURST = 8

/**
 * The library counts requests by the second on its own clock, so that Discord may see those of two seconds in one: here they are spread.
 * And it forgets its token at the first 401: a token that is mended on Discord's side must work again without a restart.
 */
class SteadyRest extends REST {
  override setToken(token: string): this {
    return token ? super.setToken(token) : this
  }

  #line: Promise<void> = Promise.resolve()
  #places = BURST
  #counted = performance.now()

  override async queueRequest(request: InternalRequest): ReturnType<REST['queueRequest']> {
    if (request.auth !== false) await (this.#line = this.#line.then(() => this.#turn()))
    return super.queueRequest(request)
  }

  /** One after the other, and by the time it really is: after a stall of this process what waited does not go at once. */
  async #turn(): Promise<void> {
    this.#count()
    if (this.#places < 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.ceil((1 - this.#places) * EVERY_MS)))
      this.#count()
    }
    this.#places -= 1
  }

  #count(): void {
    const now = performance.now()
    this.#places = Math.min(BURST, this.#places + (now - this.#counted) / EVERY_MS)
    this.#counted = now
  }
}

/** What the gateway's client needs as well. */
export function restOptions(config: Config) {
  const api = (config.DISCORD_API_URL ?? 'https://discord.com/api').replace(/\/+$/, '')
  return { api, version: '10', timeout: TIMEOUT_MS }
}
