import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const lease: KindRules = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  createOnUpdate: true,
  requireVersion: true,
  defaults(draft) {
    draft.spec ??= {}
  },
  validate({ spec }, errors) {
    const positive = 'must be greater than 0'
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      errors.invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, positive)
    }
    if (spec.leaseTransitions < 0) {
      errors.invalid('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0')
    }
  },
  columns: [
    NAME_COLUMN,
    column('Holder', 'V1LeaseSpec.holderIdentity', (object) => object.spec?.holderIdentity ?? ''),
    AGE_COLUMN,
  ],
}
