import type { KubeObject } from '../../objects/object.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const REQUEST = 'Request represents a minimum amount of cpu/memory that a container may consume.'
const LIMIT =
  'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.'

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
