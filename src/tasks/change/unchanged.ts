// Is everything still as it was when the plan was made: the same objects, the same content, the same state that its tier relied on?
import { readOne } from '../../actions/lookup.ts'
import type { Precondition } from '../../core/plan.ts'
import { refText } from '../../core/ref.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { type FactName, factsOf } from '../../objects/facts.ts'
import { contentHash } from '../../objects/hash.ts'

/** A clause that says what is no longer as planned. */
export async function changedSince(
  preconditions: Precondition[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const planned of preconditions) {
    const live = await readOne(cluster, planned.object, signal)
    const what = refText(planned.object)
    if (planned.uid === null && planned.contentHash === null) {
      if (live) return `${what} has been created`
      continue
    }
    if (!live) return `${what} is gone`
    if (planned.uid !== null && live.metadata.uid !== planned.uid)
      return `${what} has been replaced by another object of that name`
    if (planned.contentHash !== null && contentHash(live) !== planned.contentHash) return `${what} has been changed`
    const facts = factsOf(live, Object.keys(planned.facts) as FactName[])
    const other = Object.entries(planned.facts).find(([name, value]) => facts[name as FactName] !== value)
    if (other) return `${what}: ${other[0]} was ${String(other[1])} and is ${String(facts[other[0] as FactName])}`
  }
  return undefined
}
