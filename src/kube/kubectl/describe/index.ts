// kubectl describe, in our own layout with the same facts: what it is, how it is set up, what state it is in, what happened to it.
import { ageText } from '../../../objects/age.ts'
import type { KubeObject } from '../../../objects/object.ts'
import type { ServedKind } from '../../discovery.ts'
import { flag, type ReadContext } from '../command.ts'
import { eventLines } from '../events.ts'
import { cell, yamlText } from '../print.ts'
import { objectsOf, targetsOf } from '../resources.ts'
import {
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  resourceQuota,
  storageClass,
} from './cluster.ts'
import { configMap, role, roleBinding, secret, serviceAccount } from './config.ts'
import type { Describer } from './describer.ts'
import { conditionSection, factLines, mapLines } from './lines.ts'
import { ingress, networkPolicy, service } from './network.ts'
import {
  cronJob,
  daemonSet,
  deployment,
  horizontalPodAutoscaler,
  job,
  ownerFact,
  pod,
  podDisruptionBudget,
  replicaSet,
  replicationController,
  statefulSet,
} from './workloads.ts'

const MAX_OBJECTS = 25

const DESCRIBERS: Record<string, Describer> = {
  Pod: pod,
  Deployment: deployment,
  ReplicaSet: replicaSet,
  ReplicationController: replicationController,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
  CronJob: cronJob,
  HorizontalPodAutoscaler: horizontalPodAutoscaler,
  PodDisruptionBudget: podDisruptionBudget,
  Service: service,
  Ingress: ingress,
  NetworkPolicy: networkPolicy,
  Node: node,
  Namespace: namespace,
  ResourceQuota: resourceQuota,
  LimitRange: limitRange,
  PersistentVolumeClaim: persistentVolumeClaim,
  PersistentVolume: persistentVolume,
  StorageClass: storageClass,
  ConfigMap: configMap,
  Secret: secret,
  ServiceAccount: serviceAccount,
  Role: role,
  ClusterRole: role,
  RoleBinding: roleBinding,
  ClusterRoleBinding: roleBinding,
}

export async function describe(context: ReadContext): Promise<string> {
  const blocks: string[] = []
  for (const target of await targetsOf(context)) {
    const objects = await objectsOf(context, target, MAX_OBJECTS)
    for (const object of objects) blocks.push((await describeObject(context, target.kind, object)).join('\n'))
    if (target.names.length === 0 && objects.length === MAX_OBJECTS)
      blocks.push(`(only the first ${MAX_OBJECTS} ${target.kind.plural} are described)`)
  }
  if (blocks.length > 0) return blocks.join('\n\n')
  return context.namespace === undefined
    ? 'No resources found'
    : `No resources found in ${context.namespace} namespace.`
}

async function describeObject(context: ReadContext, kind: ServedKind, item: KubeObject): Promise<string[]> {
  const object = { ...item, kind: item.kind ?? kind.kind, apiVersion: item.apiVersion ?? kind.apiVersion }
  const { metadata } = object
  // kinds of other groups may share a name with a built-in one
  const builtin = !kind.apiVersion.includes('.') || kind.apiVersion.split('/')[0]?.endsWith('.k8s.io')
  const describer = builtin && Object.hasOwn(DESCRIBERS, kind.kind) ? DESCRIBERS[kind.kind] : undefined
  const [{ facts, sections = [] }, events] = await Promise.all([
    describer ? describer(object, context) : anyKind(object),
    flag(context.command, 'show-events') === 'false' ? [] : eventLines(context, object),
  ])
  const head = factLines([
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Kind', `${kind.kind} (${kind.apiVersion})`],
    ['Age', ageText(metadata.creationTimestamp, context.now)],
    ['Labels', mapLines(metadata.labels)],
    ['Annotations', annotationLines(metadata.annotations)],
    [
      'Deletion',
      metadata.deletionTimestamp ? `asked for ${ageText(metadata.deletionTimestamp, context.now)} ago` : undefined,
    ],
    ['Finalizers', metadata.deletionTimestamp ? (metadata.finalizers ?? []).map(cell).join(', ') : undefined],
    ownerFact(object),
    ...facts,
  ])
  const blocks = [head, ...sections, describer ? conditionSection(object, context.now) : [], events]
  return blocks.filter((lines) => lines.length > 0).flat()
}

/** What says nothing to a reader is left out: copies of the object itself. */
function annotationLines(annotations: Record<string, string> | undefined): string[] {
  const shown = Object.entries(annotations ?? {}).filter(([key]) => !key.endsWith('last-applied-configuration'))
  return mapLines(Object.fromEntries(shown), ': ')
}

/** Custom resources and kinds without a page of their own: everything below metadata. */
function anyKind(object: KubeObject): { facts: []; sections: string[][] } {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object
  const text = yamlText(rest)
  return { facts: [], sections: [text === '{}' ? [] : text.split('\n').slice(0, 500)] }
}
