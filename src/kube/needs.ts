// Which kinds a question about one namespace needs beyond the first look: what is well needs few requests, and what is sick says which.
// A kind that was not needed counts as unread, so that nobody takes its absence for "there are none".

import type { PodLog } from '../objects/files.ts'
import type { KubeObject } from '../objects/object.ts'
import { eventTime } from '../objects/snapshot.ts'

/** What the first look showed. */
export interface Signs {
  /** something in the namespace is not as it should be */
  sick: boolean
  /** every word of trouble: warnings, conditions, reasons, in lower case */
  words: string
  /** the namespaces that the question is about */
  asked: readonly string[]
  of(kind: string): KubeObject[]
}

/** Read at once for every question. */
export const FIRST_LOOK: ReadonlySet<string> = new Set([
  'Namespace',
  'Pod',
  'Event',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'Node',
  'Job',
  'CronJob',
  'PersistentVolumeClaim',
  'Ingress',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Gateway',
  'HTTPRoute',
  'Certificate',
  'Application',
  'Kustomization',
  'HelmRelease',
  'Subscription',
])

/** What is read of a neighbour: what runs there, and what a pod there could lack. */
export const NEIGHBOUR_LOOK: ReadonlySet<string> = new Set([
  'Pod',
  'Event',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'EndpointSlice',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'PersistentVolumeClaim',
  'NetworkPolicy',
])

type Need = (signs: Signs) => boolean

const VOLUMES = /volume|attach|mount(?!ed)|claim|storageclass/
// what RBAC says; quotas and admission say "forbidden" too, with other words behind it
const DENIED = /forbidden: user|cannot (get|list|watch|create|update|patch|delete)|rbac/
const ADMISSION = /webhook|admission/

const sick: Need = (signs) => signs.sick
const says =
  (pattern: RegExp): Need =>
  (signs) =>
    pattern.test(signs.words)
const volumes: Need = (signs) =>
  VOLUMES.test(signs.words) || signs.of('PersistentVolumeClaim').some(({ status }) => status?.phase !== 'Bound')
const present =
  (...kinds: string[]): Need =>
  (signs) =>
    kinds.some((kind) => signs.of(kind).length > 0)
const routed = present('Ingress', 'Gateway')
const scaled = present('HorizontalPodAutoscaler')
const ending: Need = ({ of, asked }) =>
  of('Namespace').some(({ metadata }) => metadata.deletionTimestamp !== undefined && asked.includes(metadata.name))
const deadNode: Need = (signs) => signs.of('Node').some((node) => !hasCondition(node, 'Ready', 'True'))
const unissued: Need = (signs) =>
  signs.of('Certificate').some((certificate) => !hasCondition(certificate, 'Ready', 'True'))
const any =
  (...needs: Need[]): Need =>
  (signs) =>
    needs.some((need) => need(signs))

