// What a Deployment says about itself: counts and the conditions Available, Progressing and ReplicaFailure, in the controller's words.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import { type Condition, conditionOf, withoutCondition } from '../conditions.ts'
import { MANAGER } from '../owners.ts'
import { compact } from '../pods.ts'
import { available, maxUnavailable, total, wanted } from './numbers.ts'

const NO_DEADLINE = 2147483647

export function hasDeadline(deployment: KubeObject): boolean {
  return (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE
}

/** As the deployment controller sets conditions: nothing changes while status and reason stay; a changed one moves to the end. */
export function setCondition(conditions: Condition[] | undefined, next: Condition, now: string): Condition[] {
  const known = conditionOf(conditions, next.type)
  if (known?.status === next.status && known?.reason === next.reason) return conditions ?? []
  const lastTransitionTime = (known?.status === next.status ? known.lastTransitionTime : undefined) ?? now
  const { type, status, reason, message } = next
  const condition = {
    type,
    status,
    lastUpdateTime: now,
    lastTransitionTime,
    ...(reason && { reason }),
    ...(message && { message }),
  }
  return [...withoutCondition(conditions, next.type), condition]
}

export function writeStatus(
  world: World,
  deployment: KubeObject,
  change: (status: KubeObject['status']) => void,
): void {
  world.modify(
    'Deployment',
    deployment.metadata.namespace,
    deployment.metadata.name,
    (draft) => {
      draft.status ??= {}
      change(draft.status)
    },
    { manager: MANAGER, subresource: 'status' },
  )
}

export function countStatus(
  deployment: KubeObject,
  all: KubeObject[],
  fresh: KubeObject | undefined,
  now: string,
): KubeObject['status'] {
  const availableReplicas = total(all, available)
  const replicas = total(all, (set) => set.status?.replicas ?? 0)
  const enough = availableReplicas >= wanted(deployment) - maxUnavailable(deployment)
  const conditions = setCondition(
    deployment.status?.conditions,
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  )
  return {
    ...compact({
      observedGeneration: deployment.metadata.generation ?? 1,
      replicas,
      updatedReplicas: fresh?.status?.replicas ?? 0,
      readyReplicas: total(all, (set) => set.status?.readyReplicas ?? 0),
      availableReplicas,
      unavailableReplicas: Math.max(0, total(all, wanted) - availableReplicas),
    }),
    terminatingReplicas: total(all, (set) => set.status?.terminatingReplicas ?? 0),
    ...(deployment.status?.collisionCount ? { collisionCount: deployment.status.collisionCount } : {}),
    conditions,
  }
}

export function isComplete(deployment: KubeObject, status: KubeObject['status']): boolean {
  const desired = wanted(deployment)
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

/** The new status during a rollout, with Progressing and ReplicaFailure. */
export function rolloutStatus(
  deployment: KubeObject,
  all: KubeObject[],
  fresh: KubeObject | undefined,
  nowMs: number,
  now: string,
): KubeObject['status'] {
  const status = countStatus(deployment, all, fresh, now)
  if (!hasDeadline(deployment)) status.conditions = withoutCondition(status.conditions, 'Progressing')
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing')
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && progressing?.reason === 'NewReplicaSetAvailable'
  if (hasDeadline(deployment) && !settled) {
    const what = fresh ? `ReplicaSet "${fresh.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
    const say = (status: string, reason: string, end: string): Condition => ({
      type: 'Progressing',
      status,
      reason,
      message: `${what} ${end}`,
    })
    if (isComplete(deployment, status)) {
      const done = say('True', 'NewReplicaSetAvailable', 'has successfully progressed.')
      status.conditions = setCondition(status.conditions, done, now)
    } else if (isMoving(deployment.status, status)) {
      const moving = say('True', 'ReplicaSetUpdated', 'is progressing.')
      // every step counts as news, so that the deadline starts anew, but only a change of status is a transition
      const rest = withoutCondition(status.conditions, 'Progressing')
      const since = progressing?.status === 'True' ? progressing.lastTransitionTime : now
      status.conditions = setCondition(rest, moving, now).map((condition) =>
        condition.type === 'Progressing' && since ? { ...condition, lastTransitionTime: since } : condition,
      )
    } else if (isTimedOut(deployment, nowMs)) {
      const late = say('False', 'ProgressDeadlineExceeded', 'has timed out progressing.')
      status.conditions = setCondition(status.conditions, late, now)
    }
  }
  const failure =
    conditionOf(fresh?.status?.conditions, 'ReplicaFailure') ??
    all.map((set) => conditionOf(set.status?.conditions, 'ReplicaFailure')).find(Boolean)
  status.conditions = failure
    ? setCondition(status.conditions, failure, now)
    : withoutCondition(status.conditions, 'ReplicaFailure')
  return status
}

function isMoving(before: KubeObject['status'], after: KubeObject['status']): boolean {
  const old = (status: KubeObject['status']) => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

function isTimedOut(deployment: KubeObject, nowMs: number): boolean {
  const left = deadlineIn(deployment, nowMs)
  return left !== undefined && left <= 0
}

/** Milliseconds until a rollout without progress has taken too long; undefined when nothing is waited for. */
export function deadlineIn(deployment: KubeObject, nowMs: number): number | undefined {
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing')
  if (!hasDeadline(deployment) || !progressing || progressing.reason === 'NewReplicaSetAvailable') return undefined
  if (progressing.reason === 'ProgressDeadlineExceeded') return 0
  const since = Date.parse(progressing.lastUpdateTime ?? '')
  return Number.isNaN(since) ? undefined : since + deployment.spec.progressDeadlineSeconds * 1000 - nowMs
}
