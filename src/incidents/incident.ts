// An Incident is one trouble from its first sign to its end. Its record is data; what may happen to it is a pure function here.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Action } from '../core/action.ts'
import { canonicalJson } from '../core/canonical.ts'
import { Evidence, Severity } from '../core/finding.ts'
import { Person, personKey } from '../core/people.ts'
import { ObjectRef, refKey } from '../core/ref.ts'
import { Thread } from '../core/thread.ts'
import { sharedCause } from './shared.ts'
import type { Signal } from './signal.ts'

const MAX_OWNERS = 200
const MAX_REASONS = 8
const MAX_ALERTS = 50
const MAX_TIMELINE = 40
const MAX_VERDICTS = 20

/** What diagnosis says: the part of a Finding that a card and a later incident need. */
export const Cause = z.object({
  check: z.string(),
  object: ObjectRef,
  summary: z.string(),
  cause: z.string(),
  changed: z.string().optional(),
  evidence: z.array(Evidence).max(4),
  remedy: z.string(),
  action: Action.nullable(),
  /** of the workload when the trouble was first seen */
  revision: z.int().optional(),
  /** the object was looked for and not there */
  absent: z.boolean().optional(),
  /** further roots that concern the same objects, as one line each */
  others: z.array(z.string()).max(5).default([]),
  /** what could not be looked at */
  partial: z.array(z.string()).max(4).default([]),
})
export type Cause = z.infer<typeof Cause>

const Mark = z.object({ by: Person, at: z.string() })

export const Incident = z.object({
  id: z.string(),
  cluster: z.string(),
  /** `open` it is there; `recovered` it is over, and re-opens when it comes back soon; `closed` for good; `merged` into another */
  state: z.enum(['open', 'recovered', 'closed', 'merged']),
  severity: Severity,
  fingerprint: z.string(),
  /** check and kind of object, whatever their names: what similar troubles have in common */
  family: z.string(),
  /** the objects in trouble, the first one first */
  owners: z.array(ObjectRef).max(MAX_OWNERS),
  /** absent: no check explains it */
  cause: Cause.optional(),
  /** how often each reason was heard, the first ones first */
  reasons: z.array(z.object({ reason: z.string(), count: z.int() })).max(MAX_REASONS),
  /** the newest foreign line about it */
  text: z.string(),
  sources: z.array(z.enum(['event', 'state', 'alert', 'check'])),
  /** signs heard, series counted in full */
  count: z.int(),
  openedAt: z.string(),
  lastSignAt: z.string(),
  recoveredAt: z.string().optional(),
  closedAt: z.string().optional(),
  alerts: z
    .array(z.object({ key: z.string(), name: z.string(), resolved: z.boolean() }))
    .max(MAX_ALERTS)
    .default([]),
  reopened: z.int().default(0),
  reopenedAt: z.string().optional(),
  flapping: z.boolean().default(false),
  acknowledged: Mark.optional(),
  assigned: Mark.optional(),
  silenced: Mark.extend({ until: z.string() }).optional(),
  /** a person said it is over; its signs are only counted until then */
  resolvedBy: Mark.extend({ until: z.string() }).optional(),
  mergedInto: z.string().optional(),
  /** an earlier incident of the same kind */
  similar: z
    .object({
      id: z.string(),
      at: z.string(),
      same: z.boolean(),
      cause: z.string(),
      fixed: z.string(),
      /** who marked its diagnosis not useful */
      doubted: z.array(z.string()).max(3).default([]),
    })
    .optional(),
  /** what people said of its diagnosis, the newest word of each */
  verdicts: z
    .array(Mark.extend({ useful: z.boolean() }))
    .max(MAX_VERDICTS)
    .default([]),
  /** what ended it, as far as is known: a plan that was carried out, or what the cluster tells */
  fixed: z.string().optional(),
  ending: z.string().optional(),
  investigation: z.enum(['none', 'queued', 'running', 'done']).default('none'),
  investigatedAt: z.string().optional(),
  /** looked into once more, for a remedy alone: one has turned up, or quarantine is what is left */
  secondLook: z.boolean().default(false),
  threads: z.array(Thread).min(1).max(10),
  timeline: z.array(z.object({ at: z.string(), text: z.string() })).max(MAX_TIMELINE),
  /** mark of the last batch of signs that was added: the same batch again adds nothing */
  batch: z.string().optional(),
  /** the leader that wrote last: an earlier one may not write any more */
  fence: z.number().default(0),
})
export type Incident = z.infer<typeof Incident>

/** Signs that belong together, gathered until they are written down. */
export interface Gathered {
  owner: ObjectRef
  count: number
  severity: Severity
  reasons: Map<string, number>
  text: string
  sources: Set<Signal['source']>
  alerts: Map<string, { name: string; resolved: boolean }>
  labels: Record<string, string>
  firstAt: number
  lastAt: number
}

export const WORTH: Record<Severity, number> = { info: 0, warning: 1, critical: 2 }

export function worse(a: Severity, b: Severity): Severity {
  return WORTH[b] > WORTH[a] ? b : a
}

/** Cluster, root object (or what is shared) and kind of cause: the same trouble has the same fingerprint wherever and whenever it is seen. */
export function fingerprintOf(cluster: string, cause: Cause | undefined, owner: ObjectRef, reason: string): string {
  const what = (cause && sharedCause(cause)) ?? refKey(cause?.object ?? owner)
  return createHash('sha256')
    .update(JSON.stringify([cluster, what, cause?.check ?? `reason ${reason}`]))
    .digest('hex')
    .slice(0, 24)
}

