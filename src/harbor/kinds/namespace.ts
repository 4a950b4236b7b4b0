import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const LEVELS = ['privileged', 'baseline', 'restricted']

export const namespace: KindRules = {
  apiVersion: 'v1',
  kind: 'Namespace',
  name: 'label',
  status: true,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: { finalize: { kind: 'Namespace', verbs: ['update'] } },
  defaults(draft) {
    draft.spec ??= {}
    // admission and defaulting both set it in a real server: selectors of namespaces rely on it
    if (draft.metadata.name) {
      draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name }
    }
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.spec = { finalizers: ['kubernetes'] }
    draft.status = { phase: 'Active' }
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name }
  },
  prepareUpdate(draft, old) {
    draft.spec.finalizers = old.spec.finalizers
    if (!old.spec.finalizers) delete draft.spec.finalizers
  },
  markDeleted(marked) {
    marked.status = { ...marked.status, phase: 'Terminating' }
    delete marked.metadata.deletionGracePeriodSeconds
  },
  validate({ metadata }, errors, old) {
    for (const mode of ['enforce', 'audit', 'warn']) {
      const label = `pod-security.kubernetes.io/${mode}`
      const level = metadata.labels?.[label]
      if (level === undefined || LEVELS.includes(level) || level === old?.metadata.labels?.[label]) continue
      errors.invalid(`metadata.labels[${label}]`, level, `must be one of ${LEVELS.join(', ')}`)
    }
  },
  fields: { 'status.phase': (object) => object.status?.phase ?? '' },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    column('Status', 'The status of the namespace', (object) => object.status?.phase ?? ''),
    AGE_COLUMN,
  ],
}
