// Nodes, namespaces, quotas, storage.

import { ageText } from '../../../objects/age.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../../objects/quantity.ts'
import type { ReadContext } from '../command.ts'
import { cell } from '../print.ts'
import type { Describer } from './describer.ts'
import { isMap, listOf, mapLines, mapText, optional, section } from './lines.ts'

export const node: Describer = async (object, context) => {
  const { spec, status, metadata } = object
  const pods = await podsOn(context, metadata.name)
  const roles = Object.keys(metadata.labels ?? {}).flatMap((label) =>
    label.startsWith('node-role.kubernetes.io/') ? [label.slice(24)] : [],
  )
  const info = status?.nodeInfo ?? {}
  return {
    facts: [
      ['Roles', roles.join(', ') || '<none>'],
      [
        'Taints',
        listOf(spec?.taints).map(
          (taint) => `${cell(taint.key)}${taint.value ? `=${cell(taint.value)}` : ''}:${cell(taint.effect)}`,
        ),
      ],
      ['Unschedulable', spec?.unschedulable === true ? 'true' : 'false'],
      ['Addresses', listOf(status?.addresses).map((address) => `${cell(address.type)} ${cell(address.address)}`)],
      ['Capacity', mapText(status?.capacity)],
      ['Allocatable', mapText(status?.allocatable)],
      [
        'System',
        [info.osImage, info.kernelVersion, info.containerRuntimeVersion, info.kubeletVersion, info.architecture]
          .filter(Boolean)
          .map(cell)
          .join(', '),
      ],
      ['Pod CIDR', optional(spec?.podCIDR)],
    ],
    sections: pods instanceof Error ? [[`Pods: ${pods.message}`]] : podSections(pods, status?.allocatable, context.now),
  }
}

async function podsOn({ reader, signal }: ReadContext, name: string): Promise<KubeObject[] | Error> {
  const kind = (await reader.kinds()).byKind('Pod')
  if (!kind) return []
  const fieldSelector = `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`
  return reader.list(kind, { fieldSelector, limit: 1000, signal }).then(
    ({ items }) => items,
    (error: unknown) => error as Error,
  )
}

