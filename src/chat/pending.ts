// What waits for one person's decision, as a list for them alone. The decision itself is made on the card, where everything it does can be read.
import type { RichText, Span } from '../core/card.ts'
import type { Person } from '../core/people.ts'
import type { MessageRef } from '../core/thread.ts'
import type { Handlers, PendingPlan } from './contract.ts'
import { clip, neutraliseLine } from './neutralise.ts'
import type { Outbox } from './outbox.ts'

const SHOWN = 10

/** The words that ask for this list: as a command it is for them alone. */
export function asksForPlans(text: string): boolean {
  return /^\s*(?:(?:my|pending|list|show)\s+)?approvals?\s*[.!?]*\s*$/i.test(text.slice(0, 100))
}

/** `addressOf` resolves a message's address on the platform. Throws a SayError when it cannot be known what they may decide. */
export async function pendingNote(
  person: Person,
  handlers: Pick<Handlers, 'pending'>,
  outbox: Pick<Outbox, 'posted'>,
  addressOf: (on: MessageRef) => Promise<string | undefined>,
): Promise<RichText> {
  const plans = (await handlers.pending?.(person)) ?? []
  if (plans.length === 0) return 'Nothing waits for your decision.'
  const lines = await Promise.all(
    plans.slice(0, SHOWN).map(async (plan) => {
      const card = await outbox.posted(plan.thread, plan.key)
      return planLine(plan, card && (await addressOf(card)))
    }),
  )
  const head = plans.length === 1 ? 'One plan waits for your decision' : `${plans.length} plans wait for your decision`
  const left = plans.length - lines.length
  return [head, ...lines.flat(), ...(left > 0 ? [`\n… and ${left} more`] : [])]
}

function planLine(plan: PendingPlan, link: string | undefined): Span[] {
  const facts = [plan.tier, plan.cluster, `for ${plan.requester}`, `until ${plan.deadline.slice(11, 16)} UTC`]
  const words = `${clip(neutraliseLine(plan.words), 90)} · ${clip(neutraliseLine(facts.join(' · ')), 80)}`
  return ['\n', { code: plan.name }, ` ${words}`, ...(link ? ['  ', { link, text: 'Review' }] : [])]
}
