// The autoscaler: sizes a workload by the usage figures of its pods, and says in the real words why it cannot.

import { kindOf } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { groupOf } from '../../../objects/object.ts'
import { matchesSelector } from '../../../objects/selector.ts'
import type { Controller, World } from '../../world.ts'
import { type Condition, withCondition } from '../conditions.ts'
import { MANAGER } from '../owners.ts'
import { isFinished } from '../pods.ts'
import { keyedController, keyOf, splitKey } from '../queue.ts'
import { recordEvent } from '../recorder.ts'
import { plainText } from '../template.ts'
import { limit, type SetCondition } from './limits.ts'
import { metricOf } from './metric.ts'

type Spec = KubeObject['spec']

const EVERY = 15_000

export const autoscaler: Controller = keyedController('horizontal-pod-autoscaler', (world) => {
  /** recommendations of the last minutes, per autoscaler */
  const recent = new Map<string, { at: number; replicas: number }[]>()
  /** loaded autoscalers, as long as neither they nor their target change: their figures may not be in the dump */
  const held = new Map<string, string>()
  for (const scaler of world.list('HorizontalPodAutoscaler')) {
    if (scaler.status?.conditions?.length) held.set(keyOf(scaler), situation(world, scaler))
  }

  return {
    initial: () => world.list('HorizontalPodAutoscaler').map(keyOf),
    concerns({ object, previous, type }) {
      if (object.kind !== 'HorizontalPodAutoscaler') return []
      if (type === 'DELETED') {
        recent.delete(keyOf(object))
        return []
      }
      return !previous || JSON.stringify(previous.spec) !== JSON.stringify(object.spec) ? [keyOf(object)] : []
    },
    reconcile(key) {
      const scaler = world.find('HorizontalPodAutoscaler', ...splitKey(key))
      if (!scaler || scaler.metadata.deletionTimestamp) return undefined
      if (held.has(key)) {
        if (held.get(key) === situation(world, scaler)) return EVERY
        held.delete(key)
      }
      const history = recent.get(key) ?? []
      recent.set(key, history)
      sync(world, scaler, history)
      return EVERY
    },
  }
})

function targetOf(world: World, scaler: KubeObject): KubeObject | undefined {
  const { kind, name, apiVersion } = scaler.spec?.scaleTargetRef ?? {}
  const group = groupOf(String(apiVersion ?? ''))
  return world.find(group ? `${kind}.${group}` : kind, scaler.metadata.namespace, name)
}

/** What a loaded autoscaler's verdict rests on. */
function situation(world: World, scaler: KubeObject): string {
  const target = targetOf(world, scaler)
  return plainText([scaler.spec, target?.spec, target?.status?.readyReplicas])
}

interface Verdict {
  status: Spec
  conditions: Condition[]
}

