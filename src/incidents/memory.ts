// What happened before: the earlier incident that is most like this one, what caused it and what ended it.
import { type ObjectRef, refKey } from '../core/ref.ts'
import { type Cause, type Incident, saying } from './incident.ts'

/**
 * `same`: the newest incident of the same trouble; `earlier`: those of the same family, newest first. The same trouble is more telling than the
 * same object, and that than the same kind of cause, which says something only when it is known what helped.
 */
export function similarTo(
  same: Incident | undefined,
  earlier: readonly Incident[],
  cause: Cause | undefined,
  owner: ObjectRef,
): Incident['similar'] {
  const ended = earlier.filter(isOver)
  const found =
    (same && isOver(same) ? same : undefined) ??
    ended.find((one) => one.owners.some((other) => refKey(other) === refKey(owner))) ??
    (cause && ended.find((one) => one.cause?.check === cause.check && whatHelped(one) !== undefined))
  if (!found) return undefined
  return {
    id: found.id,
    at: found.openedAt,
    same: found === same,
    cause: (found.cause?.cause ?? found.text).slice(0, 300),
    fixed: (whatHelped(found) ?? 'it went away by itself').slice(0, 300),
    doubted: saying(found, false).slice(-3),
  }
}

function isOver({ state }: Incident): boolean {
  return state === 'recovered' || state === 'closed'
}

function whatHelped({ fixed, ending }: Incident): string | undefined {
  return fixed ?? ending
}
