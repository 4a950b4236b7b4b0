// Which ConfigMaps, Secrets, claims and service accounts are named by anything: pod templates, Ingresses, other objects.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { perSnapshot } from './memo.ts'
import { templateOf } from './workloads.ts'

const TEMPLATED = [
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'Rollout',
  'PodTemplate',
]

/** `ConfigMap/ns/name`, `Secret/ns/name`, `PersistentVolumeClaim/ns/name`, `ServiceAccount/ns/name` of everything that is referred to. */
export const references = perSnapshot((snapshot: Snapshot): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const kind of TEMPLATED) {
    for (const object of snapshot.list(kind)) {
      const spec = templateOf(object)?.spec ?? object.template?.spec
      if (spec) addPodSpec(found, object.metadata.namespace ?? '', spec)
      if (kind === 'StatefulSet') addTemplatedClaims(found, object)
    }
  }
  for (const ingress of snapshot.list('Ingress')) {
    for (const entry of ingress.spec?.tls ?? []) add(found, 'Secret', ingress, entry?.secretName)
    // basic auth and client certificates are named in annotations, as name or namespace/name
    for (const value of Object.values(ingress.metadata.annotations ?? {})) {
      if (/^([a-z0-9-]+\/)?[a-z0-9.-]+$/.test(value)) add(found, 'Secret', ingress, value.split('/').at(-1))
    }
  }
  for (const account of snapshot.list('ServiceAccount')) {
    for (const entry of [...(account.secrets ?? []), ...(account.imagePullSecrets ?? [])])
      add(found, 'Secret', account, entry?.name)
  }
  for (const gateway of snapshot.list('Gateway')) {
    for (const listener of gateway.spec?.listeners ?? []) {
      for (const ref of listener?.tls?.certificateRefs ?? [])
        found.add(`Secret/${ref.namespace ?? gateway.metadata.namespace ?? ''}/${ref.name}`)
    }
  }
  return found
})

function add(found: Set<string>, kind: string, from: KubeObject, name: unknown): void {
  if (typeof name === 'string' && name) found.add(`${kind}/${from.metadata.namespace ?? ''}/${name}`)
}

// biome-ignore lint/suspicious/noExplicitAny: a pod spec as the API prints it
function addPodSpec(found: Set<string>, namespace: string, spec: any): void {
  const put = (kind: string, name: unknown) => {
    if (typeof name === 'string' && name) found.add(`${kind}/${namespace}/${name}`)
  }
  put('ServiceAccount', spec.serviceAccountName ?? 'default')
  for (const entry of spec.imagePullSecrets ?? []) put('Secret', entry?.name)
  for (const volume of spec.volumes ?? []) {
    put('ConfigMap', volume?.configMap?.name)
    put('Secret', volume?.secret?.secretName)
    put('PersistentVolumeClaim', volume?.persistentVolumeClaim?.claimName)
    put('Secret', volume?.csi?.nodePublishSecretRef?.name)
    for (const source of volume?.projected?.sources ?? []) {
      put('ConfigMap', source?.configMap?.name)
      put('Secret', source?.secret?.name)
    }
    // older volume plugins each have a secretRef
    for (const plugin of Object.values(volume ?? {}))
      put('Secret', (plugin as { secretRef?: { name?: string } } | null)?.secretRef?.name)
  }
  for (const container of [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]) {
    for (const source of container?.envFrom ?? []) {
      put('ConfigMap', source?.configMapRef?.name)
      put('Secret', source?.secretRef?.name)
    }
    for (const entry of container?.env ?? []) {
      put('ConfigMap', entry?.valueFrom?.configMapKeyRef?.name)
      put('Secret', entry?.valueFrom?.secretKeyRef?.name)
    }
  }
}

function addTemplatedClaims(found: Set<string>, set: KubeObject): void {
  const replicas = Number(set.spec?.replicas ?? 1)
  const start = Number(set.spec?.ordinals?.start ?? 0)
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    for (let ordinal = start; ordinal < start + Math.min(replicas, 1000); ordinal++)
      add(found, 'PersistentVolumeClaim', set, `${template?.metadata?.name}-${set.metadata.name}-${ordinal}`)
  }
}

const mentions = perSnapshot((snapshot: Snapshot): ReadonlySet<string> => {
  const names = new Set<string>()
  const visit = (value: unknown, depth: number): void => {
    if (depth > 12 || value === null) return
    if (typeof value === 'string') {
      if (value.length < 400) for (const word of value.split(/[^a-zA-Z0-9.-]+/)) if (word.length > 2) names.add(word)
    } else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1)
    else if (typeof value === 'object') for (const item of Object.values(value)) visit(item, depth + 1)
  }
  // arguments and values of containers, custom resources, annotations: programs read ConfigMaps by name over the API
  for (const object of snapshot.objects) {
    if (
      ['Event', 'ConfigMap', 'Secret', 'EndpointSlice', 'Endpoints', 'ReplicaSet', 'ControllerRevision'].includes(
        object.kind,
      )
    )
      continue
    visit(object.spec, 0)
    visit(object.metadata.annotations, 0)
    visit(object.roleRef, 0)
  }
  for (const role of [...snapshot.list('Role'), ...snapshot.list('ClusterRole')]) visit(role.rules, 0)
  return names
})

/** Whether the name stands anywhere in a spec, annotation or RBAC rule of the snapshot: then it may well be used. */
export function isMentioned(snapshot: Snapshot, name: string): boolean {
  return mentions(snapshot).has(name)
}
