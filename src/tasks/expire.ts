// Task `expire`: a plan that nobody decided, or that did not start, ends at its deadline.
import type { TaskOf } from '../core/task.ts'
import type { ChangeContext } from './change/context.ts'
import { ended } from './change/outcome.ts'
import { showPlan } from './change/show.ts'

export async function expire(task: TaskOf<'expire'>, context: ChangeContext): Promise<void> {
  const changed = await context.approvals.expire(task.approval)
  if (!changed.refused) return ended(changed.approval, 'expired', context)
  // the process that ended it may have died before its card said so
  if (changed.approval?.state !== 'pending') await showPlan(task.approval, context)
}
