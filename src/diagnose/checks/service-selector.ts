// Services whose selector matches no pod and no pod template, with the label that differs.
import type { Action } from '../../core/action.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { isLive, refsOf } from '../look/pods.ts'
import { serviceUsers } from '../look/service-users.ts'
import { type LabelMiss, nearestWorkload, podsBehind, selectorOf, templatesIn } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf, templateOf } from '../look/workloads.ts'

export const serviceSelector: Check = {
  name: 'service-selector',
  title: 'A Service selects no pod because a label differs',
  why: 'Without matching pods a Service has no endpoints: every connection to it is refused or hangs while all pods look healthy.',
  fix: 'Make the selector and the labels of the pods equal again; change the one that was changed last.',
  reads: ['Service', 'Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'EndpointSlice'],
  run(snapshot) {
    if (!snapshot.wasRead('Pod') || !snapshot.wasRead('Deployment')) return []
    return snapshot.list('Service').flatMap((service) => draftOf(snapshot, service) ?? [])
  },
}

function draftOf(snapshot: Snapshot, service: KubeObject): Draft | undefined {
  const selector = selectorOf(service)
  if (selector.length === 0 || service.spec?.type === 'ExternalName' || service.metadata.deletionTimestamp)
    return undefined
  // one Service per pod of a StatefulSet: the pod may be scaled away
  if (selector.some(([key]) => key === 'statefulset.kubernetes.io/pod-name')) return undefined
  if (podsBehind(snapshot, service).length > 0) return undefined
  const namespace = service.metadata.namespace ?? ''
  if (
    templatesIn(snapshot, namespace).some((workload) =>
      matchesMap(service.spec.selector, templateOf(workload)?.metadata?.labels),
    )
  ) {
    return undefined
  }
  const near = nearestWorkload(snapshot, service)
  const complaints = complaintsAbout(snapshot, service)
  const users = serviceUsers(snapshot, service)
  // a Service that nothing here was ever behind and nobody uses is a leftover, told by the waste checks
  if (!near && complaints.length === 0 && users.length === 0) return undefined
  if (!near && namespace === 'kube-system') return undefined
  const asked = selector.map(([key, value]) => `${key}=${value}`).join(',')
  const told = near?.misses.map(missText) ?? []
  return {
    severity: 'critical',
    object: refOf(service),
    depth: 'cause',
    summary: `Service ${nameOf(service)} has no endpoints: its selector ${asked} matches no pod`,
    cause: near
      ? `the selector asks for ${some(near.misses.map((miss) => `${miss.key}=${miss.wanted}`))}, but the pods of ${near.workload.kind} ${near.workload.metadata.name} ${some(told)}`
      : `no workload in ${namespace} has pods with ${asked}`,
    evidence: [
      evidence('spec', service, `selector ${asked}`),
      ...(near ? [evidence('spec', near.workload, `pod labels ${labelsText(near)}`)] : []),
      ...complaints.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: near
      ? `Set the selector of Service ${service.metadata.name} to the labels its pods carry (${some(near.misses.map(fixText))}), or bring back pods with the label it asks for.`
      : `Deploy the workload that Service ${service.metadata.name} is for, or delete the Service.`,
    ...(near ? { action: actionFor(service, near) } : {}),
    explains: [...users, ...refsOf([...new Set(complaints.map((complaint) => complaint.workload))])],
  }
}

function missText(miss: LabelMiss['misses'][number]): string {
  if (miss.has !== undefined) return `carry ${miss.key}=${miss.has}`
  if (miss.nearKey) return `carry ${miss.nearKey}=${miss.wanted} and no label ${miss.key}`
  return `carry no label ${miss.key}`
}

function fixText(miss: LabelMiss['misses'][number]): string {
  if (miss.has !== undefined) return `${miss.key}=${miss.has}`
  return miss.nearKey ? `${miss.nearKey}=${miss.wanted}` : `no ${miss.key}`
}

function labelsText(near: LabelMiss): string {
  const labels = Object.entries((templateOf(near.workload)?.metadata?.labels ?? {}) as Record<string, string>)
  return labels
    .slice(0, 12)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function actionFor(service: KubeObject, near: LabelMiss): Action | undefined {
  const selector: Record<string, string | null> = {}
  for (const miss of near.misses) {
    selector[miss.key] = miss.has ?? null
    if (miss.has === undefined && miss.nearKey) selector[miss.nearKey] = miss.wanted
  }
  const left = selectorOf(service).length - Object.values(selector).filter((value) => value === null).length
  // a selector must keep something, and the pods it moves to must be there
  if (left <= 0 && !Object.values(selector).some((value) => value !== null)) return undefined
  return isLive(near.workload)
    ? { verb: 'patch', target: refOf(service), type: 'merge', patch: { spec: { selector } } }
    : undefined
}
