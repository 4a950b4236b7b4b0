// Whose alert is it: the labels that Prometheus rules of Kubernetes carry, the most telling first.
import type { Severity } from '../../core/finding.ts'
import type { ObjectRef } from '../../core/ref.ts'

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const WORKLOADS: [label: string, kind: string][] = [
  ['deployment', 'Deployment'],
  ['statefulset', 'StatefulSet'],
  ['daemonset', 'DaemonSet'],
  ['cronjob', 'CronJob'],
  ['job_name', 'Job'],
  ['pod', 'Pod'],
  ['persistentvolumeclaim', 'PersistentVolumeClaim'],
  ['horizontalpodautoscaler', 'HorizontalPodAutoscaler'],
]

/** An alert that names no object is about itself. */
export function ownerOfLabels(labels: Readonly<Record<string, string>>, alert: string): ObjectRef {
  const label = (name: string) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined
    return value !== undefined && NAME.test(value) ? value : undefined
  }
  const namespace = label('namespace') ?? label('exported_namespace')
  const kind = Object.hasOwn(labels, 'workload_type')
    ? WORKLOADS.find(([name]) => name === labels.workload_type)?.[1]
    : undefined
  const workload = label('workload')
  if (namespace && workload && kind) return { kind, namespace, name: workload }
  for (const [name, of] of WORKLOADS) {
    const value = label(name)
    if (namespace && value) return { kind: of, namespace, name: value }
  }
  const node = label('node')
  if (node) return { kind: 'Node', name: node }
  if (namespace) return { kind: 'Namespace', name: namespace }
  return { kind: 'Alert', name: alert }
}

export function severityOfWord(word: string | undefined): Severity {
  return /^(critical|error|page|emergency|high|fatal|p1|sev1)$/i.test(word ?? '') ? 'critical' : 'warning'
}

/** The cluster an alert names, or the first one. */
export function clusterOfLabels(labels: Readonly<Record<string, string>>, clusters: readonly string[]): string {
  const named = Object.hasOwn(labels, 'cluster') ? labels.cluster : undefined
  return clusters.find((name) => name === named) ?? clusters[0] ?? ''
}
