import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import { type Json, same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from './columns.ts'
import type { KindRules } from './kind.ts'

const GROUP = 'rbac.authorization.k8s.io'
const CREATED = column(
  'Created At',
  'V1ObjectMeta.creationTimestamp',
  ({ metadata }) => metadata.creationTimestamp ?? '',
)

function roleRules(kind: string): KindRules {
  return {
    apiVersion: `${GROUP}/v1`,
    kind,
    name: 'path',
    defaults(draft) {
      draft.rules ??= null
    },
    validate({ rules }, errors) {
      for (const [index, rule] of (rules ?? []).entries()) checkRule(rule, `rules[${index}]`, kind, errors)
    },
    columns: [NAME_COLUMN, CREATED],
  }
}

function checkRule(rule: Json, field: string, kind: string, errors: FieldErrors): void {
  if (!rule.verbs?.length) errors.required(`${field}.verbs`, 'verbs must contain at least one value')
  if (rule.nonResourceURLs?.length) {
    if (kind === 'Role')
      errors.invalid(
        `${field}.nonResourceURLs`,
        rule.nonResourceURLs,
        'namespaced rules cannot apply to non-resource URLs',
      )
    return
  }
  if (!rule.apiGroups?.length)
    errors.required(`${field}.apiGroups`, 'resource rules must supply at least one api group')
  if (!rule.resources?.length) errors.required(`${field}.resources`, 'resource rules must supply at least one resource')
}

const SUBJECTS = ['ServiceAccount', 'User', 'Group']

function bindingRules(kind: string): KindRules {
  return {
    apiVersion: `${GROUP}/v1`,
    kind,
    name: 'path',
    defaults(draft) {
      draft.roleRef ??= {}
      draft.roleRef.apiGroup ??= GROUP
      for (const subject of draft.subjects ?? []) {
        if (subject.kind !== 'ServiceAccount') subject.apiGroup ??= GROUP
      }
    },
    validate(object, errors) {
      const { roleRef, subjects = [] } = object
      const roles = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
      if (!roles.includes(roleRef.kind)) errors.notSupported('roleRef.kind', roleRef.kind ?? '', roles)
      if (!roleRef.name) errors.required('roleRef.name')
      for (const [index, subject] of subjects.entries()) {
        const at = `subjects[${index}]`
        if (!subject.name) errors.required(`${at}.name`)
        if (!SUBJECTS.includes(subject.kind)) errors.notSupported(`${at}.kind`, subject.kind ?? '', SUBJECTS)
        if (subject.kind === 'ServiceAccount' && !subject.namespace) errors.required(`${at}.namespace`)
      }
    },
    validateUpdate(object, old, errors) {
      if (same(object.roleRef, old.roleRef)) return
      const { apiGroup, kind: role, name } = object.roleRef
      errors.invalid('roleRef', { APIGroup: apiGroup, Kind: role, Name: name }, 'cannot change roleRef')
    },
    columns: [
      NAME_COLUMN,
      column('Role', 'V1RoleBinding.roleRef', ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`),
      AGE_COLUMN,
      wide(column('Users', 'Users in the roleBinding', (object) => subjectsText(object, 'User'))),
      wide(column('Groups', 'Groups in the roleBinding', (object) => subjectsText(object, 'Group'))),
      wide(
        column('ServiceAccounts', 'ServiceAccounts in the roleBinding', (object) =>
          subjectsText(object, 'ServiceAccount'),
        ),
      ),
    ],
  }
}

function subjectsText({ subjects }: KubeObject, kind: string): string {
  const chosen = (subjects ?? []).filter((subject: Json) => subject.kind === kind)
  return chosen
    .map((item: Json) => (kind === 'ServiceAccount' ? `${item.namespace}/${item.name}` : item.name))
    .join(', ')
}

export const rbacKinds: KindRules[] = [
  roleRules('Role'),
  roleRules('ClusterRole'),
  bindingRules('RoleBinding'),
  bindingRules('ClusterRoleBinding'),
]
