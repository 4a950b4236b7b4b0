// Task `expire`: a plan that nobody decided, or that did not start, ends at its deadline.
import type { TaskOf } from '../core/task.ts'
import type { ChangeContext } from './change/context.ts'
import { ended } from './change/outcome.ts'

export async function expire(task: TaskOf<'expire'>, context: ChangeContext): Promise<void> {
  const changed = await context.approvals.expire(task.approval)
  if (!changed.refused) await ended(changed.approval, 'expired', context)
}
