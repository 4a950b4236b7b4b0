// How many replicas one metric asks for, from the usage of the pods it concerns.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { World } from '../../world.ts'
import { isReady } from '../pods.ts'

type Spec = KubeObject['spec']

// figures this close to the target change nothing
const TOLERANCE = 0.1

type MetricResult =
  | { replicas: number; name: string; metric: Spec }
  | { reason: string; message: string; outer: string }

export function metricOf(world: World, spec: Spec, pods: KubeObject[], current: number): MetricResult {
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
