// The audit: every question, tool call, plan, decision, request and result, in a chain of HMACs that shows edits, gaps and reordering.
import { z } from 'zod'

export const AuditKind = z.enum([
  'question',
  'answer',
  'tool',
  'plan',
  'refused',
  'decision',
  'request',
  'result',
  'verify',
  'stop',
  'resume',
  'autonomy',
  'incident',
  'feedback',
  'failure',
])
export type AuditKind = z.infer<typeof AuditKind>

/** What happened, in one flat record; `data` is redacted before it is stored. */
export const AuditEntry = z.object({
  kind: AuditKind,
  /** `slack:U123`, `policy:L2`, `firstmate:firstmate` */
  who: z.string(),
  cluster: z.string().optional(),
  /** thread key */
  thread: z.string().optional(),
  /** approval id, task id */
  subject: z.string().optional(),
  digest: z.string().optional(),
  data: z.record(z.string(), z.unknown()).default({}),
})
export type AuditEntry = z.input<typeof AuditEntry>

export interface Audit {
  /** Rejects when it could not be written: then what it speaks of must not happen. */
  append(entry: AuditEntry): Promise<void>
}
