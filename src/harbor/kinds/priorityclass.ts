import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const priorityClass: KindRules = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  generation: true,
  defaults(draft) {
    draft.value ??= 0
    draft.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  validateUpdate(object, old, errors) {
    if (object.value !== old.value) errors.forbidden('value', 'may not be changed in an update.')
  },
  columns: [
    NAME_COLUMN,
    column('Value', 'V1PriorityClass.value', (object) => object.value ?? 0),
    column('Global-Default', 'V1PriorityClass.globalDefault', (object) => object.globalDefault ?? false),
    AGE_COLUMN,
    column('PreemptionPolicy', 'V1PriorityClass.preemptionPolicy', (object) => object.preemptionPolicy ?? ''),
  ],
}