export function familyOf(cause: Cause | undefined, owner: ObjectRef, reason: string): string {
  return `${cause?.check ?? `reason-${reason}`}/${(cause?.object ?? owner).kind}`
}

/** Adds signs to a record; a number of them is one change. */
export function withSigns(incident: Incident, more: Gathered): Incident {
  const reasons = incident.reasons.map((one) => ({ ...one }))
  for (const [reason, count] of more.reasons) {
    const known = reasons.find((one) => one.reason === reason)
    if (known) known.count += count
    else if (reasons.length < MAX_REASONS) reasons.push({ reason, count })
  }
  const alerts = incident.alerts.map((one) => ({ ...one }))
  for (const [key, { name, resolved }] of more.alerts) {
    const known = alerts.find((one) => one.key === key)
    if (known) known.resolved = resolved
    else if (alerts.length < MAX_ALERTS) alerts.push({ key, name, resolved })
  }
  return {
    ...incident,
    count: incident.count + more.count,
    severity: worse(incident.severity, more.severity),
    owners: withOwners(incident.owners, [more.owner]),
    reasons,
    alerts,
    text: more.text || incident.text,
    sources: [...new Set([...incident.sources, ...more.sources])],
    lastSignAt: more.count > 0 ? new Date(more.lastAt).toISOString() : incident.lastSignAt,
  }
}

/** What the checks say now; a remedy that has turned up since is proposed. Undefined: nothing has changed. */
export function withCause(current: Incident, seen: Cause): Incident | undefined {
  // a rollout that is under way while the trouble lasts may be what ends it
  const revision = current.cause?.check === seen.check ? (current.cause.revision ?? seen.revision) : seen.revision
  const cause = revision === undefined ? seen : { ...seen, revision }
  if (current.cause && canonicalJson(current.cause) === canonicalJson(cause)) return undefined
  const remedy = !current.cause?.action && cause.action && current.investigation === 'done' && !current.secondLook
  const next: Incident = {
    ...current,
    cause,
    family: familyOf(cause, cause.object, ''),
    ...(remedy ? { investigation: 'queued', secondLook: true } : {}),
  }
  return current.cause?.check === cause.check && current.cause.cause === cause.cause
    ? next
    : noted(next, `cause found: ${cause.cause}`)
}

/** Everything another incident has heard, and who cares for it, for the one it is merged into. */
export function joined(incident: Incident, other: Incident): Incident {
  const [owner] = other.owners
  if (!owner) return incident
  const all = withSigns(incident, {
    owner,
    count: other.count,
    severity: other.severity,
    reasons: new Map(other.reasons.map(({ reason, count }) => [reason, count])),
    text: '',
    sources: new Set(other.sources),
    alerts: new Map(other.alerts.map(({ key, name, resolved }) => [key, { name, resolved }])),
    labels: {},
    firstAt: Date.parse(other.openedAt),
    lastAt: Math.max(Date.parse(incident.lastSignAt), Date.parse(other.lastSignAt)),
  })
  const acknowledged = incident.acknowledged ?? other.acknowledged
  const assigned = incident.assigned ?? other.assigned
  return {
    ...all,
    owners: withOwners(all.owners, other.owners),
    ...(acknowledged ? { acknowledged } : {}),
    ...(assigned ? { assigned } : {}),
  }
}

export function withOwners(owners: readonly ObjectRef[], more: readonly ObjectRef[]): ObjectRef[] {
  const all = new Map([...owners, ...more].map((ref) => [refKey(ref), ref]))
  return [...all.values()].slice(0, MAX_OWNERS)
}

/** A line of the timeline; a long one loses its middle, never its beginning. */
export function noted(incident: Incident, text: string, at = new Date()): Incident {
  const line = { at: at.toISOString(), text: text.slice(0, 300) }
  const lines = [...incident.timeline, line]
  return {
    ...incident,
    timeline: lines.length > MAX_TIMELINE ? [...lines.slice(0, 10), ...lines.slice(-(MAX_TIMELINE - 10))] : lines,
  }
}

/** The newest word of a person counts; undefined when it was said before. */
export function judged(incident: Incident, by: Person, useful: boolean): Incident | undefined {
  const isTheirs = (one: Incident['verdicts'][number]) => personKey(one.by) === personKey(by)
  if (incident.verdicts.some((one) => isTheirs(one) && one.useful === useful)) return undefined
  const verdict = { by, at: new Date().toISOString(), useful }
  return {
    ...incident,
    verdicts: [...incident.verdicts.filter((one) => !isTheirs(one)), verdict].slice(-MAX_VERDICTS),
  }
}

/** Names of those who said so of its diagnosis. */
export function saying(incident: Incident, useful: boolean): string[] {
  return incident.verdicts.filter((one) => one.useful === useful).map(({ by }) => by.name ?? by.id)
}

export function isSilenced(incident: Incident, now = Date.now()): boolean {
  return incident.silenced !== undefined && Date.parse(incident.silenced.until) > now
}

/** A person said it is over: signs of it are only counted for a while. */
export function isResolved(incident: Incident, now = Date.now()): boolean {
  return incident.resolvedBy !== undefined && Date.parse(incident.resolvedBy.until) > now
}

/** Nobody wants to hear of it now, and it is not looked into. */
export function isMuted(incident: Incident, now = Date.now()): boolean {
  return isSilenced(incident, now) || isResolved(incident, now)
}
