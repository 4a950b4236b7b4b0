// What is kept of a pod and of a node: the few fields that say how they are.
import { type ObjectRef, refKey } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'
import { ownerOfPod } from '../objects/owner.ts'
import { line, word } from './events.ts'

/** All that is kept of a healthy pod is the first line; strings of owners and nodes are shared. */
export interface PodState {
  owner: string
  restarts: number
  ready: boolean
  node?: string
  /** which template of its owner it was made from: another one after a roll-out */
  template?: string
  trouble?: Trouble
  /** when a container was last killed for memory, as the cluster says */
  oomAt?: string
}

export interface Trouble {
  reason: string
  text: string
  /** which patience applies */
  kind: 'waiting' | 'pending' | 'unready' | 'failed' | 'crash'
}

export interface NodeState {
  ready: boolean
  reason: string
  text: string
}

const STUCK =
  /^(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|CreateContainerConfigError|CreateContainerError|RunContainerError|StartError)$/

interface Ended {
  reason?: string
  exitCode?: number
  finishedAt?: string
}

interface Status {
  name?: string
  ready?: boolean
  restartCount?: number
  state?: { waiting?: { reason?: string; message?: string }; running?: object; terminated?: Ended }
  lastState?: { terminated?: Ended }
}

/** The projection of a Pod, and its owner's reference under the key that it names. */
export function projectPod(pod: KubeObject, owners: Map<string, ObjectRef>, shared: Map<string, string>): PodState {
  const owner = ownerOfPod(pod)
  const key = refKey(owner)
  if (!owners.has(key)) owners.set(key, owner)
  const statuses: Status[] = [
    ...list<Status>(pod.status?.initContainerStatuses),
    ...list<Status>(pod.status?.containerStatuses),
  ]
  const restarts = statuses.reduce((sum, status) => sum + (Number(status.restartCount) || 0), 0)
  const trouble = troubleOf(pod, statuses)
  const oom = statuses
    .map((status) => status.lastState?.terminated ?? status.state?.terminated)
    .find((end) => end?.reason === 'OOMKilled')
  const node: unknown = pod.spec?.nodeName
  const { labels } = pod.metadata
  const template: unknown = labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash']
  return {
    owner: share(shared, key),
    restarts,
    ready: condition(pod, 'Ready')?.status === 'True' || pod.status?.phase === 'Succeeded',
    ...(typeof node === 'string' ? { node: share(shared, node) } : {}),
    ...(typeof template === 'string' ? { template: template.slice(0, 63) } : {}),
    ...(trouble ? { trouble } : {}),
    ...(oom ? { oomAt: String(oom.finishedAt ?? '').slice(0, 40) } : {}),
  }
}

export function projectNode(node: KubeObject): NodeState {
  const ready = condition(node, 'Ready')
  return {
    ready: ready === undefined || ready.status === 'True',
    reason: word(ready?.reason ?? 'NodeNotReady'),
    text: line(ready?.message),
  }
}

function troubleOf(pod: KubeObject, statuses: Status[]): Trouble | undefined {
  const phase: unknown = pod.status?.phase
  if (pod.metadata.deletionTimestamp || phase === 'Succeeded') return undefined
  if (phase === 'Failed') {
    // a Job tells of its failures itself, and tries again
    const job = pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job')
    return job
      ? undefined
      : { kind: 'failed', reason: word(pod.status?.reason ?? 'Failed'), text: line(pod.status?.message) }
  }
  for (const { state, restartCount, lastState } of statuses) {
    const reason = state?.waiting?.reason ?? ''
    if (reason === 'CrashLoopBackOff') return { kind: 'crash', reason, text: line(state?.waiting?.message) }
    if (STUCK.test(reason)) return { kind: 'waiting', reason, text: line(state?.waiting?.message) }
    // between two tries: it has just ended again
    const ended = state?.terminated
    if (ended && Number(ended.exitCode) !== 0 && pod.spec?.restartPolicy !== 'Never')
      return {
        kind: 'crash',
        reason: word(ended.reason ?? 'Error'),
        text: `ended with exit code ${Number(ended.exitCode)}`,
      }
    if (
      state?.running &&
      Number(restartCount) > 2 &&
      lastState?.terminated &&
      condition(pod, 'Ready')?.status !== 'True'
    )
      return { kind: 'crash', reason: 'Restarting', text: `restarted ${Number(restartCount)} times` }
  }
  if (phase === 'Pending') {
    const scheduled = condition(pod, 'PodScheduled')
    return scheduled?.status === 'False'
      ? { kind: 'pending', reason: word(scheduled.reason ?? 'Unschedulable'), text: line(scheduled.message) }
      : { kind: 'pending', reason: 'Pending', text: line(condition(pod, 'ContainersReady')?.message) }
  }
  const ready = condition(pod, 'Ready')
  if (phase === 'Running' && ready?.status !== undefined && ready.status !== 'True')
    return { kind: 'unready', reason: 'NotReady', text: line(ready.message) }
  return undefined
}

function share(shared: Map<string, string>, text: string): string {
  const known = shared.get(text)
  if (known !== undefined) return known
  shared.set(text, text)
  return text
}

function condition(
  object: KubeObject,
  type: string,
): { status?: string; reason?: string; message?: string } | undefined {
  return list<{ type?: string; status?: string; reason?: string; message?: string }>(object.status?.conditions).find(
    (one) => one?.type === type,
  )
}

function list<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : []
}
