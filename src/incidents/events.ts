// Warning events as signs: how many new occurrences an event tells of, whoever wrote it and however often it is listed again.
import { clip } from '../chat/neutralise.ts'
import { redact } from '../core/redact.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'
import { eventCount } from '../objects/snapshot.ts'

/** All that is kept of an event while it is handled. */
export interface WarningEvent {
  uid: string
  about: ObjectRef
  reason: string
  text: string
  /** as the event counts itself */
  seen: number
}

const REMEMBERED = 20_000
const MAX_JUMP = 1000
const MAX_LINE = 300

export function projectEvent(event: KubeObject): WarningEvent | undefined {
  if (event.type !== 'Warning') return undefined
  const about = event.involvedObject ?? event.regarding
  if (typeof about?.kind !== 'string' || typeof about?.name !== 'string' || about.name === '') return undefined
  const namespace = typeof about.namespace === 'string' && about.namespace !== '' ? about.namespace : undefined
  return {
    uid: event.metadata.uid ?? event.metadata.name,
    about: {
      kind: about.kind.slice(0, 63),
      ...(namespace ? { namespace: namespace.slice(0, 63) } : {}),
      name: about.name.slice(0, 253),
    },
    reason: word(event.reason),
    text: line(event.message ?? event.note),
    seen: Math.max(1, Math.floor(Number(eventCount(event)) || 1)),
  }
}

/** One line of foreign text: no secrets, no control characters, at most 300 characters; what is cut ends in an ellipsis. */
export function line(text: unknown): string {
  const short = typeof text === 'string' ? text.slice(0, 2000) : ''
  const one = redact(short)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return clip(one, MAX_LINE)
}

/** Reasons are shown and counted: one word of letters. */
export function word(text: unknown): string {
  return (typeof text === 'string' ? text : '').replace(/[^\w.-]/g, '').slice(0, 60) || 'Unknown'
}

export interface Occurrences {
  /** how many occurrences this state of the event adds: 0 = nothing new */
  added(event: WarningEvent, type: 'added' | 'modified'): number
}

/**
 * Remembers the counts of at least the last 10,000 events. An event that existed before we watched tells of one more, never of its whole past;
 * the same state listed again tells of nothing.
 */
export function createOccurrences(): Occurrences {
  // two generations: forgetting one by one from a Map gets slower the more it has forgotten
  let recent = new Map<string, number>()
  let older = new Map<string, number>()
  return {
    added(event, type) {
      const before = recent.get(event.uid) ?? older.get(event.uid)
      recent.set(event.uid, event.seen)
      if (recent.size > REMEMBERED / 2) {
        older = recent
        recent = new Map()
      }
      if (before !== undefined) return Math.min(Math.max(event.seen - before, 0), MAX_JUMP)
      // a series may begin above one when its first write was merged with later ones
      return type === 'added' ? Math.min(event.seen, MAX_JUMP) : 1
    },
  }
}
