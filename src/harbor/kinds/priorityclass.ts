import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const POLICIES = ['PreemptLowerPriority', 'Never']
// what lies above belongs to the system
const MAX_VALUE = 1_000_000_000

export const priorityClass: KindRules = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  generation: true,
  defaults(draft) {
    draft.value ??= 0
    draft.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  validate({ metadata, value, preemptionPolicy }, errors) {
    if (!POLICIES.includes(preemptionPolicy)) errors.notSupported('preemptionPolicy', preemptionPolicy, POLICIES)
    if (value > MAX_VALUE && !metadata.name.startsWith('system-')) {
      errors.forbidden('value', `maximum allowed value of a user defined priority is ${MAX_VALUE}`)
    }
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
