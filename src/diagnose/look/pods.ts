// Reading pods: containers of all sorts with what they wait for, how they ended, and whether the pod counts as sick at all.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { workloadOf } from './workloads.ts'

export interface Terminated {
  exitCode: number
  signal?: number
  reason?: string
  message?: string
  startedAt?: string
  finishedAt?: string
}

export interface Container {
  pod: KubeObject
  name: string
  /** `sidecar`: an init container with restartPolicy Always, which runs beside the others */
  kind: 'main' | 'init' | 'sidecar' | 'ephemeral'
  // biome-ignore lint/suspicious/noExplicitAny: the container's spec as the API prints it
  spec: any
  image: string
  ready: boolean
  /** its startup probe has succeeded, or it has none */
  started: boolean
  restarts: number
  waiting: { reason?: string; message?: string } | undefined
  running: { startedAt?: string } | undefined
  terminated: Terminated | undefined
  /** how its last run ended */
  last: Terminated | undefined
}

export function containersOf(pod: KubeObject): Container[] {
  const { spec, status } = pod
  return [
    ...read(pod, 'init', spec?.initContainers, status?.initContainerStatuses),
    ...read(pod, 'main', spec?.containers, status?.containerStatuses),
    ...read(pod, 'ephemeral', spec?.ephemeralContainers, status?.ephemeralContainerStatuses),
  ]
}

// biome-ignore lint/suspicious/noExplicitAny: lists as the API prints them
function read(pod: KubeObject, kind: Container['kind'], specs: any, statuses: any): Container[] {
  if (!Array.isArray(specs)) return []
  const states: { name?: string }[] = Array.isArray(statuses) ? statuses : []
  return specs.map((spec) => {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const status: any = states.find((state) => state.name === spec.name)
    return {
      pod,
      name: String(spec.name ?? ''),
      kind: kind === 'init' && spec.restartPolicy === 'Always' ? 'sidecar' : kind,
      spec,
      image: String(spec.image ?? status?.image ?? ''),
      ready: status?.ready === true,
      started: status?.started !== false,
      restarts: Number(status?.restartCount ?? 0),
      waiting: status?.state?.waiting,
      running: status?.state?.running,
      terminated: status?.state?.terminated,
      last: status?.lastState?.terminated,
    }
  })
}

/** Completed or evicted: it will not run again, whatever its last state says. */
export function isFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

function isTerminating(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/** Meant to run: neither finished nor being deleted. */
export function isLive(pod: KubeObject): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

export function isReady(pod: KubeObject): boolean {
  return condition(pod, 'Ready')?.status === 'True'
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastUpdateTime?: string
}

/** A condition of any object by its type. */
export function condition(object: KubeObject, type: string): Condition | undefined {
  const conditions = object.status?.conditions
  return Array.isArray(conditions) ? conditions.find((entry: Condition) => entry.type === type) : undefined
}

/** When it stopped being ready, or was made, RFC 3339. */
export function notReadySince(pod: KubeObject): string | undefined {
  const ready = condition(pod, 'Ready')
  const time = ready && ready.status !== 'True' ? ready.lastTransitionTime : undefined
  return time ?? pod.status?.startTime ?? pod.metadata.creationTimestamp
}

export interface PodGroup {
  workload: KubeObject
  pods: KubeObject[]
}

/** Pods by the workload they belong to, in the order they come: one finding per workload, not per pod. */
export function byWorkload(snapshot: Snapshot, pods: Iterable<KubeObject>): PodGroup[] {
  const groups = new Map<KubeObject, KubeObject[]>()
  for (const pod of pods) {
    const workload = workloadOf(snapshot, pod)
    const list = groups.get(workload)
    if (list) list.push(pod)
    else groups.set(workload, [pod])
  }
  return [...groups].map(([workload, group]) => ({ workload, pods: group }))
}

export function refsOf(objects: readonly KubeObject[]): ObjectRef[] {
  return objects.map(refOf)
}
