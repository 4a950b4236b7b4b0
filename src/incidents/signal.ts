// A Signal is one sign of trouble, wherever it came from: an event, the state of an object, an alert, a check on schedule.
import { z } from 'zod'
import { Severity } from '../core/finding.ts'
import { ObjectRef } from '../core/ref.ts'

export const Signal = z.object({
  cluster: z.string().max(100),
  source: z.enum(['event', 'state', 'alert', 'check']),
  severity: Severity,
  /** one word: BackOff, CrashLoopBackOff, NodeNotReady, the name of an alert */
  reason: z.string().max(100),
  /** one line of foreign text, redacted and cut */
  text: z.string().max(300),
  /** the workload, node or other object a person would name: root of the chain of owners */
  owner: ObjectRef,
  /** new occurrences since the last sign of the same thing */
  count: z.int().min(1).max(1_000_000).default(1),
  labels: z.record(z.string().max(100), z.string().max(200)).default({}),
  /** no more signs are needed: critical ones, alerts with a threshold of their own, thresholds of the watchdog that were passed */
  immediate: z.boolean().default(false),
  /** an alert's identity, so that its end is recognised */
  alert: z.string().max(200).optional(),
  resolved: z.boolean().default(false),
})
export type Signal = z.infer<typeof Signal>
