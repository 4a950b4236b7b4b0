// Whether a workload cannot stand at all: how often its pods restarted and how many are ready, read now.
import { NotFoundError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import { refKey } from '../core/ref.ts'
import type { Reader } from '../kube/reader.ts'
import { ownerOfPod } from '../objects/owner.ts'
import { type LabelSelector, selectorText } from '../objects/selector.ts'
import { projectPod } from './pods.ts'

export const WORKLOADS_TO_ZERO: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet'])

/** A workload that is gone has no pods that could be ill. */
export async function standingOf(
  reader: Reader,
  workload: ObjectRef,
  signal: AbortSignal,
): Promise<{ restarts: number; ready: number }> {
  const selector = await selectorOf(reader, workload, signal)
  const kind = (await reader.kinds()).byKind('Pod')
  if (!selector || !kind || !workload.namespace) return { restarts: 0, ready: 0 }
  // its own pods, not the namespace: a storm asks this for every workload of it
  const labelSelector = selectorText(selector)
  const { items } = await reader.list(kind, { namespace: workload.namespace, labelSelector, signal })
  const own = items
    .filter((pod) => refKey(ownerOfPod(pod)) === refKey(workload))
    .map((pod) => projectPod(pod, new Map(), new Map()))
  return { restarts: own.reduce((sum, pod) => sum + pod.restarts, 0), ready: own.filter((pod) => pod.ready).length }
}

async function selectorOf(
  reader: Reader,
  workload: ObjectRef,
  signal: AbortSignal,
): Promise<LabelSelector | undefined> {
  try {
    return (await reader.read(workload, { signal })).spec?.selector
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
