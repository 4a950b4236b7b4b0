// Validation of pod specs, in pods and in every template.
import type { FieldErrors } from '../invalid.ts'
import { checkAnnotations, checkLabels, isLabelName, LABEL_RULE } from '../names.ts'
import type { Json } from '../plain.ts'
import { compareQuantities } from '../schema/quantity.ts'
import { checkId, checkPlacement } from './pod-placement.ts'

export function checkPodTemplate(template: Json, field: string, errors: FieldErrors): void {
  checkLabels(template?.metadata?.labels, `${field}.labels`, errors)
  checkAnnotations(template?.metadata?.annotations, `${field}.annotations`, errors)
  checkPodSpec(template?.spec ?? {}, `${field}.spec`, errors)
}

const RESTART = ['Always', 'OnFailure', 'Never']
const DNS = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

export function checkPodSpec(spec: Json, field: string, errors: FieldErrors): void {
  const volumes = checkVolumes(spec.volumes ?? [], `${field}.volumes`, errors)
  if (!spec.containers?.length) errors.required(`${field}.containers`)
  const names = new Set<string>()
  checkContainers(spec.containers ?? [], `${field}.containers`, names, volumes, errors)
  checkContainers(spec.initContainers ?? [], `${field}.initContainers`, names, volumes, errors)
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    if (container.restartPolicy === 'Always') continue
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'].filter(
      (key) => container[key],
    )) {
      const why = 'may not be set for init containers without restartPolicy=Always'
      errors.forbidden(`${field}.initContainers[${index}].${probe}`, why)
    }
  }
  if (!RESTART.includes(spec.restartPolicy)) {
    errors.notSupported(`${field}.restartPolicy`, spec.restartPolicy, RESTART)
  }
  if (!DNS.includes(spec.dnsPolicy)) errors.notSupported(`${field}.dnsPolicy`, spec.dnsPolicy, DNS)
  if (spec.activeDeadlineSeconds !== undefined && !(spec.activeDeadlineSeconds >= 1)) {
    errors.invalid(
      `${field}.activeDeadlineSeconds`,
      spec.activeDeadlineSeconds,
      'must be between 1 and 2147483647, inclusive',
    )
  }
  checkPlacement(spec, field, errors)
}

function checkVolumes(volumes: Json[], field: string, errors: FieldErrors): Set<string> {
  const names = new Set<string>()
  volumes.forEach((volume, index) => {
    const at = `${field}[${index}].name`
    if (!volume.name) errors.required(at)
    else if (!isLabelName(volume.name)) errors.invalid(at, volume.name, LABEL_RULE)
    else if (names.has(volume.name)) errors.duplicate(at, volume.name)
    names.add(volume.name)
    if (Object.keys(volume).length > 2) {
      errors.forbidden(`${field}[${index}].${Object.keys(volume)[2]}`, 'may not specify more than 1 volume type')
    }
  })
  return names
}

function checkContainers(
  containers: Json[],
  field: string,
  names: Set<string>,
  volumes: Set<string>,
  errors: FieldErrors,
): void {
  containers.forEach((container, index) => {
    const at = `${field}[${index}]`
    if (!container.name) errors.required(`${at}.name`)
    else if (!isLabelName(container.name)) errors.invalid(`${at}.name`, container.name, LABEL_RULE)
    else if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name)
    names.add(container.name)
    if (!container.image) errors.required(`${at}.image`)
    else if (container.image !== container.image.trim()) {
      errors.invalid(`${at}.image`, container.image, 'must not have leading or trailing whitespace')
    }
    checkPorts(container.ports ?? [], `${at}.ports`, errors)
    checkEnv(container.env ?? [], `${at}.env`, errors)
    checkMounts(container.volumeMounts ?? [], `${at}.volumeMounts`, volumes, errors)
    checkResources(container.resources ?? {}, `${at}.resources`, errors)
    for (const id of ['runAsUser', 'runAsGroup']) {
      checkId(container.securityContext?.[id], `${at}.securityContext.${id}`, errors)
    }
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      checkProbe(container[probe], `${at}.${probe}`, errors)
    }
    const policies = ['Always', 'IfNotPresent', 'Never']
    if (!policies.includes(container.imagePullPolicy)) {
      errors.notSupported(`${at}.imagePullPolicy`, container.imagePullPolicy, policies)
    }
  })
}

