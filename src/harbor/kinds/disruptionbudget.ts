import { AGE_COLUMN, column, count, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'
import { checkSelector } from './workload.ts'

export const podDisruptionBudget: KindRules = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  status: true,
  generation: true,
  defaults(draft) {
    draft.spec ??= {}
  },
  defaultStatus(draft) {
    draft.status ??= {}
    for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']) {
      draft.status[field] ??= 0
    }
  },
  prepareCreate(draft) {
    draft.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  },
  validate({ spec }, errors) {
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      const shown = {
        MinAvailable: spec.minAvailable,
        Selector: spec.selector ?? null,
        MaxUnavailable: spec.maxUnavailable,
        UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
      }
      errors.invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set')
    }
    for (const field of ['minAvailable', 'maxUnavailable']) {
      const value = spec[field]
      if (typeof value === 'number' && value < 0) {
        errors.invalid(`spec.${field}`, value, 'must be greater than or equal to 0')
      }
      if (typeof value === 'string' && !/^\d+%$/.test(value)) {
        errors.invalid(
          `spec.${field}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        )
      } else if (typeof value === 'string' && Number.parseInt(value, 10) > 100) {
        errors.invalid(`spec.${field}`, value, 'must not be greater than 100%')
      }
    }
    if (spec.selector) checkSelector(spec.selector, 'spec.selector', errors)
  },
  columns: [
    NAME_COLUMN,
    column('Min Available', 'The minimum number of pods that must be available.', (object) => {
      return object.spec?.minAvailable === undefined ? 'N/A' : String(object.spec.minAvailable)
    }),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.', (object) => {
      return object.spec?.maxUnavailable === undefined ? 'N/A' : String(object.spec.maxUnavailable)
    }),
    count(
      'Allowed Disruptions',
      'Calculated number of pods that may be disrupted at this time.',
      (object) => object.status?.disruptionsAllowed,
    ),
    AGE_COLUMN,
  ],
}
