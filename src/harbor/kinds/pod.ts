import { ageText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import { copy, type Json, same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN, plain, wide } from './columns.ts'
import type { KindRules } from './kind.ts'
import { checkPodSpec } from './pod-checks.ts'
import { allContainers, defaultPodSpec, qosClass, requestLimits } from './pod-spec.ts'
import { resize } from './resize.ts'
import { templateWarnings } from './template-warnings.ts'

const IMMUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

export const pod: KindRules = {
  apiVersion: 'v1',
  kind: 'Pod',
  status: true,
  statusTakesLabels: true,
  generation: true,
  returnDeleted: true,
  subresources: {
    attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    binding: { kind: 'Binding', verbs: ['create'] },
    ephemeralcontainers: { kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
    log: { kind: 'Pod', verbs: ['get'] },
    portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    resize: { kind: 'Pod', verbs: ['get', 'patch', 'update'] },
  },
  defaults(draft) {
    draft.spec ??= {}
    defaultPodSpec(draft.spec)
    requestLimits(draft.spec)
    draft.spec.enableServiceLinks ??= true
  },
  defaultStatus(draft, old) {
    draft.status ??= {}
    if (old?.status?.qosClass) draft.status.qosClass ??= old.status.qosClass
  },
  prepareCreate(draft) {
    draft.status = { phase: 'Pending', qosClass: qosClass(draft.spec) }
  },
  validate(object, errors) {
    checkPodSpec(object.spec, 'spec', errors)
  },
  validateUpdate(object, old, errors) {
    if (!same(comparable(object), comparable(old, object))) errors.forbidden('spec', IMMUTABLE)
  },
  parts: { resize },
  warnings(object) {
    return templateWarnings(object.metadata, object.spec, '')
  },
  gracePeriod(object, asked) {
    const { phase } = object.status ?? {}
    // without a node, or after the end, there is nobody who would have to stop it
    if (!object.spec.nodeName || phase === 'Failed' || phase === 'Succeeded') return 0
    return asked ?? object.spec.terminationGracePeriodSeconds ?? 30
  },
  fieldWording: 'label',
  fields: {
    'spec.nodeName': (object) => object.spec.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    'status.podIP': (object) => object.status?.podIP ?? '',
    'status.podIPs': (object) => object.status?.podIP ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
  columns: [
    NAME_COLUMN,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.', readyText),
    column('Status', 'The aggregate status of the containers in this pod.', statusText),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
      restartsText,
    ),
    AGE_COLUMN,
    wide(column('IP', 'V1PodStatus.podIP', (object) => plain(object.status?.podIP))),
    wide(column('Node', 'V1PodSpec.nodeName', (object) => plain(object.spec?.nodeName))),
    wide(
      column('Nominated Node', 'V1PodStatus.nominatedNodeName', (object) => plain(object.status?.nominatedNodeName)),
    ),
    wide(column('Readiness Gates', 'V1PodSpec.readinessGates', gatesText)),
  ],
}

// the spec without what may change
function comparable(object: KubeObject, other?: KubeObject): Json {
  const spec = copy(object.spec)
  for (const container of allContainers(spec)) delete container.image
  delete spec.activeDeadlineSeconds
  delete spec.terminationGracePeriodSeconds
  delete spec.schedulingGates
  delete spec.nodeSelector
  delete spec.affinity
  // tolerations may grow
  const count = spec.tolerations?.length ?? 0
  if (other && (other.spec.tolerations?.length ?? 0) >= count) {
    const kept = (other.spec.tolerations ?? []).slice(0, count)
    if (same(kept, spec.tolerations ?? [])) spec.tolerations = other.spec.tolerations
  }
  return spec
}

function readyText(object: KubeObject): string {
  const statuses: Json[] = object.status?.containerStatuses ?? []
  const sidecars = sidecarNames(object)
  const inits: Json[] = (object.status?.initContainerStatuses ?? []).filter((status: Json) => sidecars.has(status.name))
  const ready = [...statuses, ...inits].filter((status) => status.ready && status.state?.running).length
  return `${ready}/${(object.spec?.containers?.length ?? 0) + sidecars.size}`
}

function sidecarNames(object: KubeObject): Set<string> {
  const inits: Json[] = object.spec?.initContainers ?? []
  return new Set(inits.filter((container) => container.restartPolicy === 'Always').map((container) => container.name))
}

/** The STATUS column of kubectl: the phase, or what is wrong with its containers. */
function statusText(object: KubeObject): string {
  const status = object.status ?? {}
  let text: string = status.reason || status.phase || 'Unknown'
  const scheduled: Json = (status.conditions ?? []).find((condition: Json) => condition.type === 'PodScheduled')
  if (scheduled?.reason === 'SchedulingGated') text = 'SchedulingGated'
  const init = initText(object)
  if (init) text = init
  if (!init || /^Init:$/.test(init)) text = containersText(object, text)
  if (!object.metadata.deletionTimestamp) return text
  if (status.reason === 'NodeLost') return 'Unknown'
  return status.phase === 'Failed' || status.phase === 'Succeeded' ? text : 'Terminating'
}

function initText(object: KubeObject): string | undefined {
  const sidecars = sidecarNames(object)
  const statuses: Json[] = object.status?.initContainerStatuses ?? []
  const total = object.spec?.initContainers?.length ?? 0
  for (const [index, status] of statuses.entries()) {
    const { terminated, waiting } = status.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecars.has(status.name) && status.started) continue
    if (terminated) return `Init:${endText(terminated)}`
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`
    return `Init:${index}/${total}`
  }
  return undefined
}

function endText(terminated: Json): string {
  if (terminated.reason) return terminated.reason
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`
}

function containersText(object: KubeObject, fallback: string): string {
  let text = fallback
  let running = false
  const statuses: Json[] = object.status?.containerStatuses ?? []
  for (const status of [...statuses].reverse()) {
    const { waiting, terminated } = status.state ?? {}
    if (waiting?.reason) text = waiting.reason
    else if (terminated) text = endText(terminated)
    else if (status.ready && status.state?.running) running = true
  }
  if (text !== 'Completed' || !running) return text
  const ready = (object.status?.conditions ?? []).some((item: Json) => item.type === 'Ready' && item.status === 'True')
  return ready ? 'Running' : 'NotReady'
}

function restartsText(object: KubeObject, now: number): string {
  const statuses: Json[] = object.status?.containerStatuses ?? []
  const restarts = statuses.reduce((sum, status) => sum + (status.restartCount ?? 0), 0)
  const times = statuses.flatMap((status) => status.lastState?.terminated?.finishedAt ?? [])
  const last = times.reduce((latest, time) => (time > latest ? time : latest), '')
  return restarts > 0 && last ? `${restarts} (${ageText(last, now)} ago)` : String(restarts)
}

function gatesText(object: KubeObject): string {
  const gates: Json[] = object.spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter((gate) =>
    (object.status?.conditions ?? []).some(
      (condition: Json) => condition.type === gate.conditionType && condition.status === 'True',
    ),
  )
  return `${met.length}/${gates.length}`
}
