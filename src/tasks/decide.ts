// Task `decide`: who pressed is looked up now, the decision is signed, and one compare-and-set makes it count once.
import { textCard } from '../core/card.ts'
import { personKey } from '../core/people.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { mayDecide } from '../safety/approval.ts'
import { refusalText } from '../safety/approvals.ts'
import type { DecideContext } from './change/context.ts'
import { guardsOf, knownApprovers } from './change/guards.ts'
import { tellThread } from './change/outcome.ts'
import { aboutPlan } from './change/record.ts'
import { sealHolds } from './change/seal.ts'
import { showPlan } from './change/show.ts'

export async function decide(task: TaskOf<'decide'>, context: DecideContext): Promise<void> {
  const { approvals, signer, audit } = context
  const approval = await approvals.read(task.approval)
  if (!approval) return tell(task, context, refusalText('unknown-approval', undefined))
  const entry = {
    who: personKey(task.asker),
    ...aboutPlan(approval),
  }
  const refuse = async (refused: string, sentence: string) => {
    await audit.append({ ...entry, kind: 'refused', data: { decision: task.decision, refused } })
    // whoever could press saw a card that should have lost its buttons: the process that decided may have died before it said so
    if (approval.state !== 'pending') await showPlan(approval.id, context)
    return tell(task, context, sentence)
  }
  if (!sealHolds(task, signer))
    return refuse(
      'forged',
      'This decision did not come from a button or the command line, so it does not count. This is on record.',
    )
  const { listed, name } = await context.approver(task.asker, knownApprovers(approval.approvers, context))
  const wish = { by: { ...task.asker, name }, kind: task.decision, listed, typed: task.typedName }
  const guards = guardsOf(approval.plan, approval.tier, context)
  const refused = mayDecide(approval, wish, guards, new Date())
  if (refused) return refuse(refused, refusalText(refused, approval))
  // written before it counts: a decision that is not on record must not run anything
  await audit.append({
    ...entry,
    kind: 'decision',
    data: { decision: task.decision, tier: approval.tier, ...(task.reason ? { reason: task.reason } : {}) },
  })
  const changed = await approvals.decide(approval.id, { ...wish, reason: task.reason, guards }, signer)
  if (changed.refused) return refuse(changed.refused, refusalText(changed.refused, changed.approval))
  if (changed.approval.state === 'approved') await enqueueExecute(task, context)
  await showPlan(approval.id, context)
  if (changed.approval.state === 'rejected')
    await tellThread(changed.approval, `was rejected by ${name}${task.reason ? `: ${task.reason}` : ''}`, context)
}

async function enqueueExecute(task: TaskOf<'decide'>, context: DecideContext): Promise<void> {
  const at = new Date().toISOString()
  await context.enqueue({
    kind: 'execute',
    id: taskId('execute', task.approval),
    thread: task.thread,
    asker: task.asker,
    at,
    approval: task.approval,
  })
}

/** A note for the one who pressed, and nobody else; the plan stays as it is. */
async function tell(task: TaskOf<'decide'>, context: DecideContext, sentence: string): Promise<void> {
  await context.outbox.put({
    kind: 'private',
    key: `note-${task.id}`,
    thread: task.thread,
    to: task.asker,
    card: textCard(sentence, { tone: 'stop' }),
  })
}
