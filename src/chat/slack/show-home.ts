// Shows somebody's App Home when they open it, and again when a plan has changed: gathers what it says, then publishes it.
import type { WebClient } from '@slack/web-api'
import type { Card } from '../../core/card.ts'
import { messageOf } from '../../core/errors.ts'
import type { Person } from '../../core/people.ts'
import type { Thread } from '../../core/thread.ts'
import type { Logger } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import type { Handlers, Rights, Verdict } from '../contract.ts'
import type { Outbox } from '../outbox.ts'
import type { Threads } from '../threads.ts'
import { type HomePlan, renderHome } from './home.ts'
import type { Self } from './parse.ts'

export interface ShowHomeOptions {
  client: WebClient
  outbox: Pick<Outbox, 'posted'>
  threads: Pick<Threads, 'of'>
  store: Store
  log: Logger
}

/** A courtesy: what goes wrong is logged, and not delivered again. */
export interface Homes {
  /** to somebody who opens it */
  show(person: Person, self: Self, handlers: Handlers): Promise<void>
  /** A card was said or edited. When it is a plan's, the homes that were opened lately are shown anew, soon. */
  said(card: Card, self: Self, handlers: Handlers): void
  stop(): void
}

/** whoever opened it within this time may still be looking at it */
const LOOKING_MS = 3600_000
const REFRESHED = 30
/** several changes of a plan within this time are one */
const SOON_MS = 1500

export function createHomes({ client, outbox, threads, store, log }: ShowHomeOptions): Homes {
  let soon: NodeJS.Timeout | undefined
  const viewers = (self: Self) => `${store.prefix}chat:slack:homes:${self.team}`

  async function plansFor(person: Person, { pending }: Handlers): Promise<HomePlan[] | undefined> {
    try {
      const plans = (await pending?.(person)) ?? []
      return await Promise.all(plans.map(async (plan) => ({ plan, card: await outbox.posted(plan.thread, plan.key) })))
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'what waits for somebody cannot be looked up')
      return undefined
    }
  }

  async function publish(person: Person, self: Self, handlers: Handlers): Promise<void> {
    try {
      const where: Thread = { platform: 'slack', workspace: self.team, channel: '', thread: '', direct: true }
      const [rights, mine, plans] = await Promise.all([
        handlers.rights?.(person, where) ?? onlyAsk(handlers.mayAsk(person, where)),
        threads.of(person),
        plansFor(person, handlers),
      ])
      const view = renderHome({ rights, plans, threads: mine, url: self.url })
      await client.views.publish({ user_id: person.id, view })
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'the App Home could not be shown')
    }
  }

  async function refresh(self: Self, handlers: Handlers): Promise<void> {
    const since = Date.now() - LOOKING_MS
    const ids = await store.redis.zrevrangebyscore(viewers(self), '+inf', since, 'LIMIT', 0, REFRESHED)
    for (const id of ids) await publish({ platform: 'slack', workspace: self.team, id }, self, handlers)
  }

  return {
    async show(person, self, handlers) {
      const noted = store.redis
        .multi()
        .zadd(viewers(self), Date.now(), person.id)
        .zremrangebyscore(viewers(self), 0, Date.now() - LOOKING_MS)
        .pexpire(viewers(self), LOOKING_MS)
        .exec()
      await Promise.all([noted.catch(() => {}), publish(person, self, handlers)])
    },
    said(card, self, handlers) {
      if (soon || !card.controls.some(({ id }) => id.startsWith('a:'))) return
      soon = setTimeout(() => {
        soon = undefined
        void refresh(self, handlers).catch((error: unknown) =>
          log.warn({ why: messageOf(error) }, 'App Homes could not be shown anew'),
        )
      }, SOON_MS)
      soon.unref()
    },
    stop: () => clearTimeout(soon),
  }
}

async function onlyAsk(verdict: Promise<Verdict>): Promise<Rights> {
  return { ask: await verdict, approve: false, administer: false }
}
