// What every record of the audit says of the plan that it is about.
import type { AuditEntry } from '../../audit/audit.ts'
import { threadKey } from '../../core/thread.ts'
import type { Approval } from '../../safety/approval.ts'

export function aboutPlan({
  id,
  plan,
  thread,
}: Approval): Pick<AuditEntry, 'cluster' | 'thread' | 'subject' | 'digest'> {
  return { cluster: plan.cluster, thread: threadKey(thread), subject: id, digest: plan.digest }
}
