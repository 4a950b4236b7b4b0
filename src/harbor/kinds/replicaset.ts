import { AGE_COLUMN, count, NAME_COLUMN, selectorColumn, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { checkReplicas, checkSelectorAndTemplate, checkUnchanged, template } from './workload.ts'

const SELECTOR =
  "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"

export const replicaSet: KindRules = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  status: true,
  generation: true,
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  defaults(draft) {
    draft.spec ??= {}
    draft.spec.replicas ??= 1
    draft.spec.template ??= {}
    defaultPodTemplate(draft.spec.template)
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0 }
  },
  validate(object, errors) {
    checkReplicas(object.spec.replicas, 'spec.replicas', errors)
    checkSelectorAndTemplate(object, errors)
  },
  validateUpdate(object, old, errors) {
    checkUnchanged('spec.selector', object.spec.selector, old.spec.selector, errors)
  },
  fields: { 'status.replicas': (object) => String(object.status?.replicas ?? 0) },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    count('Desired', 'V1ReplicaSetSpec.replicas', (object) => object.spec?.replicas),
    count('Current', 'V1ReplicaSetStatus.replicas', (object) => object.status?.replicas),
    count('Ready', 'V1ReplicaSetStatus.readyReplicas', (object) => object.status?.readyReplicas),
    AGE_COLUMN,
    ...templateColumns(template),
    selectorColumn(SELECTOR),
  ],
}
