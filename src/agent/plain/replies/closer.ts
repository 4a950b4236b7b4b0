// The way from several causes to one of them, whose answer then has the buttons for it.
import type { Offer } from '../../../core/answer.ts'
import { type Finding, headlineOf } from '../../../core/finding.ts'
import { type ObjectRef, refKey } from '../../../core/ref.ts'

/** What the list of causes is called. */
export const CLOSER = 'Look closer at …'

// what workloads refer to, and what is often not there to be asked about
const REFERRED = new Set(['ConfigMap', 'Secret', 'ServiceAccount'])

/** One choice for each object, in the order of the causes. `but`: it has its buttons already. */
export function closerOffers(causes: readonly Finding[], cluster = '', but?: Finding): Offer[] {
  const choices = new Map<string, Offer>()
  for (const finding of causes) {
    const object = askedAbout(finding)
    const key = refKey(object)
    if (choices.has(key) || (but && key === refKey(askedAbout(but)))) continue
    const scope = { cluster, ...(object.namespace ? { namespace: object.namespace } : {}) }
    choices.set(key, { label: headlineOf(finding), pick: CLOSER, intent: { kind: 'diagnose', object, ...scope } })
  }
  return [...choices.values()]
}

/** The object whose answer shows this cause. */
function askedAbout({ object, explains }: Finding): ObjectRef {
  return (REFERRED.has(object.kind) && explains[0]) || object
}
