// Signs of one owner, counted in a sliding window until they are enough for an incident. Bounded, and small enough to be kept in Redis.
import { z } from 'zod'
import { Severity } from '../core/finding.ts'
import { ObjectRef, refKey } from '../core/ref.ts'
import { type Gathered, worse } from './incident.ts'
import { Signal } from './signal.ts'

const MAX_GROUPS = 5000
const MAX_REASONS = 8
const MAX_ALERTS = 20
/** the window is counted in this many slots */
const SLOTS = 30

export const Group = z.object({
  owner: ObjectRef,
  /** slot number → signs */
  slots: z.record(z.string(), z.int()),
  count: z.int(),
  severity: Severity,
  reasons: z.record(z.string(), z.int()),
  text: z.string(),
  labels: z.record(z.string(), z.string()),
  sources: z.array(Signal.shape.source),
  alerts: z.record(z.string(), z.object({ name: z.string(), resolved: z.boolean() })),
  firstAt: z.number(),
  lastAt: z.number(),
  /** since when it waits for its diagnosis; absent: it is still counted */
  pendingAt: z.number().optional(),
})
export type Group = z.infer<typeof Group>

export interface Groups {
  /** true when this sign was the one that was still missing */
  add(signal: Signal, now: number): boolean
  /** the waiting ones, the oldest first */
  pending(): Group[]
  get(key: string): Group | undefined
  remove(key: string): void
  /** forgets those whose window is over; resolves how many */
  expire(now: number): number
  /** what changed since the last call: `undefined` = removed */
  takeChanges(): Map<string, Group | undefined>
  size(): number
}

export function createGroups(options: { threshold: number; windowMs: number }, loaded: Group[] = []): Groups {
  const groups = new Map(loaded.map((group) => [refKey(group.owner), group]))
  const changed = new Set<string>()
  const slotMs = Math.max(1, options.windowMs / SLOTS)

  function enough(group: Group, now: number): boolean {
    const oldest = Math.floor((now - options.windowMs) / slotMs)
    for (const slot of Object.keys(group.slots)) if (Number(slot) <= oldest) delete group.slots[slot]
    return Object.values(group.slots).reduce((sum, count) => sum + count, 0) >= options.threshold
  }

  function remove(key: string): void {
    if (groups.delete(key)) changed.add(key)
  }

  function removeOldest(): void {
    for (const [key, group] of groups) if (group.pendingAt === undefined) return remove(key)
  }

  function add(signal: Signal, now: number): boolean {
    const key = refKey(signal.owner)
    // the end of something nobody counts
    if (signal.resolved && !groups.has(key)) return false
    const group = groups.get(key) ?? newGroup(signal, now)
    // the oldest goes first: Map keeps the order in which owners were last heard of
    groups.delete(key)
    groups.set(key, group)
    if (groups.size > MAX_GROUPS) removeOldest()
    changed.add(key)
    if (!gather(group, signal, now)) return false
    const slot = String(Math.floor(now / slotMs))
    group.slots[slot] = (group.slots[slot] ?? 0) + signal.count
    if (group.pendingAt !== undefined) return false
    if (!signal.immediate && !enough(group, now)) return false
    group.pendingAt = now
    return true
  }

  return {
    add,
    remove,
    get: (key) => groups.get(key),
    pending: () =>
      [...groups.values()]
        .filter((group) => group.pendingAt !== undefined)
        .sort((a, b) => (a.pendingAt ?? 0) - (b.pendingAt ?? 0)),
    expire(now) {
      const old = [...groups].filter(
        ([, group]) => group.pendingAt === undefined && now - group.lastAt > options.windowMs,
      )
      for (const [key] of old) remove(key)
      return old.length
    },
    takeChanges() {
      const news = new Map([...changed].map((key) => [key, groups.get(key)]))
      changed.clear()
      return news
    },
    size: () => groups.size,
  }
}

function newGroup(signal: Signal, now: number): Group {
  return {
    owner: signal.owner,
    slots: {},
    count: 0,
    severity: signal.severity,
    reasons: {},
    text: '',
    labels: {},
    sources: [],
    alerts: {},
    firstAt: now,
    lastAt: now,
  }
}

/** False when it is no further sign of trouble: the end of an alert, or that it still fires. */
function gather(group: Group, signal: Signal, now: number): boolean {
  const before = signal.alert && Object.hasOwn(group.alerts, signal.alert) ? group.alerts[signal.alert] : undefined
  if (signal.alert && (before || Object.keys(group.alerts).length < MAX_ALERTS)) {
    group.alerts[signal.alert] = { name: signal.reason, resolved: signal.resolved }
  }
  if (signal.resolved || (before && !before.resolved)) return false
  group.count += signal.count
  group.severity = worse(group.severity, signal.severity)
  group.lastAt = now
  if (signal.text) group.text = signal.text
  if (!group.sources.includes(signal.source)) group.sources.push(signal.source)
  group.labels = { ...group.labels, ...signal.labels }
  const known = Object.hasOwn(group.reasons, signal.reason)
  if (known || Object.keys(group.reasons).length < MAX_REASONS) {
    group.reasons[signal.reason] = (known ? (group.reasons[signal.reason] ?? 0) : 0) + signal.count
  }
  return true
}

export function gatheredOf(group: Group): Gathered {
  return {
    owner: group.owner,
    count: group.count,
    severity: group.severity,
    reasons: new Map(Object.entries(group.reasons)),
    text: group.text,
    sources: new Set(group.sources),
    alerts: new Map(Object.entries(group.alerts)),
    labels: group.labels,
    firstAt: group.firstAt,
    lastAt: group.lastAt,
  }
}
