import { AGE_COLUMN, column, count, mapText, NAME_COLUMN, selectorColumn, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { checkSelectorAndTemplate, checkUnchanged, template } from './workload.ts'

const SELECTOR =
  "A label query over pods that are managed by the daemon set. Must match in order to be controlled. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"

export const daemonSet: KindRules = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  status: true,
  generation: true,
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.updateStrategy ??= {}
    spec.updateStrategy.type ??= 'RollingUpdate'
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {}
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0
    }
    spec.revisionHistoryLimit ??= 10
    spec.template ??= {}
    defaultPodTemplate(spec.template)
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
    draft.metadata.annotations = { ...draft.metadata.annotations, 'deprecated.daemonset.template.generation': '1' }
  },
  validate(object, errors) {
    checkSelectorAndTemplate(object, errors)
    const { type, rollingUpdate } = object.spec.updateStrategy
    const at = 'spec.updateStrategy'
    if (type !== 'RollingUpdate' && type !== 'OnDelete') {
      errors.notSupported(at, { Type: type, RollingUpdate: rollingUpdate ?? null }, ['RollingUpdate', 'OnDelete'])
    }
    const isZero = (value: unknown) => value === 0 || value === '0%'
    if (type === 'RollingUpdate' && isZero(rollingUpdate.maxUnavailable) && isZero(rollingUpdate.maxSurge)) {
      errors.required(`${at}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
    }
  },
  validateUpdate(object, old, errors) {
    checkUnchanged('spec.selector', object.spec.selector, old.spec.selector, errors)
  },
  columns: [
    NAME_COLUMN,
    count('Desired', 'V1DaemonSetStatus.desiredNumberScheduled', (object) => object.status?.desiredNumberScheduled),
    count('Current', 'V1DaemonSetStatus.currentNumberScheduled', (object) => object.status?.currentNumberScheduled),
    count('Ready', 'V1DaemonSetStatus.numberReady', (object) => object.status?.numberReady),
    count('Up-to-date', 'V1DaemonSetStatus.updatedNumberScheduled', (object) => object.status?.updatedNumberScheduled),
    count('Available', 'V1DaemonSetStatus.numberAvailable', (object) => object.status?.numberAvailable),
    column('Node Selector', 'V1PodSpec.nodeSelector', (object) => mapText(object.spec?.template?.spec?.nodeSelector)),
    AGE_COLUMN,
    ...templateColumns(template),
    selectorColumn(SELECTOR),
  ],
}
