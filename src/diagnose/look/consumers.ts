// Who uses most of a quota's resource in a namespace.
import type { Snapshot } from '../../objects/snapshot.ts'
import { amountText, requestsOf } from './nodes.ts'
import { isFinished } from './pods.ts'
import { count } from './words.ts'
import { workloadOf } from './workloads.ts'

const PODS = /^(?:count\/)?pods$/

/** A quota over how many objects there are, not over what pods request. */
export function isCounted(quotaResource: string): boolean {
  return /^(?:count\/|(?:pods|services|configmaps|secrets|persistentvolumeclaims|resourcequotas|replicationcontrollers)(?:\.|$))/.test(
    quotaResource,
  )
}

/** "Deployment api with 4", largest first; only for pods and for resources that pods request. */
export function consumersIn(snapshot: Snapshot, namespace: string, quotaResource: string): string[] {
  const pods = PODS.test(quotaResource)
  if (quotaResource.startsWith('limits.') || (isCounted(quotaResource) && !pods)) return []
  const resource = quotaResource.replace(/^requests\./, '')
  const totals = new Map<string, number>()
  for (const pod of snapshot.list('Pod', namespace)) {
    const amount = isFinished(pod) ? 0 : pods ? 1 : (requestsOf(pod).get(resource) ?? 0)
    if (amount === 0) continue
    const workload = workloadOf(snapshot, pod)
    const name = `${workload.kind} ${workload.metadata.name}`
    totals.set(name, (totals.get(name) ?? 0) + amount)
  }
  return [...totals]
    .sort((a, b) => b[1] - a[1])
    .map(([name, amount]) => `${name} with ${pods ? count(amount, 'pod') : amountText(resource, amount)}`)
}
