// Signs of an incident that is known already: gathered in memory, per owner, until they are written to its record.
import { refKey } from '../../core/ref.ts'
import type { Group } from '../groups.ts'
import { type Gathered, worse } from '../incident.ts'
import type { Signal } from '../signal.ts'
import type { Held } from './parts.ts'

export function gather(one: Held, signal: Signal): void {
  const now = Date.now()
  const key = refKey(signal.owner)
  const before = one.gathered.get(key)
  const into: Gathered = before ?? {
    owner: signal.owner,
    count: 0,
    severity: signal.severity,
    reasons: new Map(),
    text: '',
    sources: new Set(),
    alerts: new Map(),
    labels: {},
    firstAt: now,
    lastAt: now,
  }
  const alert = signal.alert
  // a firing alert is told again and again; only its beginning is a sign
  const repeated = alert !== undefined && isFiring(one, alert)
  if (!signal.resolved && !repeated && signal.count > 0) {
    into.count += signal.count
    into.reasons.set(signal.reason, (into.reasons.get(signal.reason) ?? 0) + signal.count)
    into.severity = worse(into.severity, signal.severity)
    into.text = signal.text || into.text
    into.lastAt = now
    one.calmSince = now
  }
  into.sources.add(signal.source)
  if (alert !== undefined) into.alerts.set(alert, { name: signal.reason, resolved: signal.resolved })
  one.gathered.set(key, into)
}

/** As far as is known: what came last says it. */
function isFiring(one: Held, alert: string): boolean {
  for (const batch of [one.gathered, one.batch?.gathered ?? new Map<string, Gathered>()])
    for (const { alerts } of batch.values()) {
      const known = alerts.get(alert)
      if (known) return !known.resolved
    }
  return one.incident.alerts.some((known) => known.key === alert && !known.resolved)
}

/** Signs that came to a group while its incident was being opened with those `before`. */
export function gatherRest(cluster: string, one: Held, group: Group, before: Gathered): void {
  const sign: Signal = {
    cluster,
    source: group.sources[0] ?? 'event',
    severity: group.severity,
    reason: Object.keys(group.reasons)[0] ?? 'Unknown',
    text: group.text,
    owner: group.owner,
    count: 0,
    labels: {},
    immediate: false,
    resolved: false,
  }
  let left = group.count - before.count
  for (const [reason, all] of Object.entries(group.reasons)) {
    const count = all - (before.reasons.get(reason) ?? 0)
    if (count > 0) gather(one, { ...sign, reason, count })
    left -= count
  }
  // of reasons that found no room in the group
  if (left > 0) gather(one, { ...sign, count: left })
  for (const [alert, { name, resolved }] of Object.entries(group.alerts))
    if (before.alerts.get(alert)?.resolved !== resolved)
      gather(one, { ...sign, source: 'alert', reason: name, alert, resolved })
}
