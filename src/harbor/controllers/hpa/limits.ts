// What keeps an autoscaler from following its metrics at once: bounds, stabilization, and how fast it may scale.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'

// behaviour.scaleDown.stabilizationWindowSeconds
const STABILIZATION = 300_000

export type SetCondition = (type: string, status: string, reason: string, message: string) => void

interface Limits {
  minReplicas: number
  maxReplicas: number
  history: { at: number; replicas: number }[]
  scaler: KubeObject
  set: SetCondition
}

export function limit(
  world: World,
  wanted: number,
  current: number,
  { minReplicas, maxReplicas, history, scaler, set }: Limits,
): number {
  const now = world.clock.now()
  const seconds = scaler.spec?.behavior?.scaleDown?.stabilizationWindowSeconds
  const since = now - (seconds === undefined ? STABILIZATION : seconds * 1000)
  history.push({ at: now, replicas: wanted })
  while (history[0] && history[0].at < since) history.shift()
  const steady = Math.max(
    wanted,
    ...(wanted < current ? history.map(({ replicas }) => Math.min(replicas, current)) : []),
  )
  if (steady > wanted) {
    set(
      'AbleToScale',
      'True',
      'ScaleDownStabilized',
      'recent recommendations were higher than current one, applying the highest recent recommendation',
    )
  } else set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
  // at most twice as many, or four more, in one go
  const rate = Math.max(2 * current, current + 4)
  if (steady > maxReplicas) {
    set('ScalingLimited', 'True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count')
    return Math.min(maxReplicas, rate)
  }
  if (steady < minReplicas) {
    set('ScalingLimited', 'True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count')
    return minReplicas
  }
  if (steady > rate) {
    set(
      'ScalingLimited',
      'True',
      'ScaleUpLimit',
      'the desired replica count is increasing faster than the maximum scale rate',
    )
    return rate
  }
  set('ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range')
  return steady
}
