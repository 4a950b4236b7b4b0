// What became of a plan enters its thread's memory, so that the next turn starts from it.
import { addNote } from '../../agent/notes.ts'
import { messageOf } from '../../core/errors.ts'
import { FIRSTMATE, personKey } from '../../core/people.ts'
import { threadKey } from '../../core/thread.ts'
import { type Approval, shortName } from '../../safety/approval.ts'
import type { ChangeContext } from './context.ts'
import { aboutPlan } from './record.ts'
import { showPlan } from './show.ts'

/** `what` is a clause: "was rejected by mira: not before the sale". A courtesy: the card says the same, so a failure is only logged. */
export async function tellThread(
  approval: Approval,
  what: string,
  { store, log }: Pick<ChangeContext, 'store' | 'log'>,
): Promise<void> {
  const plan = approval.plan.steps
    .slice(0, 3)
    .map(({ words }) => words)
    .join('; ')
  await addNote(store, threadKey(approval.thread), `Plan ${shortName(approval)} (${plan}) ${what}`).catch(
    (error: unknown) =>
      log.warn({ approval: approval.id, error: messageOf(error) }, 'the outcome of a plan could not be noted'),
  )
}

/** A plan that ended without having run: on record, on its card, and in its thread's memory. */
export async function ended(approval: Approval, how: string, context: ChangeContext): Promise<void> {
  // first, because nothing was changed: a card must not keep its buttons when the audit is away
  await showPlan(approval.id, context)
  await context.audit.append({
    kind: 'result',
    who: personKey(FIRSTMATE),
    ...aboutPlan(approval),
    data: { ended: how },
  })
  await tellThread(approval, `ended without a change: ${how}`, context)
}