const NEEDED: Record<string, Need> = {
  ConfigMap: sick,
  Secret: any(sick, routed),
  EndpointSlice: any(sick, (signs) => signs.of('Service').length > 0 && signs.of('Pod').length === 0),
  NetworkPolicy: sick,
  ResourceQuota: any(says(/quota/), ending),
  LimitRange: says(/limitrange|usage per|ratio per|must (specify|be less)/),
  ServiceAccount: any(says(/serviceaccount|service account|imagepull|pull access/), says(DENIED)),
  ControllerRevision: (signs) => signs.sick && (signs.of('StatefulSet').length > 0 || signs.of('DaemonSet').length > 0),
  PodMetrics: any(scaled, says(/oom|memory|evict|cpu|throttl/)),
  PersistentVolume: volumes,
  StorageClass: volumes,
  VolumeAttachment: says(/attach/),
  Role: says(DENIED),
  RoleBinding: says(DENIED),
  ClusterRole: says(DENIED),
  ClusterRoleBinding: says(DENIED),
  ValidatingWebhookConfiguration: says(ADMISSION),
  MutatingWebhookConfiguration: says(ADMISSION),
  ValidatingAdmissionPolicy: says(ADMISSION),
  APIService: any(ending, (signs) => scaled(signs) && /metric/.test(signs.words)),
  CustomResourceDefinition: ending,
  IngressClass: present('Ingress'),
  GatewayClass: present('Gateway'),
  ReferenceGrant: present('HTTPRoute', 'Gateway'),
  ReplicationController: (signs) =>
    signs.of('HorizontalPodAutoscaler').some(({ spec }) => spec?.scaleTargetRef?.kind === 'ReplicationController'),
  TLSRoute: any(sick, present('Gateway', 'HTTPRoute')),
  TCPRoute: any(sick, present('Gateway', 'HTTPRoute')),
  UDPRoute: any(sick, present('Gateway', 'HTTPRoute')),
  CertificateRequest: unissued,
  Order: unissued,
  Challenge: unissued,
  Issuer: unissued,
  ClusterIssuer: unissued,
  ExternalSecret: sick,
  SealedSecret: sick,
  SecretStore: sick,
  ClusterSecretStore: sick,
  AuthorizationPolicy: sick,
  PeerAuthentication: sick,
  DestinationRule: sick,
  VirtualService: sick,
  ScaledObject: any(sick, scaled),
  GitRepository: present('Kustomization', 'HelmRelease'),
  OCIRepository: present('Kustomization', 'HelmRelease'),
  Bucket: present('Kustomization', 'HelmRelease'),
  HelmRepository: present('HelmRelease'),
  HelmChart: present('HelmRelease'),
  ClusterServiceVersion: present('Subscription'),
  InstallPlan: present('Subscription'),
  PriorityClass: says(/priorityclass|priority class|preempted/),
  RuntimeClass: says(/runtimeclass|runtime/),
  ResourceClaim: (signs) => signs.of('Pod').some(({ spec }) => spec?.resourceClaims !== undefined),
  Lease: deadNode,
}

/** Unknown kinds are always needed: better one request too many than a cause missed. */
export function isNeeded(kind: string, signs: Signs): boolean {
  const need = Object.hasOwn(NEEDED, kind) ? NEEDED[kind] : undefined
  return need === undefined || need(signs)
}

const MAX_WORDS = 512 * 1024
const RECENT_MS = 2 * 3600_000

export function signsOf(
  objects: readonly KubeObject[],
  logs: readonly PodLog[],
  now: Date,
  asked: readonly string[],
): Signs {
  const byKind = new Map<string, KubeObject[]>()
  const words: string[] = []
  let size = 0
  let isSick = false
  const say = (...texts: unknown[]) => {
    for (const text of texts) {
      if (typeof text !== 'string' || size > MAX_WORDS) continue
      words.push(text)
      size += text.length
    }
  }
  for (const object of objects) {
    const known = byKind.get(object.kind)
    if (known) known.push(object)
    else byKind.set(object.kind, [object])
    // nodes, and namespaces nobody asked about, are sick without anything here being so
    if (object.kind === 'Node' || (object.kind === 'Namespace' && !asked.includes(object.metadata.name))) continue
    for (const [reason, message] of complaintsOf(object, now)) {
      isSick = true
      say(reason, message)
    }
  }
  for (const log of logs) say(log.text)
  return { sick: isSick, words: words.join('\n').toLowerCase(), asked, of: (kind) => byKind.get(kind) ?? [] }
}

type Complaint = [reason: unknown, message: unknown]

