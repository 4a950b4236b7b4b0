// get_deployments, get_statefulsets, get_daemonsets: what should run, and how much of it does.
import { z } from 'zod'
import { desiredReplicas, readyReplicas } from '../diagnose/look/workloads.ts'
import type { KubeObject } from '../objects/object.ts'
import { ageOf, conditionsText, ListParameters, listKind, mapText, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getDeployments = workloads('get_deployments', 'Deployment', 'Deployments')
export const getStatefulsets = workloads('get_statefulsets', 'StatefulSet', 'StatefulSets')
export const getDaemonsets = workloads('get_daemonsets', 'DaemonSet', 'DaemonSets')

function workloads(name: string, kind: string, words: string) {
  return defineTool({
    name,
    description: `${words} with wanted and ready replicas, images, strategy and conditions.`,
    effect: 'read',
    parameters: ListParameters,
    result: rowsOf({
      namespace: z.string(),
      name: z.string(),
      wanted: z.number(),
      ready: z.number(),
      updated: z.number(),
      images: z.string(),
      strategy: z.string(),
      selector: z.string(),
      revision: z.string(),
      conditions: z.string(),
      age: z.string(),
    }),
    async run(args, context) {
      const { items, notes } = await listKind(kind, args, context)
      return { items: items.map((item) => ({ ...rowOf(item), age: ageOf(item, context.now()) })), notes }
    },
  })
}

function rowOf(item: KubeObject) {
  const containers = (item.spec?.template?.spec?.containers ?? []) as { name: string; image?: string }[]
  return {
    namespace: item.metadata.namespace ?? '',
    name: item.metadata.name,
    wanted: desiredReplicas(item),
    ready: readyReplicas(item),
    updated: Number(item.status?.updatedReplicas ?? item.status?.updatedNumberScheduled ?? 0),
    images: containers.map(({ name, image }) => `${name}=${image ?? '?'}`).join(' '),
    strategy:
      String(item.spec?.strategy?.type ?? item.spec?.updateStrategy?.type ?? '') +
      (item.spec?.paused ? ' (paused)' : ''),
    selector: mapText(item.spec?.selector?.matchLabels),
    revision: String(
      item.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? item.status?.updateRevision ?? '',
    ),
    conditions: conditionsText(item),
  }
}
