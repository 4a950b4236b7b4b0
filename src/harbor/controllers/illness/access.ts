// Whether RBAC lets a service account do something: for programs whose log says that it did not.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Cause } from './book.ts'

export function isAllowed(world: World, asked: Extract<Cause, { kind: 'permission' }>): boolean {
  const cluster = world.list('ClusterRoleBinding').filter((binding) => names(binding, asked.user))
  if (cluster.some((binding) => grants(world, binding, asked))) return true
  if (!asked.namespace) return false
  return world
    .list('RoleBinding', { namespace: asked.namespace })
    .some((binding) => names(binding, asked.user) && grants(world, binding, asked))
}

function names(binding: KubeObject, user: string): boolean {
  const [, , namespace = '', account = ''] = user.startsWith('system:serviceaccount:') ? user.split(':') : []
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return (binding.subjects ?? []).some((subject: KubeObject['spec']) => {
    if (subject.kind === 'User') return subject.name === user
    if (subject.kind === 'Group') return account !== '' && groups.includes(subject.name)
    const home = subject.namespace ?? binding.metadata.namespace
    return subject.kind === 'ServiceAccount' && subject.name === account && home === namespace
  })
}

function grants(world: World, binding: KubeObject, asked: Extract<Cause, { kind: 'permission' }>): boolean {
  const { kind, name } = binding.roleRef ?? {}
  const role =
    kind === 'Role' ? world.find('Role', binding.metadata.namespace, name) : world.find('ClusterRole', undefined, name)
  const has = (list: string[] | undefined, item: string) => !!list && (list.includes('*') || list.includes(item))
  return (role?.rules ?? []).some(
    (rule: KubeObject['spec']) =>
      has(rule.verbs, asked.verb) &&
      has(rule.resources, asked.resource) &&
      has(rule.apiGroups, asked.group) &&
      !rule.resourceNames?.length,
  )
}
