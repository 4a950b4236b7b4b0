import type { KubeObject } from '../../objects/object.ts'
import { AGE_COLUMN, column, NAME_COLUMN, selectorColumn, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { templateWarnings } from './template-warnings.ts'
import { checkNotNegative, checkReplicas, checkSelectorAndTemplate, checkUnchanged, template } from './workload.ts'

const SELECTOR =
  "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels."

export const deployment: KindRules = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  status: true,
  generation: true,
  generationOfAnnotations: true,
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.replicas ??= 1
    spec.strategy ??= {}
    spec.strategy.type ??= 'RollingUpdate'
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {}
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
      spec.strategy.rollingUpdate.maxSurge ??= '25%'
    }
    spec.revisionHistoryLimit ??= 10
    spec.progressDeadlineSeconds ??= 600
    spec.template ??= {}
    defaultPodTemplate(spec.template)
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = {}
  },
  validate(object, errors) {
    const { spec } = object
    checkReplicas(spec.replicas, 'spec.replicas', errors)
    checkSelectorAndTemplate(object, errors)
    checkStrategy(object, errors)
    checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors)
    checkNotNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors)
    checkNotNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds', errors)
    if (spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
      const why = 'must be greater than minReadySeconds'
      errors.invalid('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, why)
    }
  },
  validateUpdate(object, old, errors) {
    checkUnchanged('spec.selector', object.spec.selector, old.spec.selector, errors)
  },
  warnings(object) {
    return templateWarnings(object.spec.template?.metadata, object.spec.template?.spec, 'spec.template')
  },
  columns: [
    NAME_COLUMN,
    column('Ready', 'Number of the pod with ready state', (object) => {
      return `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`
    }),
    column('Up-to-date', 'V1DeploymentStatus.updatedReplicas', (object) => object.status?.updatedReplicas ?? 0),
    column('Available', 'V1DeploymentStatus.availableReplicas', (object) => object.status?.availableReplicas ?? 0),
    AGE_COLUMN,
    ...templateColumns(template),
    selectorColumn(SELECTOR),
  ],
}

function checkStrategy({ spec }: KubeObject, errors: Parameters<NonNullable<KindRules['validate']>>[1]): void {
  const { type, rollingUpdate } = spec.strategy
  const at = 'spec.strategy'
  if (type === 'Recreate') {
    if (rollingUpdate) {
      errors.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")
    }
    return
  }
  if (type !== 'RollingUpdate') {
    errors.notSupported(at, { Type: type, RollingUpdate: rollingUpdate ?? null }, ['Recreate', 'RollingUpdate'])
    return
  }
  for (const field of ['maxUnavailable', 'maxSurge']) {
    const value = rollingUpdate[field]
    if (typeof value === 'string' && !/^\d+%$/.test(value)) {
      errors.invalid(
        `${at}.rollingUpdate.${field}`,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      )
    }
    checkNotNegative(value, `${at}.rollingUpdate.${field}`, errors)
  }
  const zero = (value: unknown) => value === 0 || value === '0%'
  if (zero(rollingUpdate.maxUnavailable) && zero(rollingUpdate.maxSurge)) {
    errors.invalid(
      `${at}.rollingUpdate.maxUnavailable`,
      rollingUpdate.maxUnavailable,
      'may not be 0 when `maxSurge` is 0',
    )
  }
}
