// Words for what checks read: durations, counts, lists, and foreign text made safe to show.
import type { Evidence } from '../../core/finding.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

/** 90_000 → "2 min", 3 days → "3 d" */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.round(hours / 24)} d`
}

/** `1 pod`, `3 pods`, `2 replicas` */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`
}

/** "a", "a and b", "a, b and 3 more" */
export function some(names: readonly string[], max = 3): string {
  if (names.length === 0) return 'none'
  if (names.length === 1) return names[0] ?? ''
  const shown = names.length > max ? names.slice(0, max) : names.slice(0, -1)
  const rest = names.length > max ? `${names.length - max} more` : names.at(-1)
  return `${shown.join(', ')} and ${rest}`
}

// C0 and C1 controls, and bidirectional overrides: foreign text must not move a reader's cursor or turn text around
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
// oxlint-disable-next-line no-control-regex
const UNSAFE = /\u001b\[[0-9;]{0,20}[A-Za-z]|[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

function plain(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : (JSON.stringify(value) ?? '')
}

/** Foreign text on one line, at most `max` characters, without control characters. */
export function oneLine(text: unknown, max = 300): string {
  const flat = plain(text)
    .slice(0, max * 4)
    .replace(UNSAFE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat
}

export function evidence(source: Evidence['source'], object: KubeObject | ObjectRef, text: string): Evidence {
  const ref = 'metadata' in object ? refOf(object as KubeObject) : object
  return { source, object: ref, text: oneLine(text, 500) }
}

/** " for 6 min (11 restarts)" */
export function restartText(snapshot: Snapshot, since: string | undefined, restarts: number): string {
  const age = snapshot.ageMs(since)
  const time = age === undefined ? '' : ` for ${duration(age)}`
  return `${time}${restarts > 0 ? ` (${count(restarts, 'restart')})` : ''}`
}