function podSections(pods: KubeObject[], allocatable: Record<string, string> | undefined, now: Date): string[][] {
  const sums = { cpuRequests: 0, cpuLimits: 0, memoryRequests: 0, memoryLimits: 0 }
  const rows = pods.map((pod) => {
    const own = podResources(pod)
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += own[key]
    return [
      pod.metadata.namespace ?? '',
      pod.metadata.name,
      formatCpu(own.cpuRequests),
      formatCpu(own.cpuLimits),
      formatBytes(own.memoryRequests),
      formatBytes(own.memoryLimits),
      ageText(pod.metadata.creationTimestamp, now),
    ]
  })
  const share = (used: number, all: string | undefined) => {
    const total = parseQuantity(all)
    return total ? ` (${Math.floor((used / total) * 100)}%)` : ''
  }
  return [
    section(
      `Pods (${pods.length})`,
      rows.length > 0
        ? [['Namespace', 'Name', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'], ...rows]
        : [],
    ),
    section('Allocated', [
      ['Resource', 'Requests', 'Limits'],
      [
        'cpu',
        `${formatCpu(sums.cpuRequests)}${share(sums.cpuRequests, allocatable?.cpu)}`,
        `${formatCpu(sums.cpuLimits)}${share(sums.cpuLimits, allocatable?.cpu)}`,
      ],
      [
        'memory',
        `${formatBytes(sums.memoryRequests)}${share(sums.memoryRequests, allocatable?.memory)}`,
        `${formatBytes(sums.memoryLimits)}${share(sums.memoryLimits, allocatable?.memory)}`,
      ],
    ]),
  ]
}

function podResources(pod: KubeObject) {
  const sums = { cpuRequests: 0, cpuLimits: 0, memoryRequests: 0, memoryLimits: 0 }
  for (const { resources } of listOf(pod.spec?.containers)) {
    sums.cpuRequests += parseQuantity(resources?.requests?.cpu) ?? 0
    sums.cpuLimits += parseQuantity(resources?.limits?.cpu) ?? 0
    sums.memoryRequests += parseQuantity(resources?.requests?.memory) ?? 0
    sums.memoryLimits += parseQuantity(resources?.limits?.memory) ?? 0
  }
  return sums
}

export const namespace: Describer = async ({ metadata, spec, status }, context) => {
  const scoped = { ...context, namespace: metadata.name }
  const [quotas, limits] = await Promise.all([listKind(scoped, 'ResourceQuota'), listKind(scoped, 'LimitRange')])
  return {
    facts: [
      ['Status', cell(status?.phase)],
      ['Finalizers', [...listOf(spec?.finalizers), ...listOf(metadata.finalizers)].map(cell).join(', ')],
    ],
    sections: [
      ...quotas.map((quota) => quotaSection(`Quota ${quota.metadata.name}`, quota)),
      ...limits.map((range) => limitSection(`Limits ${range.metadata.name}`, range)),
    ],
  }
}

async function listKind({ reader, namespace: name, signal }: ReadContext, kindName: string): Promise<KubeObject[]> {
  const kind = (await reader.kinds()).byKind(kindName)
  if (!kind) return []
  return reader.list(kind, { namespace: name, limit: 50, signal }).then(
    ({ items }) => items,
    () => [],
  )
}

function quotaSection(heading: string, { spec, status }: KubeObject): string[] {
  const hard: unknown = status?.hard ?? spec?.hard
  if (!isMap(hard)) return []
  const rows = Object.entries(hard).map(([resource, most]) => [
    resource,
    cell(status?.used?.[resource] ?? '0'),
    cell(most),
  ])
  return section(heading, [['Resource', 'Used', 'Hard'], ...rows])
}

function limitSection(heading: string, { spec }: KubeObject): string[] {
  const rows = listOf(spec?.limits).flatMap((limit) => {
    const resources = new Set(
      ['max', 'min', 'default', 'defaultRequest'].flatMap((field) =>
        Object.keys((limit[field] as object | undefined) ?? {}),
      ),
    )
    const value = (field: string, resource: string) =>
      limit[field]?.[resource] === undefined ? '-' : cell(limit[field][resource])
    return [...resources].map((resource) => [
      cell(limit.type),
      resource,
      value('min', resource),
      value('max', resource),
      value('defaultRequest', resource),
      value('default', resource),
    ])
  })
  return section(
    heading,
    rows.length > 0 ? [['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit'], ...rows] : [],
  )
}

export const resourceQuota: Describer = (object) => ({ facts: [], sections: [quotaSection('Used', object)] })
export const limitRange: Describer = (object) => ({ facts: [], sections: [limitSection('Limits', object)] })

export const persistentVolumeClaim: Describer = async ({ metadata, spec, status }, context) => {
  const pods = await listKind({ ...context, namespace: metadata.namespace }, 'Pod')
  const users = pods.filter((pod) =>
    listOf(pod.spec?.volumes).some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name),
  )
  return {
    facts: [
      ['Status', cell(status?.phase)],
      ['Storage Class', spec?.storageClassName === undefined ? '<default>' : cell(spec.storageClassName)],
      ['Volume', optional(spec?.volumeName) ?? '<none>'],
      ['Capacity', optional(status?.capacity?.storage)],
      ['Requested', optional(spec?.resources?.requests?.storage)],
      ['Access Modes', listOf(spec?.accessModes).map(cell).join(', ')],
      ['Volume Mode', optional(spec?.volumeMode)],
      ['Used By', users.map((pod) => pod.metadata.name).join(', ') || '<none>'],
    ],
  }
}

export const persistentVolume: Describer = ({ spec, status }) => {
  const source = Object.keys((spec as object | undefined) ?? {}).find((key) => !KNOWN_VOLUME_FIELDS.has(key))
  return {
    facts: [
      ['Status', cell(status?.phase)],
      ['Reason', optional(status?.reason)],
      ['Claim', spec?.claimRef ? `${cell(spec.claimRef.namespace)}/${cell(spec.claimRef.name)}` : '<none>'],
      ['Storage Class', optional(spec?.storageClassName)],
      ['Capacity', optional(spec?.capacity?.storage)],
      ['Access Modes', listOf(spec?.accessModes).map(cell).join(', ')],
      ['Reclaim Policy', optional(spec?.persistentVolumeReclaimPolicy)],
      ['Node Affinity', spec?.nodeAffinity ? cell(spec.nodeAffinity) : undefined],
      ['Source', source ? `${source} ${cell(spec?.[source])}` : undefined],
    ],
  }
}
const KNOWN_VOLUME_FIELDS = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeMode',
  'volumeAttributesClassName',
])

export const storageClass: Describer = (object) => ({
  facts: [
    ['Default', object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? 'yes' : 'no'],
    ['Provisioner', optional(object.provisioner)],
    ['Parameters', mapLines(object.parameters)],
    ['Reclaim Policy', optional(object.reclaimPolicy)],
    ['Binding Mode', optional(object.volumeBindingMode)],
    ['Expansion', optional(object.allowVolumeExpansion)],
  ],
})
