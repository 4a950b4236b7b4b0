// Readers that are costly and asked for by several checks are worked out once per snapshot.
import type { Snapshot } from '../../objects/snapshot.ts'

/** A reader that remembers its answer for as long as the snapshot lives. */
export function perSnapshot<T>(read: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  const known = new WeakMap<Snapshot, { value: T }>()
  return (snapshot) => {
    const found = known.get(snapshot)
    if (found) return found.value
    const value = read(snapshot)
    known.set(snapshot, { value })
    return value
  }
}

/** Objects under a key; those without one are left out. */
export function groupBy<K, V>(items: Iterable<V>, keyOf: (item: V) => K | undefined): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
