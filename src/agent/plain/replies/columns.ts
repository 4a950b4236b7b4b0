// The columns of lists: per kind what a person looks for first.

import { containersOf } from '../../../diagnose/look/pods.ts'
import { desiredReplicas, readyReplicas } from '../../../diagnose/look/workloads.ts'
import { ageText } from '../../../objects/age.ts'
import type { Kind } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { podStatus } from '../print.ts'

interface Columns {
  head: string[]
  row(object: KubeObject): string[]
}

type Own = { head: string[]; row(object: KubeObject, now: Date): unknown[] }

interface ColumnOptions {
  /** several namespaces are shown */
  spaced: boolean
  /** the node that a pod runs on */
  nodes: boolean
  now: Date
}

export function columnsOf(kind: Kind, { spaced, nodes, now }: ColumnOptions): Columns {
  const placed = nodes && kind.kind === 'Pod'
  const own = Object.hasOwn(BY_KIND, kind.kind) ? BY_KIND[kind.kind] : undefined
  return {
    head: [...(spaced ? ['NAMESPACE'] : []), 'NAME', ...(own?.head ?? []), ...(placed ? ['NODE'] : []), 'AGE'],
    row: (object) => [
      ...(spaced ? [object.metadata.namespace ?? ''] : []),
      object.metadata.name,
      ...(own?.row(object, now).map((cell) => String(cell ?? '')) ?? []),
      ...(placed ? [String(object.spec?.nodeName ?? '<none>')] : []),
      ageText(object.metadata.creationTimestamp, now),
    ],
  }
}

const replicas: Own = { head: ['READY'], row: (object) => [`${readyReplicas(object)}/${desiredReplicas(object)}`] }
const phase: Own = { head: ['STATUS'], row: ({ status }) => [status?.phase] }

const BY_KIND: Record<string, Own> = {
  Deployment: replicas,
  StatefulSet: replicas,
  DaemonSet: replicas,
  ReplicaSet: replicas,
  Namespace: phase,
  PersistentVolume: {
    head: ['STATUS', 'SIZE', 'CLAIM'],
    row: ({ spec, status }) => [status?.phase, spec?.capacity?.storage, spec?.claimRef?.name],
  },
  PersistentVolumeClaim: {
    head: ['STATUS', 'SIZE', 'CLASS'],
    row: ({ spec, status }) => [
      status?.phase,
      status?.capacity?.storage ?? spec?.resources?.requests?.storage,
      spec?.storageClassName,
    ],
  },
  Pod: {
    head: ['READY', 'STATUS', 'RESTARTS'],
    row(pod) {
      const containers = containersOf(pod).filter(({ kind }) => kind === 'main')
      const ready = containers.filter((container) => container.ready).length
      const restarts = containers.reduce((sum, container) => sum + container.restarts, 0)
      return [`${ready}/${containers.length}`, podStatus(pod), restarts]
    },
  },
  Node: {
    head: ['STATUS', 'VERSION'],
    row: (node) => [nodeStatus(node), node.status?.nodeInfo?.kubeletVersion],
  },
  Service: {
    head: ['TYPE', 'PORTS'],
    row({ spec }) {
      const ports = ((spec?.ports ?? []) as { port: number; protocol?: string }[]).map(
        ({ port, protocol }) => `${port}/${protocol ?? 'TCP'}`,
      )
      return [spec?.type ?? 'ClusterIP', ports.join(',') || '<none>']
    },
  },
  Ingress: {
    head: ['CLASS', 'HOSTS'],
    row: ({ spec }) => [
      spec?.ingressClassName ?? '<none>',
      ((spec?.rules ?? []) as { host?: string }[]).map(({ host }) => host ?? '*').join(',') || '*',
    ],
  },
  Job: {
    head: ['COMPLETIONS', 'FAILED'],
    row: ({ spec, status }) => [`${status?.succeeded ?? 0}/${spec?.completions ?? 1}`, status?.failed ?? 0],
  },
  CronJob: {
    head: ['SCHEDULE', 'SUSPENDED', 'ACTIVE', 'LAST RUN', 'LAST SUCCESS'],
    row: ({ spec, status }, now) => [
      `${spec?.schedule ?? ''}${spec?.timeZone ? ` ${spec.timeZone}` : ''}`,
      spec?.suspend ? 'yes' : 'no',
      (status?.active ?? []).length,
      since(status?.lastScheduleTime, now),
      since(status?.lastSuccessfulTime, now),
    ],
  },
  HorizontalPodAutoscaler: {
    head: ['TARGET', 'MIN', 'MAX', 'NOW'],
    row: ({ spec, status }) => [
      `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
      spec?.minReplicas ?? 1,
      spec?.maxReplicas,
      status?.currentReplicas ?? 0,
    ],
  },
}

function since(time: string | undefined, now: Date): string {
  return time ? `${ageText(time, now)} ago` : 'never'
}

function nodeStatus(node: KubeObject): string {
  const ready = node.status?.conditions?.find((item: { type: string }) => item.type === 'Ready')?.status
  const base = ready === 'True' ? 'Ready' : 'NotReady'
  return node.spec?.unschedulable ? `${base},SchedulingDisabled` : base
}
