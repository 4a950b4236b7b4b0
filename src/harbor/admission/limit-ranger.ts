// LimitRanges: defaults for containers that say nothing, and bounds for those that do.
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import { type Json } from '../plain.ts'
import { addQuantities, compareQuantities } from '../schema/quantity.ts'
import { forbidden } from '../status.ts'
import type { Admission, Plugin } from './plugin.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

export const limitRanger: Plugin = {
  name: 'LimitRanger',
  mutate(admission) {
    if (!concerns(admission)) return
    const { object, world } = admission
    for (const range of world.list('LimitRange', { namespace: object.metadata.namespace ?? '' })) {
      for (const limit of range.spec?.limits ?? []) if (limit.type === 'Container') fillIn(object, limit)
    }
  },
  validate(admission) {
    if (!concerns(admission)) return
    const { object, world, resource } = admission
    const faults: string[] = []
    for (const range of world.list('LimitRange', { namespace: object.metadata.namespace ?? '' })) {
      for (const limit of range.spec?.limits ?? []) faults.push(...check(object, limit))
    }
    if (faults.length === 0) return
    throw forbidden(resource, object.metadata.name, faults.length === 1 ? String(faults[0]) : `[${faults.join(', ')}]`)
  },
}

function concerns({ operation, resource, subresource }: Admission): boolean {
  return operation === 'create' && resource.id === 'pods' && !subresource
}

function fillIn(pod: KubeObject, limit: Json): void {
  const notes: string[] = []
  for (const list of ['initContainers', 'containers']) {
    for (const container of pod.spec[list] ?? []) {
      const kind = list === 'containers' ? 'container' : 'init container'
      const requests = fill(container, 'requests', limit.defaultRequest)
      const limits = fill(container, 'limits', limit.default)
      if (requests.length > 0) notes.push(`${requests.join(', ')} request for ${kind} ${container.name}`)
      if (limits.length > 0) notes.push(`${limits.join(', ')} limit for ${kind} ${container.name}`)
    }
  }
  if (notes.length === 0) return
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
}

function fill(container: Json, field: 'requests' | 'limits', values: Json): string[] {
  const given = container.resources?.[field] ?? {}
  const missing = Object.keys(values ?? {}).filter((name) => given[name] === undefined)
  if (missing.length === 0) return []
  container.resources = { ...container.resources, [field]: { ...given } }
  for (const name of missing) container.resources[field][name] = values[name]
  return missing.sort()
}

function check(pod: KubeObject, limit: Json): string[] {
  if (limit.type === 'Container') {
    const containers: Json[] = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]
    return containers.flatMap((container) => checkAmounts(container.resources ?? {}, limit))
  }
  return limit.type === 'Pod' ? checkAmounts(podTotals(pod), limit) : []
}

function podTotals(pod: KubeObject): Json {
  const totals: Json = { requests: {}, limits: {} }
  for (const field of ['requests', 'limits']) {
    const names = new Set<string>(
      pod.spec.containers.flatMap((item: Json) => Object.keys(item.resources?.[field] ?? {})),
    )
    for (const name of names) {
      totals[field][name] = addQuantities(
        pod.spec.containers.map((item: Json) => item.resources?.[field]?.[name] ?? '0'),
      )
    }
  }
  return totals
}

function checkAmounts({ requests = {}, limits = {} }: Json, limit: Json): string[] {
  const faults: string[] = []
  for (const [name, min] of Object.entries<string>(limit.min ?? {})) {
    const request = requests[name]
    if (request === undefined)
      faults.push(`minimum ${name} usage per ${limit.type} is ${min}.  No request is specified`)
    else if (compareQuantities(request, min) < 0) {
      faults.push(`minimum ${name} usage per ${limit.type} is ${min}, but request is ${request}`)
    }
  }
  for (const [name, max] of Object.entries<string>(limit.max ?? {})) {
    const most = limits[name]
    if (most === undefined) faults.push(`maximum ${name} usage per ${limit.type} is ${max}.  No limit is specified`)
    else if (compareQuantities(most, max) > 0) {
      faults.push(`maximum ${name} usage per ${limit.type} is ${max}, but limit is ${most}`)
    }
  }
  for (const [name, most] of Object.entries<string>(limit.maxLimitRequestRatio ?? {})) {
    const request = parseQuantity(requests[name])
    const allowed = parseQuantity(limits[name])
    if (!request || !allowed) continue
    const ratio = allowed / request
    if (ratio <= (parseQuantity(most) ?? 0)) continue
    faults.push(
      `${name} max limit to request ratio per ${limit.type} is ${most}, but provided ratio is ${ratio.toFixed(6)}`,
    )
  }
  return faults
}
