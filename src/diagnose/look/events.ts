// Reading events: the ones about an object that still matter, newest first.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { eventCount, eventTime, type Snapshot } from '../../objects/snapshot.ts'
import { oneLine } from './words.ts'

const EVENT_FRESH_MS = 60 * 60_000

export interface EventFilter {
  reason?: string | readonly string[] | RegExp
  message?: RegExp
  type?: 'Warning' | 'Normal'
  /** default: the hour that the API server keeps events for */
  withinMs?: number
}

/** Events about an object that match, newest first. */
export function eventsAbout(snapshot: Snapshot, about: KubeObject | ObjectRef, filter: EventFilter = {}): KubeObject[] {
  const ref = 'metadata' in about ? refOf(about as KubeObject) : about
  const oldest = snapshot.now.getTime() - (filter.withinMs ?? EVENT_FRESH_MS)
  return snapshot
    .eventsOf(ref)
    .filter((event) => {
      const time = eventTime(event)
      if (time !== 0 && time < oldest) return false
      if (filter.type && event.type !== filter.type) return false
      if (filter.reason && !matchesReason(filter.reason, String(event.reason ?? ''))) return false
      return !filter.message || filter.message.test(messageText(event))
    })
    .reverse()
}

function matchesReason(wanted: string | readonly string[] | RegExp, reason: string): boolean {
  if (typeof wanted === 'string') return wanted === reason
  return wanted instanceof RegExp ? wanted.test(reason) : wanted.includes(reason)
}

/** core/v1 says message, events.k8s.io/v1 says note; at most 4 kB. */
export function messageText(event: KubeObject): string {
  return String(event.message ?? event.note ?? '').slice(0, 4096)
}

/** "BackOff ×14: Back-off restarting failed container" */
export function eventText(event: KubeObject): string {
  const times = eventCount(event)
  return `${event.reason}${times > 1 ? ` ×${times}` : ''}: ${oneLine(messageText(event), 400)}`
}
