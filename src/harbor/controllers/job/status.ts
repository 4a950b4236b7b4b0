// A job's status from its tally, and its conditions with their times.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Condition } from '../conditions.ts'
import { MANAGER } from '../owners.ts'
import { isFinished, isReady } from '../pods.ts'
import { indexesText } from './indexes.ts'
import type { Tally } from './tally.ts'

export function stamped(world: World, { type, status, reason, message }: Condition): Condition {
  const now = world.clock.iso()
  return {
    type,
    status,
    lastProbeTime: now,
    lastTransitionTime: now,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  }
}

export function writeStatus(
  world: World,
  job: KubeObject,
  tally: Tally,
  conditions: Condition[],
  completed = false,
): void {
  const { active, succeeded, failed, indexes, pods } = tally
  const suspended = job.spec?.suspend === true
  const now = world.clock.iso()
  world.modify(
    'Job',
    job.metadata.namespace,
    job.metadata.name,
    (draft) => {
      const { startTime, completionTime } = draft.status ?? {}
      const since = suspended ? undefined : (startTime ?? now)
      const ended = completed ? now : completionTime
      draft.status = {
        ...(conditions.length > 0 ? { conditions } : {}),
        ...(since ? { startTime: since } : {}),
        ...(ended ? { completionTime: ended } : {}),
        ...(active.length > 0 ? { active: active.length } : {}),
        ...(succeeded > 0 ? { succeeded } : {}),
        ...(failed > 0 ? { failed } : {}),
        terminating: pods.filter((pod) => pod.metadata.deletionTimestamp && !isFinished(pod)).length,
        ...(indexes.size > 0 ? { completedIndexes: indexesText(indexes) } : {}),
        uncountedTerminatedPods: {},
        ready: active.filter(isReady).length,
      }
    },
    { manager: MANAGER, subresource: 'status' },
  )
}
