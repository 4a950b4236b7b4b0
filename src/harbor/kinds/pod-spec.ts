// Defaults of pod specs, in pods and in every template.
import { isMap, type Json } from '../plain.ts'

export function defaultPodTemplate(template: Json): void {
  if (!isMap(template)) return
  template.metadata ??= {}
  template.spec ??= {}
  defaultPodSpec(template.spec)
}

export function defaultPodSpec(spec: Json): void {
  spec.restartPolicy ??= 'Always'
  spec.terminationGracePeriodSeconds ??= 30
  // below nought means at once
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1
  spec.dnsPolicy ??= 'ClusterFirst'
  spec.securityContext ??= {}
  spec.schedulerName ??= 'default-scheduler'
  if (spec.serviceAccountName && !spec.serviceAccount) spec.serviceAccount = spec.serviceAccountName
  if (spec.serviceAccount && !spec.serviceAccountName) spec.serviceAccountName = spec.serviceAccount
  if (spec.hostNetwork) for (const container of allContainers(spec)) defaultHostPorts(container)
  for (const container of spec.initContainers ?? []) defaultContainer(container)
  for (const container of spec.containers ?? []) defaultContainer(container)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container)
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (constraint.minDomains === undefined) continue
    constraint.nodeAffinityPolicy ??= 'Honor'
  }
}

export function allContainers(spec: Json): Json[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]
}

function defaultContainer(container: Json): void {
  container.resources ??= {}
  container.terminationMessagePath ??= '/dev/termination-log'
  container.terminationMessagePolicy ??= 'File'
  container.imagePullPolicy ??= pullPolicyOf(container.image)
  for (const port of container.ports ?? []) port.protocol ??= 'TCP'
  for (const entry of container.env ?? []) defaultEnv(entry)
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe)
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop]) defaultHttpGet(hook?.httpGet)
}

/** A limit is a request unless something else is asked for: in a pod, not in a template. */
export function requestLimits(spec: Json): void {
  for (const { resources } of allContainers(spec)) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests }
  }
}

function defaultEnv(entry: Json): void {
  // Go leaves an empty value out
  if (entry.value === '') delete entry.value
  const field = entry.valueFrom?.fieldRef
  if (field) field.apiVersion ??= 'v1'
  const resource = entry.valueFrom?.resourceFieldRef
  if (resource) resource.divisor ??= '0'
}

/** `:latest` or no tag means Always. */
function pullPolicyOf(image: string | undefined): string {
  const text = image ?? ''
  if (text.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(text)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: Json): void {
  if (!probe) return
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  defaultHttpGet(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

function defaultHttpGet(get: Json): void {
  if (!get) return
  get.path ||= '/'
  get.scheme ??= 'HTTP'
}

function defaultHostPorts(container: Json): void {
  for (const port of container.ports ?? []) port.hostPort ??= port.containerPort
}

function defaultVolume(volume: Json): void {
  if (volume.secret) volume.secret.defaultMode ??= 420
  if (volume.configMap) volume.configMap.defaultMode ??= 420
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= 420
    defaultFieldRefs(volume.downwardAPI.items)
  }
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.projected) {
    volume.projected.defaultMode ??= 420
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600
      defaultFieldRefs(source.downwardAPI?.items)
    }
  }
  if (volume.ephemeral?.volumeClaimTemplate) {
    volume.ephemeral.volumeClaimTemplate.metadata ??= {}
    volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= 'Filesystem'
  }
  // a volume without a source is an emptyDir
  if (Object.keys(volume).length === 1 && volume.name !== undefined) volume.emptyDir = {}
}

function defaultFieldRefs(items: Json[] | undefined): void {
  for (const item of items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1'
}

/** Guaranteed, Burstable or BestEffort. */
export function qosClass(spec: Json): string {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  let any = false
  let guaranteed = containers.length > 0
  for (const { resources = {} } of containers) {
    for (const name of ['cpu', 'memory']) {
      const limit = resources.limits?.[name]
      const request = resources.requests?.[name] ?? limit
      if ((limit && limit !== '0') || (request && request !== '0')) any = true
      if (!limit || limit === '0' || limit !== request) guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
