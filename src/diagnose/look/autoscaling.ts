// Reading HorizontalPodAutoscalers: what they scale, by which metrics, and what their controller last said.
import { type KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { type Condition, condition } from './pods.ts'

export interface HpaMetric {
  type: string
  /** cpu, memory; the metric's name for the other types */
  name: string
  /** a utilization target counts in percent of requests, so it needs them */
  byRequest: boolean
  container: string | undefined
}

export function targetOf(snapshot: Snapshot, hpa: KubeObject): KubeObject | undefined {
  const { kind, name } = targetNameOf(hpa)
  return snapshot.get(kind, hpa.metadata.namespace, name)
}

export function targetNameOf(hpa: KubeObject): { kind: string; name: string } {
  const ref = hpa.spec?.scaleTargetRef
  return { kind: String(ref?.kind ?? 'Deployment'), name: String(ref?.name ?? '') }
}

export function metricsOf(hpa: KubeObject): HpaMetric[] {
  // autoscaling/v1 has one metric, cpu by utilization
  if (!Array.isArray(hpa.spec?.metrics)) {
    return hpa.spec?.targetCPUUtilizationPercentage
      ? [{ type: 'Resource', name: 'cpu', byRequest: true, container: undefined }]
      : []
  }
  return hpa.spec.metrics.map(
    (metric: {
      type?: string
      resource?: Source
      containerResource?: Source & { container?: string }
      pods?: Named
      object?: Named
      external?: Named
    }) => {
      const source = metric.resource ?? metric.containerResource
      return {
        type: String(metric.type),
        name:
          source?.name ??
          metric.pods?.metric?.name ??
          metric.object?.metric?.name ??
          metric.external?.metric?.name ??
          '?',
        byRequest: source?.target?.type === 'Utilization',
        container: metric.containerResource?.container,
      }
    },
  )
}

interface Source {
  name: string
  target?: { type?: string }
}
interface Named {
  metric?: { name?: string }
}

export function scalingActive(hpa: KubeObject): Condition | undefined {
  return condition(hpa, 'ScalingActive')
}