/** What of an object speaks of trouble, by the fields that every kind has. */
function complaintsOf(object: KubeObject, now: Date): Complaint[] {
  if (object.kind === 'Event') {
    const recent = now.getTime() - eventTime(object) < RECENT_MS
    return object.type === 'Warning' && recent ? [[object.reason, object.message ?? object.note]] : []
  }
  const complaints: Complaint[] = []
  if (object.metadata.deletionTimestamp) complaints.push(['deletion', object.kind])
  const { status } = object
  if (!status) return complaints
  const finished = status.phase === 'Succeeded' || object.kind === 'Job'
  for (const condition of array(status.conditions)) {
    const bad = isBad(object.kind, condition, finished)
    if (bad) complaints.push([condition.reason, condition.message])
  }
  for (const container of [...array(status.initContainerStatuses), ...array(status.containerStatuses)]) {
    const waiting = container.state?.waiting
    const ended = container.state?.terminated ?? container.lastState?.terminated
    if (waiting && waiting.reason !== 'PodInitializing') complaints.push([waiting.reason, waiting.message])
    if (ended && ended.exitCode !== 0) complaints.push([ended.reason, ended.message])
  }
  if (['Failed', 'Pending', 'Lost', 'Terminating'].includes(String(status.phase)))
    complaints.push([status.reason ?? status.phase, status.message])
  if (Number(status.unavailableReplicas ?? status.numberUnavailable ?? 0) > 0)
    complaints.push(['unavailable', object.kind])
  if (object.kind === 'StatefulSet' && Number(status.readyReplicas ?? 0) < Number(object.spec?.replicas ?? 1))
    complaints.push(['unready', object.kind])
  if (
    object.kind === 'PodDisruptionBudget' &&
    status.disruptionsAllowed === 0 &&
    status.currentHealthy < status.desiredHealthy
  ) {
    complaints.push(['unhealthy', object.kind])
  }
  return complaints
}

// conditions that are good when true; all others speak of trouble when true
const GOOD =
  /Ready|Available|Progressing|Complete|Initialized|Scheduled|Able|Active|Allowed|Accepted|Resolved|Programmed|Healthy|Synced|Released|Valid|Established|NamesAccepted|Serving|Attached|Succeeded|Criteria|Reconciled|InStorage|Bound|Approved/i

function isBad(kind: string, condition: KubeObject['status'], finished: boolean): boolean {
  const type = String(condition.type)
  if (condition.status === 'Unknown') return true
  // an autoscaler at its bound is no trouble
  if (kind === 'HorizontalPodAutoscaler' && type === 'ScalingLimited') return false
  if (GOOD.test(type)) return condition.status === 'False' && !finished
  return condition.status === 'True' && type !== 'Suspended'
}

function hasCondition(object: KubeObject, type: string, status: string): boolean {
  return array(object.status?.conditions).some((condition) => condition.type === type && condition.status === status)
}

// hosts inside the cluster, as programs, webhooks and ExternalNames write them
const HOST = /\b[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)(?:\.svc\b|(?=:\d{2,5}\b))/g
const NAME_TROUBLE =
  /no such host|name resolution|enotfound|eai_again|nxdomain|servfail|could not resolve|unknown host|server misbehaving/
const MAX_NEIGHBOURS = 2

/** Namespaces outside the question that its trouble names: the dead database elsewhere, the webhook's backend, the cluster's DNS. */
export function neighboursOf(signs: Signs): string[] {
  const { asked } = signs
  if (!signs.sick) return []
  const existing = new Set(signs.of('Namespace').map(({ metadata }) => metadata.name))
  const counted = new Map<string, number>()
  const count = (name: string) => {
    // without a list of namespaces, only a host that says .svc is believed
    if (!asked.includes(name) && (existing.size <= asked.length || existing.has(name)))
      counted.set(name, (counted.get(name) ?? 0) + 1)
  }
  for (const match of hostText(signs).matchAll(HOST)) {
    const name = match[1] ?? ''
    if (match[0].endsWith('.svc') || existing.has(name)) count(name)
  }
  const ranked = [...counted].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const dns = NAME_TROUBLE.test(signs.words) && !asked.includes('kube-system') ? ['kube-system'] : []
  return [...new Set([...ranked.slice(0, MAX_NEIGHBOURS), ...dns])]
}

/** Logs and messages, and the settings of containers, where hosts are configured. */
function hostText(signs: Signs): string {
  const settings: string[] = []
  for (const pod of signs.of('Pod')) {
    for (const container of array(pod.spec?.containers)) {
      for (const variable of array(container.env))
        if (typeof variable.value === 'string') settings.push(variable.value.slice(0, 500))
    }
    if (settings.length > 5000) break
  }
  for (const service of signs.of('Service'))
    if (typeof service.spec?.externalName === 'string') settings.push(service.spec.externalName)
  return `${signs.words}\n${settings.join('\n').toLowerCase()}`
}

// biome-ignore lint/suspicious/noExplicitAny: parts of Kubernetes objects, as in objects/object.ts
function array(value: unknown): any[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : []
}
