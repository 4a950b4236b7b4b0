// Whether the absence of an object proves anything: its kind was read, and its namespace is one of those that were looked at.
import type { Snapshot } from '../../objects/snapshot.ts'

/** False: "it is not here" must be said as "cannot tell". */
export function wasReadIn(snapshot: Snapshot, kind: string, namespace: string | undefined): boolean {
  if (!snapshot.wasRead(kind)) return false
  return snapshot.namespaces === undefined || namespace === undefined || snapshot.namespaces.includes(namespace)
}
