// Whether a workload cannot stand at all: how often its pods restarted and how many are ready, read now.
import type { ObjectRef } from '../core/ref.ts'
import { refKey } from '../core/ref.ts'
import type { Reader } from '../kube/reader.ts'
import { ownerOfPod } from './owner.ts'
import { projectPod } from './pods.ts'

export const WORKLOADS_TO_ZERO: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet'])

export async function standingOf(
  reader: Reader,
  workload: ObjectRef,
  signal: AbortSignal,
): Promise<{ restarts: number; ready: number }> {
  const kind = (await reader.kinds()).byKind('Pod')
  if (!kind || !workload.namespace) return { restarts: 0, ready: 0 }
  const { items } = await reader.list(kind, { namespace: workload.namespace, signal })
  const own = items
    .filter((pod) => refKey(ownerOfPod(pod)) === refKey(workload))
    .map((pod) => projectPod(pod, new Map(), new Map()))
  return { restarts: own.reduce((sum, pod) => sum + pod.restarts, 0), ready: own.filter((pod) => pod.ready).length }
}
