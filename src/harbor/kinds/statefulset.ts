import type { KubeObject } from '../../objects/object.ts'
import { copy, type Json, same } from '../plain.ts'
import { defaultClaimSpec } from './claim.ts'
import { AGE_COLUMN, column, NAME_COLUMN, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { checkReplicas, checkSelectorAndTemplate, template } from './workload.ts'

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

// a mount may name one of the claims that the set makes for each pod
function withClaims(object: KubeObject): KubeObject {
  const claims: Json[] = object.spec.volumeClaimTemplates ?? []
  const { template: own } = object.spec
  if (claims.length === 0 || !own?.spec) return object
  const volumes = [
    ...(own.spec.volumes ?? []),
    ...claims.map(({ metadata }) => ({ name: metadata?.name, emptyDir: {} })),
  ]
  return { ...object, spec: { ...object.spec, template: { ...own, spec: { ...own.spec, volumes } } } }
}

export const statefulSet: KindRules = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  status: true,
  generation: true,
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.replicas ??= 1
    spec.podManagementPolicy ??= 'OrderedReady'
    spec.updateStrategy ??= {}
    spec.updateStrategy.type ??= 'RollingUpdate'
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {}
      spec.updateStrategy.rollingUpdate.partition ??= 0
    }
    spec.revisionHistoryLimit ??= 10
    spec.persistentVolumeClaimRetentionPolicy ??= {}
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain'
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain'
    spec.template ??= {}
    defaultPodTemplate(spec.template)
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= 'v1'
      claim.kind ??= 'PersistentVolumeClaim'
      claim.metadata ??= {}
      claim.spec ??= {}
      defaultClaimSpec(claim.spec)
      claim.status ??= { phase: 'Pending' }
    }
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0, availableReplicas: 0 }
  },
  validate(object, errors) {
    checkReplicas(object.spec.replicas, 'spec.replicas', errors)
    checkSelectorAndTemplate(withClaims(object), errors)
    const policies = ['OrderedReady', 'Parallel']
    if (!policies.includes(object.spec.podManagementPolicy)) {
      errors.invalid(
        'spec.podManagementPolicy',
        object.spec.podManagementPolicy,
        `must be '${policies.join("' or '")}'`,
      )
    }
  },
  validateUpdate(object, old, errors) {
    if (same(fixed(object), fixed(old))) return
    const names = CHANGEABLE.map((name) => `'${name}'`)
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
    errors.forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)
  },
  columns: [
    NAME_COLUMN,
    column('Ready', 'Number of the pod with ready state', (object) => {
      return `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`
    }),
    AGE_COLUMN,
    ...templateColumns(template),
  ],
}

function fixed(object: KubeObject): Json {
  const spec = copy(object.spec)
  for (const name of CHANGEABLE) delete spec[name]
  return spec
}
