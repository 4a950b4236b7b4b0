import { checkDefinitionRules } from '../custom/rules.ts'
import { type Json, same } from '../plain.ts'
import { column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io'

export const customResourceDefinition: KindRules = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  status: true,
  generation: true,
  heldOnDelete: CLEANUP,
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.conversion ??= { strategy: 'None' }
    spec.names ??= {}
    if (spec.names.kind) {
      spec.names.singular ??= spec.names.kind.toLowerCase()
      spec.names.listKind ??= `${spec.names.kind}List`
    }
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.conditions ??= null
    draft.status.acceptedNames ??= { plural: '', kind: '' }
    draft.status.storedVersions ??= null
  },
  prepareCreate(draft) {
    const stored = (draft.spec.versions ?? []).filter((version: Json) => version.storage)
    draft.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored.map((version: Json) => version.name),
    }
  },
  validate({ metadata, spec }, errors) {
    const { names, group, versions = [], scope } = spec
    if (!group) errors.required('spec.group')
    if (metadata.name !== `${names.plural}.${group}`) {
      errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')
    }
    if (scope !== 'Cluster' && scope !== 'Namespaced') {
      errors.notSupported('spec.scope', scope ?? '', ['Cluster', 'Namespaced'])
    }
    if (!names.plural) errors.required('spec.names.plural')
    if (!names.kind) errors.required('spec.names.kind')
    if (versions.length === 0) errors.required('spec.versions')
    if (versions.filter((version: Json) => version.storage).length !== 1) {
      errors.invalid('spec.versions', versions, 'must have exactly one version marked as storage version')
    }
    for (const [index, version] of versions.entries()) {
      const at = `spec.versions[${index}].schema.openAPIV3Schema`
      const schema = version.schema?.openAPIV3Schema
      if (!schema) errors.required(at)
      else if (schema.type !== 'object') errors.invalid(`${at}.type`, schema.type ?? '', 'must be object at the root')
      else checkDefinitionRules(schema, versions.length === 1 ? 'spec.validation.openAPIV3Schema' : at, errors)
    }
  },
  validateUpdate(object, old, errors) {
    for (const field of ['group', 'scope']) {
      if (!same(object.spec[field], old.spec[field])) {
        errors.invalid(`spec.${field}`, object.spec[field], 'field is immutable')
      }
    }
  },
  columns: [
    NAME_COLUMN,
    column('Created At', 'V1ObjectMeta.creationTimestamp', ({ metadata }) => metadata.creationTimestamp ?? ''),
  ],
}