function checkPorts(ports: Json[], field: string, errors: FieldErrors): void {
  const names = new Set<string>()
  ports.forEach((port, index) => {
    const at = `${field}[${index}]`
    if (port.name !== undefined && names.has(port.name)) errors.duplicate(`${at}.name`, port.name)
    if (port.name !== undefined) names.add(port.name)
    if (port.name !== undefined && port.name.length > 15) {
      errors.invalid(`${at}.name`, port.name, 'must be no more than 15 characters')
    }
    if (!port.containerPort) errors.required(`${at}.containerPort`)
    else checkPortNumber(port.containerPort, `${at}.containerPort`, errors)
    const protocols = ['SCTP', 'TCP', 'UDP']
    if (!protocols.includes(port.protocol)) errors.notSupported(`${at}.protocol`, port.protocol, protocols)
  })
}

export function checkPortNumber(port: unknown, field: string, errors: FieldErrors): void {
  if (typeof port === 'number' && (port < 1 || port > 65535)) {
    errors.invalid(field, port, 'must be between 1 and 65535, inclusive')
  }
}

const ENV_RULE = "a valid environment variable name must consist only of printable ASCII characters other than '='"

function checkEnv(env: Json[], field: string, errors: FieldErrors): void {
  env.forEach((entry, index) => {
    const at = `${field}[${index}]`
    if (!entry.name) errors.required(`${at}.name`)
    else if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(entry.name)) errors.invalid(`${at}.name`, entry.name, ENV_RULE)
    if (entry.value && entry.valueFrom) {
      errors.invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty')
    }
    if (entry.valueFrom && Object.keys(entry.valueFrom).length === 0) {
      errors.invalid(
        `${at}.valueFrom`,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      )
    }
  })
}

function checkMounts(mounts: Json[], field: string, volumes: Set<string>, errors: FieldErrors): void {
  const paths = new Set<string>()
  mounts.forEach((mount, index) => {
    const at = `${field}[${index}]`
    if (!mount.name) errors.required(`${at}.name`)
    else if (!volumes.has(mount.name)) errors.notFound(`${at}.name`, mount.name)
    if (!mount.mountPath) errors.required(`${at}.mountPath`)
    else if (paths.has(mount.mountPath)) errors.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique')
    paths.add(mount.mountPath)
  })
}

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage'])

function checkResources(resources: Json, field: string, errors: FieldErrors): void {
  for (const list of ['limits', 'requests']) {
    for (const [name, value] of Object.entries(resources[list] ?? {})) {
      if (compareQuantities(value as string, '0') < 0) {
        errors.invalid(`${field}.${list}[${name}]`, value, 'must be greater than or equal to 0')
      }
      if (name.includes('/') || STANDARD.has(name) || name.startsWith('hugepages-')) continue
      errors.invalid(`${field}.${list}[${name}]`, name, 'must be a standard resource type or fully qualified')
      errors.invalid(`${field}.${list}[${name}]`, name, 'must be a standard resource for containers')
    }
  }
  for (const [name, request] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[name]
    if (limit !== undefined && compareQuantities(request as string, limit) > 0) {
      errors.invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)
    }
  }
}

function checkProbe(probe: Json, field: string, errors: FieldErrors): void {
  if (!probe) return
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((handler) => probe[handler])
  if (handlers.length === 0) errors.required(field, 'must specify a handler type')
  for (const extra of handlers.slice(1))
    errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type')
  const [first = ''] = handlers
  checkPortNumber(probe[first]?.port, `${field}.${first}.port`, errors)
  for (const number of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    if (probe[number] < 0) errors.invalid(`${field}.${number}`, probe[number], 'must be greater than or equal to 0')
  }
}
