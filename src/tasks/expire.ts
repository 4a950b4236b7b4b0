// Task `expire`: a plan that nobody decided, or that did not start, ends at its deadline.
import type { TaskOf } from '../core/task.ts'
import type { ChangeContext } from './change/context.ts'
import { showPlan } from './change/show.ts'

export async function expire(task: TaskOf<'expire'>, context: ChangeContext): Promise<void> {
  const changed = await context.approvals.expire(task.approval)
  if (!changed.refused) await showPlan(task.approval, context)
}
