// What happened before: the earlier incident that is most like this one, what caused it and what ended it.
import { type ObjectRef, refKey } from '../core/ref.ts'
import type { Cause, Incident } from './incident.ts'

/** `earlier`: incidents of the same family, newest first. The same trouble is more telling than the same object, and that than the same kind of cause. */
export function similarTo(
  earlier: readonly Incident[],
  fingerprint: string,
  cause: Cause | undefined,
  owner: ObjectRef,
): Incident['similar'] {
  const ended = earlier.filter((one) => one.state === 'recovered' || one.state === 'closed')
  const found =
    ended.find((one) => one.fingerprint === fingerprint) ??
    ended.find((one) => one.owners.some((other) => refKey(other) === refKey(owner))) ??
    (cause && ended.find((one) => one.cause?.check === cause.check))
  if (!found) return undefined
  return {
    id: found.id,
    at: found.openedAt,
    same: found.fingerprint === fingerprint,
    cause: (found.cause?.cause ?? found.text).slice(0, 300),
    fixed: (found.fixed ?? found.rolledOut ?? 'it went away by itself').slice(0, 300),
  }
}
