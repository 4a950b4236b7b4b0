// The autoscaler: sizes a workload by the usage figures of its pods, and says in the real words why it cannot.

import { kindOf } from '../../objects/kinds.ts'
import type { KubeObject } from '../../objects/object.ts'
import { groupOf } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import { matchesSelector } from '../../objects/selector.ts'
import type { Controller, World } from '../world.ts'
import { type Condition, withCondition } from './conditions.ts'
import { MANAGER } from './owners.ts'
import { isFinished, isReady } from './pods.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'
import { plainText } from './template.ts'

type Spec = KubeObject['spec']

const EVERY = 15_000
const TOLERANCE = 0.1
// behaviour.scaleDown.stabilizationWindowSeconds
const STABILIZATION = 300_000

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

type SetCondition = (type: string, status: string, reason: string, message: string) => void

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

type MetricResult =
  | { replicas: number; name: string; metric: Spec }
  | { reason: string; message: string; outer: string }

function metricOf(world: World, spec: Spec, pods: KubeObject[], current: number): MetricResult {
  if (spec.type !== 'Resource' && spec.type !== 'ContainerResource') {
    const what: string = spec.pods?.metric?.name ?? spec.object?.metric?.name ?? spec.external?.metric?.name ?? 'metric'
    const api = spec.type === 'External' ? 'external' : 'custom'
    const message = `unable to get ${spec.type === 'External' ? 'external ' : ''}metric ${what}: unable to fetch metrics from ${api} metrics API: no ${api} metrics API (${api}.metrics.k8s.io) registered`
    return {
      reason: `FailedGet${spec.type}Metric`,
      message,
      outer: `failed to get ${String(spec.type).toLowerCase()} metric value: `,
    }
  }
  const { name: resource, target, container } = spec.type === 'Resource' ? spec.resource : spec.containerResource
  const outer = `failed to get ${resource} ${spec.type === 'Resource' ? 'resource' : 'container'} metric value: `
  const failed = (message: string): MetricResult => ({ reason: `FailedGet${spec.type}Metric`, message, outer })
  const utilization = target?.type === 'Utilization' || target?.averageUtilization !== undefined
  const lead = `failed to get ${resource} ${utilization ? 'utilization' : 'usage'}: `
  const usages = new Map<string, number>()
  const requests = new Map<string, number>()
  for (const pod of pods) {
    const { namespace = '', name } = pod.metadata
    const figures = world.usage.pod(namespace, name)
    const containers: Spec[] = (pod.spec?.containers ?? []).filter(
      (item: Spec) => !container || item.name === container,
    )
    if (utilization) {
      const bare = containers.find((item) => parseQuantity(item.resources?.requests?.[resource]) === undefined)
      if (bare) return failed(`${lead}missing request for ${resource} in container ${bare.name} of Pod ${name}`)
      requests.set(
        name,
        containers.reduce((sum, item) => sum + (parseQuantity(item.resources?.requests?.[resource]) ?? 0), 0),
      )
    }
    if (!figures || !isReady(pod)) continue
    const used = containers.reduce(
      (sum, item) => sum + (resource === 'memory' ? (figures[item.name]?.memory ?? 0) : (figures[item.name]?.cpu ?? 0)),
      0,
    )
    usages.set(name, used)
  }
  if (usages.size === 0)
    return failed(
      `${lead}unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`,
    )
  const total = [...usages.values()].reduce((sum, used) => sum + used, 0)
  const average = total / usages.size
  const wanted = [...usages.keys()].reduce((sum, name) => sum + (requests.get(name) ?? 0), 0)
  const percent = wanted > 0 ? Math.floor((total / wanted) * 100) : 0
  const ratio = utilization
    ? percent / (target.averageUtilization || 1)
    : average / (parseQuantity(target?.averageValue) || 1)
  const replicas = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(ratio * usages.size)
  const now = { averageValue: resource === 'memory' ? String(Math.round(average)) : `${Math.round(average * 1000)}m` }
  const figures = {
    name: resource,
    ...(container ? { container } : {}),
    current: utilization ? { averageUtilization: percent, ...now } : now,
  }
  return {
    replicas,
    name: utilization ? `${resource} resource utilization (percentage of request)` : `${resource} resource`,
    metric:
      spec.type === 'Resource'
        ? { type: 'Resource', resource: figures }
        : { type: 'ContainerResource', containerResource: figures },
  }
}

interface Limits {
  minReplicas: number
  maxReplicas: number
  history: { at: number; replicas: number }[]
  scaler: KubeObject
  set: SetCondition
}

function limit(
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
