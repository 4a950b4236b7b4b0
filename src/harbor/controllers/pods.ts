// What controllers ask of pods, and how they make them from a template.
import type { KubeObject } from '../../objects/object.ts'
import type { World } from '../world.ts'
import { type Condition, conditionOf } from './conditions.ts'
import { refusalOf } from './illness/refusals.ts'
import { MANAGER, ownerReference } from './owners.ts'

export function isFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Neither finished nor going. */
export function isActive(pod: KubeObject): boolean {
  return !isFinished(pod) && !pod.metadata.deletionTimestamp
}

export function readyCondition(pod: KubeObject): Condition | undefined {
  return conditionOf(pod.status?.conditions, 'Ready')
}

export function isReady(pod: KubeObject): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && availableIn(pod, minReadySeconds, now) <= 0
}

/** Milliseconds until a ready pod counts as available. */
export function availableIn(pod: KubeObject, minReadySeconds: number, now: number): number {
  const since = Date.parse(readyCondition(pod)?.lastTransitionTime ?? '')
  return minReadySeconds <= 0 || Number.isNaN(since) ? 0 : since + minReadySeconds * 1000 - now
}

/** When the next ready pod becomes available, in ms; undefined when none is waited for. */
export function nextAvailable(pods: KubeObject[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds <= 0) return undefined
  const waits = pods.filter(isReady).map((pod) => availableIn(pod, minReadySeconds, now))
  const pending = waits.filter((wait) => wait > 0)
  return pending.length > 0 ? Math.min(...pending) : undefined
}

export function restartsOf(pod: KubeObject): number {
  const statuses: { restartCount?: number }[] = pod.status?.containerStatuses ?? []
  return Math.max(0, ...statuses.map((status) => status.restartCount ?? 0))
}

/** A pod from a workload's template. Without `name` the API server makes one from the owner's. Throws the API's StatusError. */
export function createPod(
  world: World,
  owner: KubeObject,
  template: KubeObject['spec'],
  change: (pod: KubeObject) => void = () => undefined,
): KubeObject {
  const refused = refusalOf(world, owner, template)
  if (refused) throw refused
  const { labels, annotations, finalizers } = template?.metadata ?? {}
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name.slice(0, 57)}-`,
      ...(owner.metadata.namespace ? { namespace: owner.metadata.namespace } : {}),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [ownerReference(owner)],
    },
    spec: structuredClone(template?.spec ?? {}),
  }
  change(pod)
  if (pod.metadata.name === '') delete (pod.metadata as Partial<KubeObject['metadata']>).name
  else delete pod.metadata.generateName
  return world.create(pod, { manager: MANAGER })
}

/** The order in which superfluous replicas go: first those that serve least (as the ReplicaSet controller ranks them). */
export function byDeletion(pods: KubeObject[], related: KubeObject[] = pods): KubeObject[] {
  const perNode = new Map<string, number>()
  for (const pod of related) {
    if (isActive(pod)) perNode.set(pod.spec?.nodeName ?? '', (perNode.get(pod.spec?.nodeName ?? '') ?? 0) + 1)
  }
  const rank = (pod: KubeObject): number[] => [
    pod.spec?.nodeName ? 1 : 0,
    pod.status?.phase === 'Running' ? 2 : pod.status?.phase === 'Unknown' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0,
    -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    -(Date.parse(readyCondition(pod)?.lastTransitionTime ?? '') || 0),
    -restartsOf(pod),
    -(Date.parse(pod.metadata.creationTimestamp ?? '') || 0),
  ]
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      for (let i = 0; i < a.rank.length; i++) {
        const difference = (a.rank[i] as number) - (b.rank[i] as number)
        if (difference !== 0) return difference
      }
      return a.pod.metadata.name < b.pod.metadata.name ? -1 : 1
    })
    .map(({ pod }) => pod)
}

/** Leaves out zeros and absent values, as `omitempty` does. */
export function compact<T extends object>(status: T): T {
  const entries = Object.entries(status).filter(
    ([, value]) => value !== 0 && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(entries) as T
}

/** Creates up to `wanted` pods in batches of 1, 2, 4, …; the first batch with a failure is the last. Returns the first error. */
export function slowStart(wanted: number, create: () => void): { created: number; error: unknown } {
  let created = 0
  for (let batch = 1; created < wanted; batch *= 2) {
    let error: unknown
    for (let i = 0; i < batch && created < wanted; i++) {
      try {
        create()
        created++
      } catch (caught) {
        error ??= caught
        break
      }
    }
    if (error !== undefined) return { created, error }
  }
  return { created, error: undefined }
}
