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
  columns: [
    NAME_COLUMN,
    column('Created At', 'V1ObjectMeta.creationTimestamp', (object) => object.metadata.creationTimestamp ?? ''),
  ],
}
