import type { FieldErrors } from '../invalid.ts'
import { qualifiedFaults } from '../names.ts'
import type { Json } from '../plain.ts'
import { compareQuantities } from '../schema/quantity.ts'
import { column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const limitRange: KindRules = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  defaults(draft) {
    draft.spec ??= {}
    for (const limit of draft.spec.limits ?? []) {
      if (limit.type !== 'Container') continue
      // a maximum is the default limit, a default limit the default request, a minimum as well
      if (limit.max) limit.default = { ...limit.max, ...limit.default }
      if (limit.default) limit.defaultRequest = { ...limit.default, ...limit.defaultRequest }
      if (limit.min) limit.defaultRequest = { ...limit.min, ...limit.defaultRequest }
    }
  },
  validate({ spec }, errors) {
    for (const [index, limit] of (spec.limits ?? []).entries()) checkLimit(limit, `spec.limits[${index}]`, errors)
  },
  columns: [
    NAME_COLUMN,
    column('Created At', 'V1ObjectMeta.creationTimestamp', (object) => object.metadata.creationTimestamp ?? ''),
  ],
}

const TYPES = ['Container', 'PersistentVolumeClaim', 'Pod']

function checkLimit(limit: Json, field: string, errors: FieldErrors): void {
  const faults = qualifiedFaults(limit.type ?? '')
  for (const fault of faults) errors.invalid(`${field}.type`, limit.type ?? '', fault)
  if (faults.length === 0 && !TYPES.includes(limit.type) && !limit.type.includes('/')) {
    errors.invalid(`${field}.type`, limit.type, 'must be a standard limit type or fully qualified')
  }
  if (limit.type === 'Pod') {
    for (const part of ['default', 'defaultRequest'].filter((key) => limit[key])) {
      errors.forbidden(`${field}.${part}`, "may not be specified when `type` is 'Pod'")
    }
    return
  }
  for (const [name, min] of Object.entries<string>(limit.min ?? {})) {
    for (const [part, words] of [
      ['max', 'max'],
      ['defaultRequest', 'default request'],
      ['default', 'default'],
    ] as const) {
      const value: string | undefined = limit[part]?.[name]
      if (value === undefined || compareQuantities(min, value) <= 0) continue
      const [at, shown] = part === 'max' ? ['min', min] : [part, value]
      errors.invalid(`${field}.${at}[${name}]`, shown, `min value ${min} is greater than ${words} value ${value}`)
    }
  }
}
