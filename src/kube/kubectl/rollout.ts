// kubectl rollout status and history: how far a change has come, and which revisions there are.

import { NotFoundError, UsageError } from '../../core/errors.ts'
import { ageText } from '../../objects/age.ts'
import { controllerOf, type KubeObject } from '../../objects/object.ts'
import { selectorText } from '../../objects/selector.ts'
import { flag, type ReadContext } from './command.ts'
import { cell, columns, objectName, yamlText } from './print.ts'
import { objectsOf, targetsOf } from './resources.ts'

const MAX_OBJECTS = 200
const ROLLED = ['Deployment', 'DaemonSet', 'StatefulSet']

export async function rolloutStatus(context: ReadContext): Promise<string> {
  const lines: string[] = []
  for (const { object } of await workloadsOf(context)) lines.push(statusOf(object))
  return lines.join('\n')
}

export async function rolloutHistory(context: ReadContext): Promise<string> {
  const wanted = flag(context.command, 'revision')
  const blocks: string[] = []
  for (const { object, name } of await workloadsOf(context)) {
    const revisions = await revisionsOf(context, object)
    blocks.push(
      wanted === undefined || wanted === '0'
        ? historyBlock(context, name, revisions)
        : revisionBlock(name, revisions, Number(wanted)),
    )
  }
  return blocks.join('\n\n')
}

async function workloadsOf(context: ReadContext): Promise<{ object: KubeObject; name: string }[]> {
  const found: { object: KubeObject; name: string }[] = []
  for (const target of await targetsOf(context)) {
    if (!ROLLED.includes(target.kind.kind)) {
      throw new UsageError(`A ${target.kind.kind} has no rollout: Deployments, DaemonSets and StatefulSets have.`)
    }
    for (const object of await objectsOf(context, target, MAX_OBJECTS)) {
      found.push({ object: { ...object, kind: target.kind.kind }, name: objectName(target.kind, object.metadata.name) })
    }
  }
  return found
}

/** kubectl's sentences. */
export function statusOf(workload: KubeObject): string {
  const { metadata, spec = {}, status = {} } = workload
  const what = `${workload.kind === 'StatefulSet' ? 'statefulset rolling update' : workload.kind === 'DaemonSet' ? 'daemon set' : 'deployment'}`
  const name = JSON.stringify(metadata.name)
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return `Waiting for ${what} spec update to be observed...`
  if (workload.kind === 'DaemonSet') return daemonStatus(name, spec, status)
  if (workload.kind === 'StatefulSet') return statefulStatus(metadata.name, spec, status)
  const { replicas: all = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status
  const wanted = spec.replicas ?? 1
  const failed = status.conditions?.find(
    (condition: Condition) => condition.type === 'Progressing' && condition.reason === 'ProgressDeadlineExceeded',
  )
  const waiting = `Waiting for deployment ${name} rollout to finish:`
  if (failed) return `error: deployment ${name} exceeded its progress deadline`
  if (updated < wanted) return `${waiting} ${updated} out of ${wanted} new replicas have been updated...`
  if (all > updated) return `${waiting} ${all - updated} old replicas are pending termination...`
  if (available < updated) return `${waiting} ${available} of ${updated} updated replicas are available...`
  return `deployment ${name} successfully rolled out`
}

interface Condition {
  type?: string
  reason?: string
}

function daemonStatus(name: string, spec: KubeObject['spec'], status: KubeObject['status']): string {
  if (spec.updateStrategy?.type === 'OnDelete')
    return 'error: rollout status is only available for RollingUpdate strategy type'
  const {
    desiredNumberScheduled: wanted = 0,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = status
  if (updated < wanted)
    return `Waiting for daemon set ${name} rollout to finish: ${updated} out of ${wanted} new pods have been updated...`
  if (available < wanted)
    return `Waiting for daemon set ${name} rollout to finish: ${available} of ${wanted} updated pods are available...`
  return `daemon set ${name} successfully rolled out`
}

function statefulStatus(name: string, spec: KubeObject['spec'], status: KubeObject['status']): string {
  if (spec.updateStrategy?.type === 'OnDelete')
    return 'error: rollout status is only available for RollingUpdate strategy type'
  const wanted = spec.replicas ?? 1
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, currentReplicas: current = 0 } = status
  if (ready < wanted) return `Waiting for ${wanted - ready} pods to be ready...`
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0
  if (partition > 0) {
    if (updated < wanted - partition)
      return `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`
    return `partitioned roll out complete: ${updated} new pods have been updated...`
  }
  if (status.updateRevision !== status.currentRevision) {
    return `waiting for statefulset rolling update to complete ${updated} pods at revision ${cell(status.updateRevision)}...`
  }
  return `statefulset rolling update complete ${current} pods at revision ${cell(status.currentRevision)}...`
}

export interface Revision {
  number: number
  object: KubeObject
  template: KubeObject['spec']
  cause: string
}

/** ReplicaSets of a Deployment, ControllerRevisions of the others; the oldest first. */
export async function revisionsOf(context: ReadContext, workload: KubeObject): Promise<Revision[]> {
  const { reader, signal } = context
  const deployment = workload.kind === 'Deployment'
  const kind = (await reader.kinds()).byKind(deployment ? 'ReplicaSet' : 'ControllerRevision')
  if (!kind) return []
  const labelSelector = selectorText(workload.spec?.selector)
  const scope = { namespace: workload.metadata.namespace, limit: 500, signal }
  const { items } = await reader.list(kind, labelSelector === '<none>' ? scope : { ...scope, labelSelector })
  return items
    .filter((object) => controllerOf(object)?.uid === workload.metadata.uid)
    .map((object) => ({
      number:
        Number(deployment ? object.metadata.annotations?.['deployment.kubernetes.io/revision'] : object.revision) || 0,
      object,
      template: deployment ? object.spec?.template : object.data?.spec?.template,
      cause: object.metadata.annotations?.['kubernetes.io/change-cause'] ?? '<none>',
    }))
    .filter(({ number }) => number > 0)
    .sort((a, b) => a.number - b.number)
}

function historyBlock(context: ReadContext, name: string, revisions: Revision[]): string {
  const rows = revisions.map(({ number, object, template, cause }) => [
    String(number),
    ageText(object.metadata.creationTimestamp, context.now),
    object.kind === 'ReplicaSet' ? `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}` : '-',
    imagesOf(template),
    cell(cause),
  ])
  return `${name}\n${columns([['REVISION', 'AGE', 'READY', 'IMAGES', 'CHANGE-CAUSE'], ...rows])}`
}

export function imagesOf(template: KubeObject['spec']): string {
  const containers = (template?.spec?.containers ?? []) as { image?: string }[]
  return containers.map(({ image }) => cell(image)).join(',') || '<none>'
}

function revisionBlock(name: string, revisions: Revision[], number: number): string {
  const revision = revisions.find((known) => known.number === number)
  if (!revision)
    throw new NotFoundError(
      `${name} has no revision ${number}; it has ${revisions.map((known) => known.number).join(', ') || 'none'}.`,
    )
  const template = yamlText(revision.template ?? {}).replace(/^/gm, '  ')
  return `${name} with revision #${number}\nPod Template:\n${template}`
}
