// Role-based access control over the roles and bindings in the world.
import type { KubeObject } from '../objects/object.ts'
import { type Json } from './plain.ts'
import type { User, World } from './world.ts'

export interface Attributes {
  verb: string
  group: string
  /** plural, with its subresource: "pods/log" */
  resource: string
  namespace: string | undefined
  name: string | undefined
  /** instead of a resource: "/healthz" */
  path?: string
}

export interface Grant {
  binding: KubeObject
  role: KubeObject
  subject: Json
  rules: Json[]
}

const MASTERS = 'system:masters'

/** The reason why it is allowed, in the API's words; undefined when nothing allows it. */
export function allowedBy(world: World, user: User, wanted: Attributes): string | undefined {
  if (user.groups.includes(MASTERS)) return ''
  for (const { binding, role, subject, rules } of grantsOf(world, user, wanted.namespace)) {
    if (rules.some((rule) => ruleAllows(rule, wanted))) return reasonText(binding, role, subject)
  }
  return undefined
}

export function grantsOf(world: World, user: User, namespace: string | undefined): Grant[] {
  const bindings = [...world.list('ClusterRoleBinding'), ...(namespace ? world.list('RoleBinding', { namespace }) : [])]
  return bindings.flatMap((binding) => {
    const subject = (binding.subjects ?? []).find((item: Json) => isSubject(item, user, binding.metadata.namespace))
    const role = subject && roleOf(world, binding)
    return role ? [{ binding, role, subject, rules: role.rules ?? [] }] : []
  })
}

export function roleOf(world: World, { roleRef, metadata }: KubeObject): KubeObject | undefined {
  if (roleRef?.kind === 'Role') return world.find('Role', metadata.namespace, roleRef.name)
  return world.find('ClusterRole', undefined, roleRef?.name ?? '')
}

function isSubject(subject: Json, user: User, namespace: string | undefined): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name
    case 'Group':
      return user.groups.includes(subject.name)
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
    default:
      return false
  }
}

export function ruleAllows(rule: Json, wanted: Attributes): boolean {
  const has = (list: string[] | undefined, value: string) => (list ?? []).some((item) => item === '*' || item === value)
  if (!has(rule.verbs, wanted.verb)) return false
  if (wanted.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((url: string) => matchesUrl(url, wanted.path ?? ''))
  if (!has(rule.apiGroups, wanted.group) || !resourceMatches(rule.resources ?? [], wanted.resource)) return false
  const names: string[] = rule.resourceNames ?? []
  return names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name))
}

function resourceMatches(resources: string[], wanted: string): boolean {
  const subresource = wanted.split('/')[1]
  return resources.some((item) => item === '*' || item === wanted || (subresource && item === `*/${subresource}`))
}

function matchesUrl(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}

function reasonText(binding: KubeObject, role: KubeObject, subject: Json): string {
  const { name, namespace } = binding.metadata
  const by = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`
  const who =
    subject.kind === 'ServiceAccount' ? `"${subject.name}/${subject.namespace ?? namespace}"` : `"${subject.name}"`
  return `RBAC: allowed by ${by} of ${role.kind} "${role.metadata.name}" to ${subject.kind} ${who}`
}
