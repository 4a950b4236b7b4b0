// An Action says what somebody wants changed; `actions/` compiles it to the exact requests of a Plan.
import { z } from 'zod'
import { ObjectRef } from './ref.ts'

const Target = ObjectRef
const Container = z.string().optional()
const Quantities = z.record(z.string(), z.string())
/** how long it may take to stop; 0 means by force, absent what the object itself says */
const GraceSeconds = z.int().min(0).max(86_400).optional()
const EnvChange = z.object({
  name: z.string(),
  /** exactly one of: a literal, a reference, or `null` to remove it */
  value: z.string().nullable().optional(),
  from: z.object({ kind: z.enum(['ConfigMap', 'Secret']), name: z.string(), key: z.string() }).optional(),
})

export const Action = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('scale'), target: Target, replicas: z.int().min(0) }),
  z.object({
    verb: z.literal('set-resources'),
    target: Target,
    container: Container,
    requests: Quantities.optional(),
    limits: Quantities.optional(),
  }),
  z.object({
    verb: z.literal('create-hpa'),
    target: Target,
    min: z.int().min(0),
    max: z.int().min(1),
    cpuPercent: z.int().min(1).optional(),
  }),
  z.object({
    verb: z.literal('update-hpa'),
    target: Target,
    min: z.int().min(0).optional(),
    max: z.int().min(1).optional(),
    cpuPercent: z.int().min(1).optional(),
  }),
  z.object({ verb: z.literal('delete-hpa'), target: Target }),
  z.object({ verb: z.literal('quarantine'), target: Target, reason: z.string() }),
  z.object({ verb: z.literal('unquarantine'), target: Target }),
  z.object({ verb: z.literal('restart'), target: Target }),
  z.object({ verb: z.literal('rollback'), target: Target, toRevision: z.int().min(1).optional() }),
  z.object({ verb: z.literal('pause'), target: Target }),
  z.object({ verb: z.literal('resume'), target: Target }),
  z.object({ verb: z.literal('set-image'), target: Target, container: Container, image: z.string() }),
  z.object({ verb: z.literal('set-env'), target: Target, container: Container, env: z.array(EnvChange).min(1) }),
  z.object({ verb: z.literal('delete-pod'), target: Target, graceSeconds: GraceSeconds }),
  z.object({ verb: z.literal('evict'), target: Target }),
  z.object({ verb: z.literal('cordon'), node: z.string() }),
  z.object({ verb: z.literal('uncordon'), node: z.string() }),
  z.object({ verb: z.literal('drain'), node: z.string() }),
  z.object({
    verb: z.literal('taint'),
    node: z.string(),
    key: z.string(),
    value: z.string().optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
    remove: z.boolean().default(false),
  }),
  z.object({ verb: z.literal('label'), target: Target, set: z.record(z.string(), z.string().nullable()) }),
  z.object({ verb: z.literal('annotate'), target: Target, set: z.record(z.string(), z.string().nullable()) }),
  z.object({
    verb: z.literal('patch'),
    target: Target,
    type: z.enum(['json', 'merge', 'strategic']),
    patch: z.unknown(),
    subresource: z.string().optional(),
  }),
  z.object({ verb: z.literal('apply'), manifest: z.record(z.string(), z.unknown()) }),
  z.object({ verb: z.literal('create'), manifest: z.record(z.string(), z.unknown()) }),
  z.object({
    verb: z.literal('delete'),
    target: Target,
    graceSeconds: GraceSeconds,
    /** what becomes of the objects that this one owns; default: background */
    cascade: z.enum(['background', 'foreground', 'orphan']).optional(),
  }),
  z.object({ verb: z.literal('create-job'), from: Target, name: z.string().optional() }),
  z.object({ verb: z.literal('suspend'), target: Target }),
  z.object({ verb: z.literal('unsuspend'), target: Target }),
  z.object({ verb: z.literal('grow-pvc'), target: Target, size: z.string() }),
  z.object({ verb: z.literal('delete-namespace'), name: z.string() }),
])
export type Action = z.infer<typeof Action>
export type ActionVerb = Action['verb']
