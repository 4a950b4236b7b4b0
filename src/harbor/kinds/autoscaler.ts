import type { KubeObject } from '../../objects/object.ts'
import { type Json } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { Conversion, KindRules } from './kind.ts'

export const horizontalPodAutoscaler: KindRules = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  status: true,
  defaults(draft) {
    draft.spec ??= {}
    draft.spec.minReplicas ??= 1
    draft.spec.metrics ??= [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ]
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.desiredReplicas ??= 0
    draft.status.currentMetrics ??= null
  },
  prepareCreate(draft) {
    draft.status = { desiredReplicas: 0, currentMetrics: null }
  },
  validate({ spec }, errors) {
    const { minReplicas, maxReplicas, scaleTargetRef: target = {} } = spec
    if (minReplicas < 1) errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
    if (!(maxReplicas >= 1)) errors.required('spec.maxReplicas', 'must be set and greater than 0')
    if ((maxReplicas ?? 0) < minReplicas) {
      errors.invalid('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than or equal to `minReplicas`')
    }
    if (!target.kind) errors.required('spec.scaleTargetRef.kind')
    if (!target.name) errors.required('spec.scaleTargetRef.name')
    if (!target.apiVersion) {
      errors.invalid('spec.scaleTargetRef.apiVersion', '', 'apiVersion must specify API group')
    }
  },
  columns: [
    NAME_COLUMN,
    column(
      'Reference',
      'scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.',
      ({ spec }) => {
        return `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`
      },
    ),
    column('Targets', 'V2HorizontalPodAutoscalerSpec.metrics', targetsText),
    column('MinPods', 'V2HorizontalPodAutoscalerSpec.minReplicas', (object) => {
      return object.spec?.minReplicas === undefined ? '<unset>' : String(object.spec.minReplicas)
    }),
    column('MaxPods', 'V2HorizontalPodAutoscalerSpec.maxReplicas', (object) => object.spec?.maxReplicas ?? 0),
    column(
      'Replicas',
      'V2HorizontalPodAutoscalerStatus.currentReplicas',
      (object) => object.status?.currentReplicas ?? 0,
    ),
    AGE_COLUMN,
  ],
}

function targetsText({ spec, status }: KubeObject): string {
  const metrics: Json[] = spec?.metrics ?? []
  if (metrics.length === 0) return '<none>'
  const shown = metrics.slice(0, 2).map((metric, index) => targetText(metric, status?.currentMetrics?.[index]))
  return metrics.length > 2 ? `${shown.join(', ')} + ${metrics.length - 2} more...` : shown.join(', ')
}

function targetText(metric: Json, current: Json): string {
  const field = metric.type ? metric.type[0].toLowerCase() + metric.type.slice(1) : 'resource'
  const want = metric[field]?.target ?? {}
  const is = current?.[field]?.current ?? {}
  const name = metric[field]?.name
  const text =
    want.averageUtilization !== undefined
      ? `${is.averageUtilization === undefined ? '<unknown>' : `${is.averageUtilization}%`}/${want.averageUtilization}%`
      : `${is.averageValue ?? is.value ?? '<unknown>'}/${want.averageValue ?? want.value ?? '<auto>'}`
  return metric.type === 'Resource' ? `${name}: ${text}` : text
}

const isCpu = (metric: Json) =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target?.averageUtilization !== undefined

const OTHER_METRICS = 'autoscaling.alpha.kubernetes.io/metrics'

/** autoscaling/v1 knows CPU only; other metrics travel in an annotation. */
export const autoscalerV1: Conversion & { kind: string; stored: string } = {
  kind: 'HorizontalPodAutoscaler',
  stored: 'autoscaling/v2',
  apiVersion: 'autoscaling/v1',
  toStored(object) {
    const { targetCPUUtilizationPercentage, ...spec } = object.spec ?? {}
    const text = object.metadata.annotations?.[OTHER_METRICS]
    const metrics: Json[] = text ? parsed(text) : []
    if (targetCPUUtilizationPercentage !== undefined) {
      const target = { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage }
      metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target } })
    }
    return {
      ...object,
      apiVersion: 'autoscaling/v2',
      spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}) },
    }
  },
  fromStored(object) {
    const { metrics = [], behavior: _behavior, ...spec } = object.spec
    const cpu = metrics.find(isCpu)
    const others = metrics.filter((metric: Json) => metric !== cpu)
    const { currentMetrics, conditions: _conditions, ...status } = object.status ?? {}
    const current = (currentMetrics ?? []).find((metric: Json) => metric.resource?.name === 'cpu')?.resource?.current
    const annotations = {
      ...object.metadata.annotations,
      ...(others.length > 0 ? { [OTHER_METRICS]: JSON.stringify(others) } : {}),
    }
    return {
      ...object,
      apiVersion: 'autoscaling/v1',
      metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: { ...spec, ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource.target.averageUtilization } : {}) },
      status: {
        currentReplicas: 0,
        ...status,
        ...(current?.averageUtilization === undefined
          ? {}
          : { currentCPUUtilizationPercentage: current.averageUtilization }),
      },
    }
  },
}

function parsed(text: string): Json[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
