// Who uses most of a quota's resource in a namespace.
import type { Snapshot } from '../../objects/snapshot.ts'
import { amountText, requestsOf } from './nodes.ts'
import { isFinished } from './pods.ts'
import { workloadOf } from './workloads.ts'

/** "Deployment api with 4", largest first; only for resources that pods request. */
export function consumersIn(snapshot: Snapshot, namespace: string, quotaResource: string): string[] {
  const resource = quotaResource.replace(/^requests\./, '')
  if (/^(limits\.|count\/|pods$|services|configmaps|secrets|persistentvolumeclaims)/.test(resource)) return []
  const totals = new Map<string, number>()
  for (const pod of snapshot.list('Pod', namespace)) {
    const amount = isFinished(pod) ? 0 : (requestsOf(pod).get(resource) ?? 0)
    if (amount === 0) continue
    const workload = workloadOf(snapshot, pod)
    const name = `${workload.kind} ${workload.metadata.name}`
    totals.set(name, (totals.get(name) ?? 0) + amount)
  }
  return [...totals].sort((a, b) => b[1] - a[1]).map(([name, amount]) => `${name} with ${amountText(resource, amount)}`)
}
