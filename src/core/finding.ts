// What a check says is wrong, with its evidence. The shape is the contract of `diagnose --output json`.
import { z } from 'zod'
import { Action } from './action.ts'
import { ObjectRef } from './ref.ts'

export const Severity = z.enum(['critical', 'warning', 'info'])
export type Severity = z.infer<typeof Severity>

export const Evidence = z.object({
  source: z.enum(['event', 'status', 'log', 'spec', 'metric']),
  object: ObjectRef,
  text: z.string(),
})
export type Evidence = z.infer<typeof Evidence>

export const Finding = z.object({
  /** the check's name, as its file is named */
  check: z.string(),
  severity: Severity,
  object: ObjectRef,
  /** one sentence: what is wrong, with the numbers */
  summary: z.string(),
  /** one sentence: why */
  cause: z.string(),
  /** the recent change that fits in time, with its diff: "revision 14 at 14:01 removed env DATABASE_URL" */
  changed: z.string().optional(),
  evidence: z.array(Evidence),
  /** a safe next step in words */
  remedy: z.string(),
  /** the same as a typed change, where one exists */
  action: Action.nullable(),
  /** no other finding explains this one */
  root: z.boolean(),
  explains: z.array(ObjectRef),
})
export type Finding = z.infer<typeof Finding>

/** "shop/checkout: 3 of 3 pods crash-looping": the object leads unless the summary names it already. */
export function headlineOf({ object, summary }: Finding): string {
  const name = object.namespace ? `${object.namespace}/${object.name}` : object.name
  return summary.includes(name) ? summary : `${name}: ${summary}`
}

export const Diagnosis = z.object({
  healthy: z.boolean(),
  findings: z.array(Finding),
  /** what could not be looked at, as sentences: "not permitted: list nodes" */
  partial: z.array(z.string()),
})
export type Diagnosis = z.infer<typeof Diagnosis>
