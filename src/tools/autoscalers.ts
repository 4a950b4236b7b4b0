// get_hpa and get_pdbs: what scales workloads, and what keeps their pods from being evicted.
import { z } from 'zod'
import { conditionsText, ListParameters, listKind, mapText, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getHpa = defineTool({
  name: 'get_hpa',
  description:
    'HorizontalPodAutoscalers: target, bounds, current and wanted replicas, metrics against their targets, conditions.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    target: z.string(),
    min: z.number(),
    max: z.number(),
    current: z.number(),
    wanted: z.number(),
    metrics: z.string(),
    conditions: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('HorizontalPodAutoscaler', args, context)
    return {
      items: items.map(({ metadata, spec, status, ...rest }) => ({
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        target: `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
        min: Number(spec?.minReplicas ?? 1),
        max: Number(spec?.maxReplicas ?? 0),
        current: Number(status?.currentReplicas ?? 0),
        wanted: Number(status?.desiredReplicas ?? 0),
        metrics: ((spec?.metrics ?? []) as Metric[])
          .map((metric) => metricText(metric, (status?.currentMetrics ?? []) as Metric[]))
          .join('; '),
        conditions: conditionsText({ metadata, status, ...rest }),
      })),
      notes,
    }
  },
})

interface Amount {
  averageUtilization?: number
  averageValue?: string
  value?: string
}
interface Metric {
  type?: string
  resource?: { name?: string; target?: Amount; current?: Amount }
}

function metricText(metric: Metric, current: Metric[]): string {
  const name = metric.resource?.name
  if (!name) return String(metric.type ?? '?')
  const now = current.find((one) => one.resource?.name === name)?.resource?.current
  return `${name} ${amountText(now)} of ${amountText(metric.resource?.target)}`
}

function amountText(amount: Amount | undefined): string {
  if (amount?.averageUtilization !== undefined) return `${amount.averageUtilization}%`
  return amount?.averageValue ?? amount?.value ?? 'unknown'
}

export const getPdbs = defineTool({
  name: 'get_pdbs',
  description: 'PodDisruptionBudgets: what they ask for, healthy pods, and how many may be evicted now.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    asks: z.string(),
    selector: z.string(),
    healthy: z.number(),
    expected: z.number(),
    may_evict: z.number(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('PodDisruptionBudget', args, context)
    return {
      items: items.map(({ metadata, spec, status }) => ({
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        asks:
          spec?.minAvailable !== undefined
            ? `minAvailable ${spec.minAvailable}`
            : `maxUnavailable ${spec?.maxUnavailable ?? '?'}`,
        selector: mapText(spec?.selector?.matchLabels),
        healthy: Number(status?.currentHealthy ?? 0),
        expected: Number(status?.expectedPods ?? 0),
        may_evict: Number(status?.disruptionsAllowed ?? 0),
      })),
      notes,
    }
  },
})
