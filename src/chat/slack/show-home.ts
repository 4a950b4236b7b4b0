// Shows somebody's App Home when they open it: gathers what it says, then publishes it.
import type { WebClient } from '@slack/web-api'
import { messageOf } from '../../core/errors.ts'
import type { Person } from '../../core/people.ts'
import type { Thread } from '../../core/thread.ts'
import type { Logger } from '../../log.ts'
import type { Handlers } from '../contract.ts'
import type { Outbox } from '../outbox.ts'
import type { Threads } from '../threads.ts'
import { type HomePlan, renderHome } from './home.ts'
import type { Self } from './parse.ts'

const NO_RIGHTS = { approve: false, administer: false }

export interface ShowHomeOptions {
  client: WebClient
  outbox: Pick<Outbox, 'posted'>
  threads: Pick<Threads, 'of'>
  log: Logger
}

/** A courtesy: what goes wrong is logged, and not delivered again. */
export type ShowHome = (person: Person, self: Self, handlers: Handlers) => Promise<void>

export function createShowHome({ client, outbox, threads, log }: ShowHomeOptions): ShowHome {
  async function plansFor(person: Person, { pending }: Handlers): Promise<HomePlan[] | undefined> {
    try {
      const plans = (await pending?.(person)) ?? []
      return await Promise.all(plans.map(async (plan) => ({ plan, card: await outbox.posted(plan.thread, plan.key) })))
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'what waits for somebody cannot be looked up')
      return undefined
    }
  }

  return async (person, self, handlers) => {
    try {
      const where: Thread = { platform: 'slack', workspace: self.team, channel: '', thread: '', direct: true }
      const [verdict, rights, mine, plans] = await Promise.all([
        handlers.mayAsk(person, where),
        handlers.rights?.(person) ?? NO_RIGHTS,
        threads.of(person),
        plansFor(person, handlers),
      ])
      const view = renderHome({ verdict, rights, plans, threads: mine, url: self.url })
      await client.views.publish({ user_id: person.id, view })
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'the App Home could not be shown')
    }
  }
}
