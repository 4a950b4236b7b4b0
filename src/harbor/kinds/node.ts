import type { KubeObject } from '../../objects/object.ts'
import { type Json } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN, plain, wide } from './columns.ts'
import type { KindRules } from './kind.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
const EMPTY_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
}

export const node: KindRules = {
  apiVersion: 'v1',
  kind: 'Node',
  status: true,
  statusTakesLabels: true,
  subresources: { proxy: { kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] } },
  defaults(draft) {
    draft.spec ??= {}
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } }
    draft.status.nodeInfo ??= { ...EMPTY_INFO }
    if (draft.status.capacity) draft.status.allocatable ??= { ...draft.status.capacity }
  },
  prepareCreate(draft) {
    draft.status = { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: { ...EMPTY_INFO } }
    const taints: Json[] = draft.spec.taints ?? []
    if (!taints.some((taint) => taint.key === NOT_READY.key)) draft.spec.taints = [...taints, { ...NOT_READY }]
  },
  validate(object, errors) {
    const seen = new Set<string>()
    for (const [index, taint] of (object.spec.taints ?? []).entries()) {
      const at = `metadata.taints[${index}]`
      if (!taint.key) errors.required(`${at}.key`)
      if (!EFFECTS.includes(taint.effect)) {
        // the API server checks taints twice on the way
        for (let round = 0; round < 2; round++) errors.notSupported(`${at}.effect`, taint.effect ?? '', EFFECTS)
      }
      const key = `${taint.key}:${taint.effect}`
      if (seen.has(key)) {
        const shown = {
          Key: taint.key,
          Value: taint.value ?? '',
          Effect: taint.effect,
          TimeAdded: taint.timeAdded ?? null,
        }
        for (let round = 0; round < 2; round++)
          errors.duplicate(at, shown, 'taints must be unique by key and effect pair')
      }
      seen.add(key)
    }
  },
  fields: { 'spec.unschedulable': (object) => String(object.spec?.unschedulable ?? false) },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    column('Status', 'The status of the node', statusText),
    column('Roles', 'The roles of the node', rolesText),
    AGE_COLUMN,
    column('Version', 'V1NodeSystemInfo.kubeletVersion', (object) => object.status?.nodeInfo?.kubeletVersion ?? ''),
    wide(column('Internal-IP', 'V1NodeStatus.addresses', (object) => addressOf(object, 'InternalIP'))),
    wide(column('External-IP', 'V1NodeStatus.addresses', (object) => addressOf(object, 'ExternalIP'))),
    wide(column('OS-Image', 'V1NodeSystemInfo.osImage', (object) => unknown(object.status?.nodeInfo?.osImage))),
    wide(column('Kernel-Version', 'V1NodeSystemInfo.kernelVersion', kernelText)),
    wide(
      column('Container-Runtime', 'V1NodeSystemInfo.containerRuntimeVersion', (object) => {
        return unknown(object.status?.nodeInfo?.containerRuntimeVersion)
      }),
    ),
  ],
}

function unknown(text: string | undefined): string {
  return text || '<unknown>'
}

function kernelText({ status }: KubeObject): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {}
  return kernelVersion && architecture ? `${kernelVersion} (${architecture})` : unknown(kernelVersion)
}

function statusText({ spec, status }: KubeObject): string {
  const ready: Json = (status?.conditions ?? []).find((condition: Json) => condition.type === 'Ready')
  const text = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text
}

const ROLE = 'node-role.kubernetes.io/'

function rolesText({ metadata }: KubeObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE) && key.length > ROLE.length) return [key.slice(ROLE.length)]
    return key === 'kubernetes.io/role' && value ? [value] : []
  })
  return roles.sort().join(',') || '<none>'
}

function addressOf({ status }: KubeObject, type: string) {
  return plain((status?.addresses ?? []).find((address: Json) => address.type === type)?.address)
}
