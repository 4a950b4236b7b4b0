// The kinds that checks look at, the most telling first: when requests or time run out, the rest is left out and named.
import type { Check } from './check.ts'

const FIRST = [
  'Pod',
  'Event',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'Node',
  'Namespace',
  'ConfigMap',
  'Secret',
  'Job',
  'CronJob',
  'PersistentVolumeClaim',
  'Ingress',
  'EndpointSlice',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'PersistentVolume',
  'StorageClass',
  'PodMetrics',
]

export function kindsToRead(checks: readonly Check[]): string[] {
  const wanted = new Set(checks.flatMap((check) => check.reads))
  const first = FIRST.filter((kind) => wanted.has(kind))
  return [...first, ...[...wanted].filter((kind) => !first.includes(kind)).sort()]
}
