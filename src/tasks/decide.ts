// Task `decide`: who pressed is looked up now, the decision is signed, and one compare-and-set makes it count once.
import { textCard } from '../core/card.ts'
import { personKey } from '../core/people.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { mayDecide } from '../safety/approval.ts'
import { refusalText } from '../safety/approvals.ts'
import type { DecideContext } from './change/context.ts'
import { showPlan } from './change/show.ts'

export async function decide(task: TaskOf<'decide'>, context: DecideContext): Promise<void> {
  const { approvals, signer, audit } = context
  const approval = await approvals.read(task.approval)
  if (!approval) return tell(task, context, refusalText('unknown-approval', undefined))
  const { listed, name } = await context.approver(task.asker, approval.approvers)
  const by = { ...task.asker, name }
  const entry = { who: personKey(by), cluster: approval.plan.cluster, thread: threadKey(approval.thread), subject: approval.id, digest: approval.plan.digest }
  const refused = mayDecide(approval, by, task.decision, listed, task.typedName, new Date())
  if (refused) {
    await audit.append({ ...entry, kind: 'refused', data: { decision: task.decision, refused } })
    return tell(task, context, refusalText(refused, approval))
  }
  // written before it counts: a decision that is not on record must not run anything
  await audit.append({ ...entry, kind: 'decision', data: { decision: task.decision, ...(task.reason ? { reason: task.reason } : {}) } })
  const changed = await approvals.decide(approval.id, { by, kind: task.decision, listed, typed: task.typedName, reason: task.reason }, signer)
  if (changed.refused) return tell(task, context, refusalText(changed.refused, changed.approval))
  if (changed.approval.state === 'approved') await enqueueExecute(task, context)
  await showPlan(approval.id, context)
}

async function enqueueExecute(task: TaskOf<'decide'>, context: DecideContext): Promise<void> {
  const at = new Date().toISOString()
  await context.enqueue({ kind: 'execute', id: taskId('execute', task.approval), thread: task.thread, asker: task.asker, at, approval: task.approval })
}

/** A note for the one who pressed, and nobody else; the plan stays as it is. */
async function tell(task: TaskOf<'decide'>, context: DecideContext, sentence: string): Promise<void> {
  await context.outbox.put({ kind: 'private', key: `note-${task.id}`, thread: task.thread, to: task.asker, card: textCard(sentence, { tone: 'stop' }) })
}
