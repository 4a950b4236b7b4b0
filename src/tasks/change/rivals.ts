// Plans that would change the same object: only one of them can run as it was approved.
import { refKey } from '../../core/ref.ts'
import type { Approval } from '../../safety/approval.ts'
import type { ChangeContext } from './context.ts'
import { nameBeside } from './names.ts'
import { ended } from './outcome.ts'

export async function pendingForSameObjects(
  approval: Approval,
  { approvals }: Pick<ChangeContext, 'approvals'>,
): Promise<Approval[]> {
  const objects = new Set(approval.plan.steps.map((step) => refKey(step.object)))
  return (await approvals.list({ open: true })).filter(
    (other) =>
      other.id !== approval.id &&
      other.state === 'pending' &&
      other.plan.cluster === approval.plan.cluster &&
      other.plan.steps.some((step) => objects.has(refKey(step.object))),
  )
}

/** What has run has changed the objects of these: their cards say so at once, instead of when somebody approves them. */
export async function endRivals(approval: Approval, context: ChangeContext): Promise<void> {
  for (const other of await pendingForSameObjects(approval, context)) {
    const name = nameBeside(approval, other)
    const changed = await context.approvals.supersede(other.id, name)
    if (!changed.refused) await ended(changed.approval, `plan ${name} has changed the same object first`, context)
  }
}
