// Whether RBAC now lets a service account do what a program's log says it was refused.
import { allowedBy } from '../../rbac.ts'
import type { World } from '../../world.ts'
import type { Cause } from './book.ts'

export function isAllowed(world: World, asked: Extract<Cause, { kind: 'permission' }>): boolean {
  const { user, verb, group, resource, namespace } = asked
  const [, , home = ''] = user.split(':')
  const groups = ['system:authenticated']
  if (user.startsWith('system:serviceaccount:')) groups.push('system:serviceaccounts', `system:serviceaccounts:${home}`)
  const wanted = { verb, group, resource, namespace: namespace || undefined, name: undefined }
  return allowedBy(world, { name: user, groups }, wanted) !== undefined
}
