// Puts the card of a plan as its record stands now. Whoever changes a record shows it afterwards.
import type { Approval } from '../../safety/approval.ts'
import type { ChangeContext } from './context.ts'
import { planCard, planKey } from './plan-card.ts'

type ShowContext = Pick<ChangeContext, 'approvals' | 'outbox' | 'practice'>

export async function showPlan(id: string, context: ShowContext): Promise<Approval | undefined> {
  let shown: Approval | undefined
  // another process may change the record between our read and our put: the last word must be the record's
  for (let round = 0; round < 5; round++) {
    const approval = await context.approvals.read(id)
    if (!approval || JSON.stringify(approval) === JSON.stringify(shown)) return approval
    shown = approval
    await context.outbox.put({
      kind: 'post',
      key: planKey(id),
      thread: approval.thread,
      card: planCard(approval, context),
      attachments: [],
      root: false,
    })
  }
  return shown
}
