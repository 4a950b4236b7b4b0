// What the checks look at before and after a change: a few namespaces as they are now, with the logs of what fails.
import { CHECKS } from '../../diagnose/checks/index.ts'
import { kindsToRead } from '../../diagnose/reads.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { readSnapshot } from '../../kube/snapshot.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

/** Rejects when the cluster cannot be read. */
export function readChecked(cluster: Cluster, namespaces: string[], signal: AbortSignal): Promise<Snapshot> {
  return readSnapshot(cluster.reader, {
    namespaces,
    kinds: kindsToRead(CHECKS),
    logs: 'some',
    signal,
    now: new Date(),
  })
}
