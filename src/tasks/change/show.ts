// Puts the card of a plan as its record stands now. Whoever changes a record shows it afterwards.
import type { Approval } from '../../safety/approval.ts'
import type { ChangeContext } from './context.ts'
import { planCard, planKey } from './plan-card.ts'

type ShowContext = Pick<ChangeContext, 'approvals' | 'outbox' | 'practice'>

/** A plan that is no longer pending is taken off the cards that named it. */
export async function showPlan(id: string, context: ShowContext): Promise<Approval | undefined> {
  const shown = await showOne(id, context)
  if (shown && shown.state !== 'pending')
    for (const rival of await rivalsOf(shown, context)) await showOne(rival.id, context)
  return shown
}

async function showOne(id: string, context: ShowContext): Promise<Approval | undefined> {
  let shown: Approval | undefined
  // another process may change the record between our read and our put: the last word must be the record's
  for (let round = 0; round < 5; round++) {
    const approval = await context.approvals.read(id)
    if (!approval || JSON.stringify(approval) === JSON.stringify(shown)) return approval
    shown = approval
    const rivals = await rivalsOf(approval, context)
    await context.outbox.put({
      kind: 'post',
      key: planKey(id),
      thread: approval.thread,
      card: planCard(approval, { practice: context.practice, rivals }),
      attachments: [],
      root: false,
    })
  }
  return shown
}

/** Those that still wait, as their records stand now. */
async function rivalsOf(approval: Approval, { approvals }: ShowContext): Promise<Approval[]> {
  const rivals = await Promise.all(approval.rivals.map((id) => approvals.read(id)))
  return rivals.flatMap((rival) => (rival?.state === 'pending' ? [rival] : []))
}
