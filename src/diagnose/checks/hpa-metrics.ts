// Autoscalers that cannot compute: no requests to count against, no metrics, a metric nobody serves.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { metricsOf, scalingActive, targetOf } from '../look/autoscaling.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { amountText } from '../look/nodes.ts'
import { isReady } from '../look/pods.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { desiredReplicas, nameOf, templateOf } from '../look/workloads.ts'

const REASONS =
  /^(FailedGet\w*Metric\w*|FailedComputeMetricsReplicas|InvalidMetricSourceType|FailedGetResourceMetric|InvalidSelector)$/
const NO_API =
  /unable to (?:get|fetch) metrics from (?:resource|custom|external) metrics API|no metrics returned from|the server could not find the requested resource|the server is currently unable to handle the request|unable to fetch metrics/i

export const hpaMetrics: Check = {
  name: 'hpa-metrics',
  title: 'A HorizontalPodAutoscaler cannot read its metric',
  why: 'It shows <unknown> and no longer scales: under load the workload stays as small as it is.',
  fix: "Give every container a request for the resource, bring the metrics API back, or correct the metric's name.",
  reads: ['HorizontalPodAutoscaler', 'Deployment', 'StatefulSet', 'Event', 'Pod', 'APIService', 'PodMetrics'],
  run(snapshot) {
    return snapshot.list('HorizontalPodAutoscaler').flatMap((hpa) => {
      const target = targetOf(snapshot, hpa)
      // nothing to measure: it is switched off while its target is at zero
      if (!target || desiredReplicas(target) === 0) return []
      return withoutRequests(snapshot, hpa, target) ?? failing(snapshot, hpa, target) ?? []
    })
  },
}

function failingNow(snapshot: Snapshot, hpa: KubeObject): { text: string; shown: Draft['evidence'] } | undefined {
  const active = scalingActive(hpa)
  const events = eventsAbout(snapshot, hpa, { reason: REASONS }).slice(0, 2)
  if (active?.status === 'True') return undefined
  if (active?.status !== 'False' && events.length === 0) return undefined
  if (active?.reason === 'ScalingDisabled') return undefined
  return {
    text: active?.status === 'False' ? String(active.message ?? active.reason) : messageText(events[0] as KubeObject),
    shown: [
      ...(active
        ? [evidence('status', hpa, `ScalingActive=${active.status} (${active.reason}): ${active.message ?? ''}`)]
        : []),
      ...events.map((event) => evidence('event', hpa, eventText(event))),
    ],
  }
}

function withoutRequests(snapshot: Snapshot, hpa: KubeObject, target: KubeObject): Draft | undefined {
  const now = failingNow(snapshot, hpa)
  const byRequest = metricsOf(hpa).filter((metric) => metric.byRequest)
  const containers: {
    name?: string
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  }[] = templateOf(target)?.spec?.containers ?? []
  const misses = byRequest.flatMap((metric) =>
    containers
      .filter((container) => metric.container === undefined || container.name === metric.container)
      // a limit without a request is the request
      .filter(
        (container) =>
          container.resources?.requests?.[metric.name] === undefined &&
          container.resources?.limits?.[metric.name] === undefined &&
          !templateOf(target)?.spec?.resources?.requests?.[metric.name],
      )
      .map((container) => ({ container: String(container.name), resource: metric.name })),
  )
  const [miss] = misses
  // a LimitRange may give requests at admission: only what the controller complains about counts then
  if (!miss || !now || (!/missing request|did not have|requests?/i.test(now.text) && !NO_API.test(now.text)))
    return undefined
  if (!/missing request/i.test(now.text) && snapshot.list('LimitRange', hpa.metadata.namespace ?? '').length > 0)
    return undefined
  const resources = some([...new Set(misses.map((entry) => entry.resource))])
  return {
    severity: 'warning',
    object: refOf(hpa),
    depth: 'cause',
    summary: `HorizontalPodAutoscaler ${nameOf(hpa)} cannot scale ${target.kind} ${target.metadata.name}: its pods have no ${resources} request`,
    cause: `the target is a percentage of the ${resources} request, which is not set for container ${some([...new Set(misses.map((entry) => entry.container))])} of ${nameOf(target)} (missing request for ${resources})`,
    evidence: [...now.shown, evidence('spec', target, `container ${miss.container}: no requests.${miss.resource}`)],
    remedy: `Set a ${resources} request for every container of ${nameOf(target)}, sidecars too${suggestion(snapshot, target, miss)}.`,
    explains: [refOf(target)],
  }
}

/** What the pods use now, as a first value for the request. */
function suggestion(snapshot: Snapshot, target: KubeObject, miss: { container: string; resource: string }): string {
  const used = snapshot.podsOf(target).flatMap((pod) => {
    const metrics = snapshot.get('PodMetrics', pod.metadata.namespace, pod.metadata.name)
    const container = (metrics?.containers ?? []).find((entry: { name?: string }) => entry.name === miss.container)
    return parseQuantity(container?.usage?.[miss.resource]) ?? []
  })
  const most = Math.max(...used)
  return most > 0 ? ` (container ${miss.container} uses up to ${amountText(miss.resource, most)} now)` : ''
}

function failing(snapshot: Snapshot, hpa: KubeObject, target: KubeObject): Draft | undefined {
  const now = failingNow(snapshot, hpa)
  if (!now) return undefined
  const pods = snapshot.podsOf(target)
  // while no pod is ready there is nothing to measure, and that has a finding of its own
  if (
    /no (?:ready )?pods|did not receive metrics for (?:any ready pods|targeted pods)/i.test(now.text) &&
    pods.length > 0 &&
    !pods.some(isReady)
  )
    return undefined
  const metrics = metricsOf(hpa)
  const group = /custom metrics API|pods metric|object metric/i.test(now.text)
    ? 'custom.metrics.k8s.io'
    : /external metric/i.test(now.text)
      ? 'external.metrics.k8s.io'
      : 'metrics.k8s.io'
  const services = snapshot.list('APIService').filter((entry) => entry.spec?.group === group)
  const down = services.filter((entry) =>
    (entry.status?.conditions ?? []).some(
      (c: { type: string; status: string }) => c.type === 'Available' && c.status === 'False',
    ),
  )
  const none = snapshot.wasRead('APIService') && snapshot.list('APIService').length > 0 && services.length === 0
  const server =
    group === 'metrics.k8s.io'
      ? ['Deployment']
          .flatMap((kind) => snapshot.list(kind, 'kube-system'))
          .filter((entry) => /metrics-server/.test(entry.metadata.name))
      : []
  return {
    severity: 'warning',
    object: refOf(hpa),
    depth: 'state',
    summary: `HorizontalPodAutoscaler ${nameOf(hpa)} cannot read ${some(metrics.map((metric) => metric.name))} of ${target.kind} ${target.metadata.name} and does not scale it`,
    cause: down[0]
      ? `the metrics API ${group} is not available: ${oneLine(now.text)}`
      : none
        ? `nothing serves ${group} in this cluster: ${oneLine(now.text)}`
        : oneLine(now.text),
    evidence: now.shown,
    remedy:
      group === 'metrics.k8s.io'
        ? 'Bring metrics-server back (kubectl top pods must work); the autoscaler recovers by itself.'
        : `Check the adapter that serves ${group} and the name of the metric.`,
    dueTo: [
      ...services.map(refOf),
      ...server.map(refOf),
      { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', name: `v1beta1.${group}` },
    ],
  }
}
