// The arithmetic of a rollout: how many pods may be above or below the wanted number, and what one step may do.
import type { KubeObject } from '../../../objects/object.ts'

export const DESIRED = 'deployment.kubernetes.io/desired-replicas'
export const MAX = 'deployment.kubernetes.io/max-replicas'

export function wanted(object: KubeObject): number {
  return object.spec?.replicas ?? 1
}

export function available(replicaSet: KubeObject): number {
  return replicaSet.status?.availableReplicas ?? 0
}

export function total(replicaSets: KubeObject[], of: (replicaSet: KubeObject) => number): number {
  return replicaSets.reduce((sum, replicaSet) => sum + of(replicaSet), 0)
}

export function isRolling(deployment: KubeObject): boolean {
  return (deployment.spec?.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** An int or a percentage of `of`; undefined and malformed count as `fallback`. */
export function scaled(value: unknown, of: number, round: 'up' | 'down', fallback = '25%'): number {
  if (typeof value === 'number') return value
  const percent = /^(\d{1,9})%$/.exec(String(value ?? fallback))
  if (!percent) return value === fallback ? 0 : scaled(fallback, of, round, fallback)
  const exact = (Number(percent[1]) * of) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** Both zero would never move, so then one may be unavailable. */
function fenceposts(deployment: KubeObject): { surge: number; unavailable: number } {
  const rolling = deployment.spec?.strategy?.rollingUpdate
  const surge = scaled(rolling?.maxSurge, wanted(deployment), 'up')
  const unavailable = scaled(rolling?.maxUnavailable, wanted(deployment), 'down')
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

export function maxSurge(deployment: KubeObject): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0
}

export function maxUnavailable(deployment: KubeObject): number {
  if (!isRolling(deployment) || wanted(deployment) === 0) return 0
  return Math.min(fenceposts(deployment).unavailable, wanted(deployment))
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(deployment: KubeObject, all: KubeObject[], fresh: KubeObject | undefined): number {
  const desired = wanted(deployment)
  if (!isRolling(deployment)) return desired
  const now = fresh ? wanted(fresh) : 0
  const room = desired + maxSurge(deployment) - total(all, wanted)
  return room <= 0 ? now : now + Math.min(room, desired - now)
}

export function oldestFirst(a: KubeObject, b: KubeObject): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  if (x !== y) return x < y ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** Each active ReplicaSet's new size when a deployment is scaled in the middle of a rollout: in proportion, the leftover to the largest. */
export function proportions(deployment: KubeObject, active: KubeObject[]): Map<KubeObject, number> {
  const sum = total(active, wanted)
  const allowed = wanted(deployment) > 0 ? wanted(deployment) + maxSurge(deployment) : 0
  const toAdd = allowed - sum
  const bySize = [...active].sort(
    (a, b) => wanted(b) - wanted(a) || (toAdd > 0 ? oldestFirst(b, a) : oldestFirst(a, b)),
  )
  let added = 0
  const sizes = new Map<KubeObject, number>()
  for (const replicaSet of bySize) {
    const share = toAdd === 0 ? 0 : within(fraction(deployment, replicaSet), toAdd - added)
    sizes.set(replicaSet, wanted(replicaSet) + share)
    added += share
  }
  const [largest] = bySize
  if (largest && toAdd !== 0) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added))
  return sizes
}

function fraction(deployment: KubeObject, replicaSet: KubeObject): number {
  if (wanted(deployment) === 0) return -wanted(replicaSet)
  const before =
    Number(replicaSet.metadata.annotations?.[MAX]) || deployment.status?.replicas || wanted(replicaSet) || 1
  return Math.round((wanted(replicaSet) * (wanted(deployment) + maxSurge(deployment))) / before) - wanted(replicaSet)
}

function within(share: number, left: number): number {
  return left > 0 ? Math.min(share, left) : Math.max(share, left)
}
