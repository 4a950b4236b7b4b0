import type { KubeObject } from '../../objects/object.ts'
import { qualifiedFaults } from '../names.ts'
import { compareQuantities } from '../schema/quantity.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const REQUEST = 'Request represents a minimum amount of cpu/memory that a container may consume.'
const LIMIT =
  'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.'

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
]

export const resourceQuota: KindRules = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  status: true,
  returnDeleted: true,
  defaults(draft) {
    draft.spec ??= {}
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = {}
  },
  validate({ spec }, errors) {
    for (const [name, value] of Object.entries<string>(spec.hard ?? {})) {
      const at = `spec.hard[${name}]`
      for (const fault of qualifiedFaults(name)) errors.invalid(at, name, fault)
      if (compareQuantities(value, '0') < 0) errors.invalid(at, value, 'must be greater than or equal to 0')
    }
    const unknown = (spec.scopes ?? []).some((scope: string) => !SCOPES.includes(scope))
    if (unknown) errors.invalid('spec.scopes', spec.scopes, 'unsupported scope')
  },
  columns: [
    NAME_COLUMN,
    column('Request', REQUEST, (object) => usageText(object, (name) => !name.startsWith('limits.'))),
    column('Limit', LIMIT, (object) => usageText(object, (name) => name.startsWith('limits.'))),
    AGE_COLUMN,
  ],
}

function usageText({ status }: KubeObject, chosen: (name: string) => boolean): string {
  const names = Object.keys(status?.hard ?? {}).filter(chosen)
  return names
    .sort()
    .map((name) => `${name}: ${status.used?.[name] ?? 0}/${status.hard[name]}`)
    .join(', ')
}
