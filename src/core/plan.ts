// A Plan is a list of exact Kubernetes API requests. Its digest names those bytes: card, gate, approval and executor work on them.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Action } from './action.ts'
import { canonicalJson } from './canonical.ts'
import { ObjectRef } from './ref.ts'

export const Request = z.object({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
  /** with query, percent-encoded, no host */
  path: z.string(),
  contentType: z.string().optional(),
  body: z.unknown().optional(),
})
export type Request = z.infer<typeof Request>

export const Step = z.object({
  request: Request,
  object: ObjectRef,
  /** one line for the card, built from the request */
  words: z.string(),
  /** the same as a kubectl line */
  kubectl: z.string(),
  /** before → after, as the card shows it */
  changes: z.array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  /** evictions: 404 or another uid means already gone; 429 by a PDB is repeated until the deadline */
  rule: z.enum(['plain', 'evict']).default('plain'),
})
export type Step = z.infer<typeof Step>

/** What must still hold of an object when the plan runs. */
export const Precondition = z.object({
  object: ObjectRef,
  uid: z.string().nullable(),
  /** canonical hash without status, managedFields, resourceVersion and controller-written annotations; null = must not exist */
  contentHash: z.string().nullable(),
  /** state facts that the tier relied on, e.g. {"readyReplicas": 0} */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type Precondition = z.infer<typeof Precondition>

export const Tier = z.union([z.literal(0), z.literal(5), z.literal(6), z.literal(7), z.literal(9)])
export type Tier = z.infer<typeof Tier>
export const Risk = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])
export type Risk = z.infer<typeof Risk>
export const Verdict = z.enum(['allow', 'ask', 'deny'])
export type Verdict = z.infer<typeof Verdict>
export const Level = z.enum(['L0', 'L1', 'L2', 'L3', 'L4'])
export type Level = z.infer<typeof Level>

export const Plan = z.object({
  cluster: z.string(),
  steps: z.array(Step).min(1),
  preconditions: z.array(Precondition),
  /** seconds that execution may take, PDB retries included */
  executionSeconds: z.int().min(1),
  /** what it was compiled from: for words and undo, never for execution */
  action: Action.optional(),
  /** the same of a plan made of several, one for each step; absent where they do not fit one to one */
  actions: z.array(Action).optional(),
  digest: z.string(),
})
export type Plan = z.infer<typeof Plan>

/** What a plan was compiled from; empty where that is not known. */
export function actionsOfPlan({ action, actions = [] }: Pick<Plan, 'action' | 'actions'>): Action[] {
  return action ? [action] : actions
}

/** SHA-256 over the canonical JSON of cluster, requests, preconditions and execution rules. */
export function planDigest(plan: Omit<Plan, 'digest'>): string {
  const bytes = canonicalJson({
    cluster: plan.cluster,
    requests: plan.steps.map((step) => ({ ...step.request, object: step.object, rule: step.rule })),
    preconditions: plan.preconditions,
    executionSeconds: plan.executionSeconds,
  })
  return createHash('sha256').update(bytes).digest('hex')
}
