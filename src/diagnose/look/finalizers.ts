// Reading finalizers: which controller would remove one, and whether it still runs.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { desiredReplicas, nameOf, readyReplicas, topWorkloads } from './workloads.ts'

export interface FinalizerOwner {
  workload: KubeObject | undefined
  down: boolean
  scaledToZero: boolean
  /** one clause */
  text: string
}

// finalizers of Kubernetes itself: their controllers are not workloads one could look for
const BUILT_IN =
  /^(kubernetes\.io\/|kubernetes$|foregroundDeletion$|orphan$|batch\.kubernetes\.io\/|service\.kubernetes\.io\/|external-(provisioner|attacher|resizer)\.|snapshot\.storage\.kubernetes\.io\/)/

export function isBuiltIn(finalizer: string): boolean {
  return BUILT_IN.test(finalizer)
}

const COMMON = new Set([
  'io',
  'com',
  'org',
  'dev',
  'net',
  'app',
  'apps',
  'k8s',
  'sh',
  'cloud',
  'finalizer',
  'finalizers',
  'finalize',
  'cleanup',
  'kubernetes',
  'operator',
  'controller',
  'x',
  'www',
  'sigs',
  'cluster',
  'default',
  'foreground',
  'deletion',
  'delete',
])

/** `streams.acme.io/deprovision` → the operator whose name or namespace shares a word with it. */
export function finalizerOwner(snapshot: Snapshot, finalizer: string): FinalizerOwner {
  if (isBuiltIn(finalizer))
    return { workload: undefined, down: false, scaledToZero: false, text: builtInText(finalizer) }
  const words = finalizer
    .toLowerCase()
    .split(/[./-]/)
    .filter((word) => word.length > 2 && !COMMON.has(word))
  let best: KubeObject | undefined
  let bestScore = 0
  for (const workload of topWorkloads(snapshot)) {
    if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.kind)) continue
    const name = `${workload.metadata.name} ${workload.metadata.namespace ?? ''}`.toLowerCase().split(/[ .-]/)
    const shared = words.filter((word) =>
      name.some(
        (part) =>
          part === word ||
          (word.length > 4 && part.length > 4 && (part.startsWith(word.slice(0, 5)) || word.startsWith(part))),
      ),
    )
    if (shared.length === 0) continue
    const score = shared.length + (/operator|controller|manager/.test(workload.metadata.name) ? 1 : 0)
    if (score > bestScore) {
      bestScore = score
      best = workload
    }
  }
  if (!best)
    return {
      workload: undefined,
      down: true,
      scaledToZero: false,
      text: `no workload in the cluster looks like the controller that would remove ${finalizer}: its operator is gone`,
    }
  const scaledToZero = desiredReplicas(best) === 0
  const down = scaledToZero || readyReplicas(best) === 0
  const state = scaledToZero ? 'is scaled to 0 replicas' : down ? 'has no ready pod' : 'runs'
  return {
    workload: best,
    down,
    scaledToZero,
    text: `its controller seems to be ${best.kind} ${nameOf(best)}, which ${state}`,
  }
}

function builtInText(finalizer: string): string {
  if (finalizer === 'kubernetes.io/pvc-protection') return 'the claim is kept while a pod still mounts it'
  if (finalizer === 'kubernetes.io/pv-protection') return 'the volume is kept while a claim is bound to it'
  if (finalizer === 'foregroundDeletion') return 'it waits for the objects it owns to be deleted first'
  if (finalizer.startsWith('service.kubernetes.io/')) return 'the cloud load balancer has not been removed yet'
  return 'a controller of Kubernetes removes it'
}
