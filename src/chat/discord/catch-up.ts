// What was said while nobody listened: Discord delivers an event once, so after an outage the places we take part in are read again.
import { type REST, Routes } from 'discord.js'
import { z } from 'zod'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import { SayError } from '../contract.ts'
import { CODE, discordErrorCode, discordStatus, toSayError } from './errors.ts'
import { idAt } from './parse.ts'

/** places that were quiet for longer are not looked at any more */
const QUIET_MS = 30 * 24 * 3600_000
const MAX_PLACES = 500
/** what is older than this is not answered any more */
const STALE_MS = 24 * 3600_000
const PAGES = 5
const PAGE = 100

// ids are longer than a Lua number holds: compared by length, then as text
const TOOK = `
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old or #old < #ARGV[2] or (#old == #ARGV[2] and old < ARGV[2]) then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
local many = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if many > 0 then
  for _, one in ipairs(redis.call('ZPOPMIN', KEYS[2], many)) do redis.call('HDEL', KEYS[1], one) end
end
return 1`

const BEGAN = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
return 1`

export interface CatchUp {
  /** A message is in hand: from it on, this place is ours to read again. */
  began(channel: string, message: string): Promise<void>
  /** Everything up to that message is stored. */
  took(channel: string, message: string): Promise<void>
  /** The places to read again, the liveliest first. */
  places(): Promise<string[]>
  /** What was said in a place since, oldest first; the payloads as Discord tells them. */
  missed(channel: string): Promise<{ id: string }[]>
}

const Page = z.array(z.looseObject({ id: z.string() }))

export function createCatchUp(rest: REST, store: Store, bot: () => string, log: Logger): CatchUp {
  const { redis } = store
  const keys = () =>
    [`${store.prefix}chat:discord:${bot()}:last`, `${store.prefix}chat:discord:${bot()}:active`] as const

  async function forget(channel: string): Promise<void> {
    const [last, active] = keys()
    await redis.multi().hdel(last, channel).zrem(active, channel).exec()
  }

  async function page(channel: string, after: string): Promise<{ id: string }[]> {
    const query = new URLSearchParams({ after, limit: String(PAGE) })
    return Page.parse(await rest.get(Routes.channelMessages(channel), { query }))
  }

  return {
    async began(channel, message) {
      await redis.eval(BEGAN, 2, ...keys(), channel, String(BigInt(message) - 1n), Date.now())
    },
    async took(channel, message) {
      await redis.eval(TOOK, 2, ...keys(), channel, message, Date.now(), MAX_PLACES)
    },
    async places() {
      const [last, active] = keys()
      const old = await redis.zrangebyscore(active, 0, Date.now() - QUIET_MS)
      if (old.length > 0)
        await redis
          .multi()
          .hdel(last, ...old)
          .zrem(active, ...old)
          .exec()
      return redis.zrevrange(active, 0, MAX_PLACES - 1)
    },
    async missed(channel) {
      const [last] = keys()
      const stored = (await redis.hget(last, channel)) ?? '0'
      const fresh = idAt(Date.now() - STALE_MS)
      let after = BigInt(stored) > BigInt(fresh) ? stored : fresh
      const found: { id: string }[] = []
      try {
        for (let n = 0; n < PAGES; n += 1) {
          const messages = (await page(channel, after)).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
          found.push(...messages)
          if (messages.length < PAGE) break
          after = messages.at(-1)!.id
        }
      } catch (error) {
        const code = discordErrorCode(error)
        // deleted, or closed to us, or no thread was ever opened from that message
        if (code === CODE.unknownChannel || code === CODE.missingAccess || discordStatus(error) === 403) {
          log.debug({ channel, why: messageOf(error) }, 'a place cannot be read any more')
          await forget(channel)
          return []
        }
        throw error instanceof SayError ? error : toSayError(error)
      }
      return found
    },
  }
}