function sync(world: World, scaler: KubeObject, history: { at: number; replicas: number }[]): void {
  const now = world.clock.iso()
  const verdict: Verdict = { status: { ...scaler.status }, conditions: [...(scaler.status?.conditions ?? [])] }
  const set = (type: string, status: string, reason: string, message: string) => {
    verdict.conditions = withCondition(verdict.conditions, { type, status, reason, message }, now)
  }
  const target = targetOf(world, scaler)
  if (!target) {
    const message = missing(scaler)
    set(
      'AbleToScale',
      'False',
      'FailedGetScale',
      `the HPA controller was unable to get the target's current scale: ${message}`,
    )
    say(world, scaler, 'Warning', 'FailedGetScale', message)
    write(
      world,
      scaler,
      {
        ...verdict.status,
        desiredReplicas: verdict.status.desiredReplicas ?? 0,
        currentMetrics: verdict.status.currentMetrics ?? null,
      },
      verdict.conditions,
    )
    return
  }
  set('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")
  const current: number = target.spec?.replicas ?? 1
  const { minReplicas = 1, maxReplicas = 1 } = scaler.spec ?? {}
  const status = {
    ...verdict.status,
    currentReplicas: target.status?.replicas ?? 0,
    observedGeneration: scaler.metadata.generation,
  }
  if (!scaler.metadata.generation) delete status.observedGeneration
  if (current === 0 && minReplicas !== 0) {
    set(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    )
    write(world, scaler, { ...status, desiredReplicas: 0 }, verdict.conditions)
    return
  }
  let desired = current
  let reason = ''
  if (current > maxReplicas) {
    reason = 'Current number of replicas above Spec.MaxReplicas'
    desired = maxReplicas
  } else if (current < minReplicas) {
    reason = 'Current number of replicas below Spec.MinReplicas'
    desired = minReplicas
  } else {
    const computed = compute(world, scaler, target, current, set)
    if (!computed) {
      write(
        world,
        scaler,
        {
          ...status,
          desiredReplicas: status.desiredReplicas ?? 0,
          currentMetrics: status.currentMetrics ?? [{ type: '' }],
        },
        verdict.conditions,
      )
      return
    }
    status.currentMetrics = computed.metrics
    desired = limit(world, computed.replicas, current, { minReplicas, maxReplicas, history, scaler, set })
    if (desired > current) reason = `${computed.name} above target`
    else if (desired < current) reason = 'All metrics below target'
  }
  status.desiredReplicas = desired
  if (desired !== current) {
    resize(world, target, desired)
    set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${desired}`,
    )
    say(world, scaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)
    status.lastScaleTime = now
  }
  write(world, scaler, status, verdict.conditions)
}

function missing({ spec }: KubeObject): string {
  const { kind, name, apiVersion } = spec?.scaleTargetRef ?? {}
  const group = groupOf(String(apiVersion ?? ''))
  const plural = kindOf(kind, apiVersion)?.plural ?? `${String(kind).toLowerCase()}s`
  return `${group ? `${plural}.${group}` : plural} "${name}" not found`
}

function resize(world: World, target: KubeObject, replicas: number): void {
  const { kind, metadata, apiVersion } = target
  const group = groupOf(apiVersion)
  world.modify(
    group ? `${kind}.${group}` : kind,
    metadata.namespace,
    metadata.name,
    (draft) => void (draft.spec.replicas = replicas),
    { manager: MANAGER },
  )
}

interface Computed {
  replicas: number
  /** of the metric that asks for most */
  name: string
  metrics: Spec[]
}

function compute(
  world: World,
  scaler: KubeObject,
  target: KubeObject,
  current: number,
  set: SetCondition,
): Computed | undefined {
  const specs: Spec[] = scaler.spec?.metrics ?? [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ]
  const pods = world
    .list('Pod', { namespace: scaler.metadata.namespace ?? '' })
    .filter(
      (pod) =>
        matchesSelector(target.spec?.selector, pod.metadata.labels) &&
        !isFinished(pod) &&
        !pod.metadata.deletionTimestamp,
    )
  const good: { replicas: number; name: string; metric: Spec }[] = []
  const bad: { reason: string; message: string; outer: string }[] = []
  for (const spec of specs) {
    const result = metricOf(world, spec, pods, current)
    if ('message' in result) bad.push(result)
    else good.push(result)
  }
  for (const { reason, message } of bad) say(world, scaler, 'Warning', reason, message)
  const [first] = bad
  // with some metrics missing the others may only ask for more
  const most = good.reduce<(typeof good)[number] | undefined>(
    (best, item) => (!best || item.replicas > best.replicas ? item : best),
    undefined,
  )
  if (first && (!most || most.replicas < current)) {
    const total = `invalid metrics (${bad.length} invalid out of ${specs.length}), first error is: ${first.outer}${first.message}`
    say(world, scaler, 'Warning', 'FailedComputeMetricsReplicas', total)
    set('ScalingActive', 'False', first.reason, `the HPA was unable to compute the replica count: ${first.message}`)
    return undefined
  }
  if (!most) return undefined
  set(
    'ScalingActive',
    'True',
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${most.name}`,
  )
  return { replicas: most.replicas, name: most.name, metrics: good.map(({ metric }) => metric) }
}

function write(world: World, scaler: KubeObject, status: Spec, conditions: Condition[]): void {
  const { namespace, name } = scaler.metadata
  world.modify('HorizontalPodAutoscaler', namespace, name, (draft) => void (draft.status = { ...status, conditions }), {
    manager: MANAGER,
    subresource: 'status',
  })
}

function say(world: World, scaler: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, scaler, { component: 'horizontal-pod-autoscaler' }, { type, reason, message })
}
