// ResourceQuotas: what a namespace may hold in all. Usage is counted from what is stored, so it is never stale.
import type { KubeObject } from '../../objects/object.ts'
import { type Json } from '../plain.ts'
import { addQuantities, compareQuantities } from '../schema/quantity.ts'
import { forbidden } from '../status.ts'
import type { Admission, Plugin } from './plugin.ts'

type Amounts = Record<string, string>

export const resourceQuota: Plugin = {
  name: 'ResourceQuota',
  validate(admission) {
    const { operation, resource, object, world, subresource } = admission
    if (operation !== 'create' || subresource || !resource.namespaced || resource.id === 'resourcequotas') return
    for (const quota of world.list('ResourceQuota', { namespace: object.metadata.namespace ?? '' })) {
      const hard: Amounts = quota.spec?.hard ?? {}
      if (inScope(quota, object)) checkQuota(admission, quota.metadata.name, hard, quota)
    }
  },
}

function checkQuota(admission: Admission, name: string, hard: Amounts, quota: KubeObject): void {
  const { resource, object, world } = admission
  const unsaid = resource.id === 'pods' ? unspecified(object, Object.keys(hard)) : []
  const subject = object.metadata.name
  if (unsaid.length > 0) throw forbidden(resource, subject, `failed quota: ${name}: must specify ${unsaid.join('; ')}`)
  const asked = amountsOf(resource.id, object)
  const limited = Object.keys(hard).filter((item) => asked[item] !== undefined && asked[item] !== '0')
  if (limited.length === 0) return
  const present = world
    .list(`${resource.kind}.${resource.group}`, { namespace: object.metadata.namespace ?? '' })
    .filter((item) => inScope(quota, item))
    .map((item) => amountsOf(resource.id, item))
  const used = (item: string) => addQuantities(present.map((amounts) => amounts[item] ?? '0'))
  const over = limited
    .filter((item) => compareQuantities(addQuantities([used(item), asked[item] ?? '0']), hard[item] ?? '0') > 0)
    .sort()
  if (over.length === 0) return
  const list = (value: (item: string) => string | undefined) => over.map((item) => `${item}=${value(item)}`).join(',')
  const parts = [
    `exceeded quota: ${name}`,
    `requested: ${list((item) => asked[item])}`,
    `used: ${list(used)}`,
    `limited: ${list((item) => hard[item])}`,
  ]
  throw forbidden(resource, subject, parts.join(', '))
}

const COMPUTE = /^(requests\.|limits\.)?(cpu|memory)$/

/** "limits.memory for: app" for each computed resource that a container leaves open. */
function unspecified({ spec }: KubeObject, hard: string[]): string[] {
  return hard
    .filter((name) => COMPUTE.test(name))
    .sort()
    .flatMap((name) => {
      const field = name.startsWith('limits.') ? 'limits' : 'requests'
      const resource = name.replace(/^(requests|limits)\./, '')
      const silent = (spec.containers ?? []).filter((item: Json) => item.resources?.[field]?.[resource] === undefined)
      return silent.length > 0 ? [`${name} for: ${silent.map((item: Json) => item.name).join(',')}`] : []
    })
}

// kinds that have a resource name of their own besides count/…
const COUNTED = new Set([
  'pods',
  'configmaps',
  'secrets',
  'services',
  'persistentvolumeclaims',
  'replicationcontrollers',
])

/** What one object takes of each quota resource. */
function amountsOf(id: string, object: KubeObject): Amounts {
  const amounts: Amounts = { [`count/${id}`]: '1' }
  if (id === 'pods') {
    // a pod that has ended takes nothing
    if (['Succeeded', 'Failed'].includes(object.status?.phase)) return amounts
    Object.assign(amounts, podAmounts(object.spec))
  }
  if (COUNTED.has(id)) amounts[id] = '1'
  if (id === 'services') {
    if (object.spec?.type === 'LoadBalancer') amounts['services.loadbalancers'] = '1'
    if (object.spec?.type === 'NodePort') amounts['services.nodeports'] = String(object.spec.ports?.length ?? 0)
  }
  if (id === 'persistentvolumeclaims') {
    const storage = object.spec?.resources?.requests?.storage ?? '0'
    amounts['requests.storage'] = storage
    const name = object.spec?.storageClassName
    if (name) {
      amounts[`${name}.storageclass.storage.k8s.io/requests.storage`] = storage
      amounts[`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`] = '1'
    }
  }
  return amounts
}

function podAmounts(spec: Json): Amounts {
  const amounts: Amounts = {}
  for (const field of ['requests', 'limits']) {
    const names = new Set<string>(
      [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap((item: Json) =>
        Object.keys(item.resources?.[field] ?? {}),
      ),
    )
    for (const name of names) {
      const of = (item: Json): string => item.resources?.[field]?.[name] ?? '0'
      const running = addQuantities((spec.containers ?? []).map(of))
      // init containers run one after the other: the largest counts
      const init = (spec.initContainers ?? []).map(of).sort(compareQuantities).at(-1) ?? '0'
      const total = compareQuantities(init, running) > 0 ? init : running
      amounts[`${field}.${name}`] = total
      if (field === 'requests') amounts[name] = total
    }
  }
  return amounts
}

function inScope({ spec }: KubeObject, object: KubeObject): boolean {
  const scopes: string[] = spec?.scopes ?? []
  const expressions: Json[] = spec?.scopeSelector?.matchExpressions ?? []
  const terms = [...scopes.map((scopeName) => ({ scopeName, operator: 'Exists', values: [] })), ...expressions]
  return terms.every((term) => matchesScope(term, object))
}

function matchesScope({ scopeName, operator, values = [] }: Json, { kind, spec, status }: KubeObject): boolean {
  if (kind !== 'Pod') return false
  const bestEffort = status?.qosClass === 'BestEffort'
  switch (scopeName) {
    case 'Terminating':
      return spec?.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec?.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return bestEffort
    case 'NotBestEffort':
      return !bestEffort
    case 'PriorityClass': {
      const listed = values.includes(spec?.priorityClassName)
      if (operator === 'NotIn') return !listed
      return operator === 'In' ? listed : Boolean(spec?.priorityClassName) === (operator === 'Exists')
    }
    default:
      return true
  }
}
