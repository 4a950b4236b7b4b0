// Who asks, and whether they may: no credentials are the administrator of the practice cluster, a token is its service account.

import { type Attributes, allowedBy } from '../rbac.ts'
import type { Realm } from '../realm.ts'
import { badRequest, forbidden, StatusError } from '../status.ts'
import { tokensOf } from '../tokens.ts'
import type { User } from '../world.ts'
import { type ApiRequest, flag, parsePath } from './request.ts'

const ADMIN: User = { name: 'practice-admin', groups: ['system:masters', 'system:authenticated'] }

export function authenticate({ world }: Realm, request: ApiRequest): void {
  const header = request.headers.authorization
  if (header === undefined || header === '') {
    request.user = ADMIN
  } else {
    const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1]
    const known = token === undefined ? undefined : tokensOf(world).check(token)
    if (!known) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
    request.user = known.user
  }
  impersonate(world, request)
}

function impersonate(world: Realm['world'], request: ApiRequest): void {
  const one = (name: string) => {
    const value = request.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const name = one('impersonate-user')
  const groups = headerList(request, 'impersonate-group')
  const uid = one('impersonate-uid')
  if (!name) {
    if (groups.length === 0 && !uid) return
    const list = groups.map((group) => JSON.stringify(group)).join(', ')
    throw badRequest(
      `requested &user.DefaultInfo{Name:"", UID:"${uid ?? ''}", Groups:[]string{${list}}, Extra:map[string][]string(nil)} without impersonating a user name`,
    )
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
  if (account) mayImpersonate(world, request.user, 'serviceaccounts', account[2] ?? '', account[1])
  else mayImpersonate(world, request.user, 'users', name)
  for (const group of groups) mayImpersonate(world, request.user, 'groups', group)
  request.user = { name, groups: impersonatedGroups(name, groups, account?.[1]), ...(uid ? { uid } : {}) }
}

// Node joins repeated headers with commas
function headerList(request: ApiRequest, name: string): string[] {
  const value = request.headers[name]
  const list = Array.isArray(value) ? value : value === undefined ? [] : value.split(',')
  return list.map((item) => item.trim()).filter(Boolean)
}

function impersonatedGroups(name: string, groups: string[], namespace: string | undefined): string[] {
  if (name === 'system:anonymous') return groups.length > 0 ? groups : ['system:unauthenticated']
  const own =
    namespace && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : groups
  return own.includes('system:authenticated') ? own : [...own, 'system:authenticated']
}

function mayImpersonate(world: Realm['world'], user: User, resource: string, name: string, namespace?: string): void {
  const wanted: Attributes = { verb: 'impersonate', group: '', resource, namespace, name }
  if (allowedBy(world, user, wanted) === undefined) throw refusal(user, wanted)
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** What a request wants, as roles describe it. */
function attributesOf(request: ApiRequest): Attributes {
  const parsed = parsePath(request.path)
  if (!parsed) {
    const verb = VERBS[request.method] ?? request.method.toLowerCase()
    return {
      verb: verb === 'create' ? 'post' : verb,
      group: '',
      resource: '',
      namespace: undefined,
      name: undefined,
      path: request.path,
    }
  }
  const { group, plural, name, subresource, watch } = parsed
  const collection = name === undefined
  let verb = VERBS[request.method] ?? 'get'
  if (verb === 'delete' && collection) verb = 'deletecollection'
  if (verb === 'get' && (watch || (collection && flag(request.query, 'watch')))) verb = 'watch'
  else if (verb === 'get' && collection) verb = 'list'
  // a namespace is judged within itself
  const namespace = parsed.namespace ?? (plural === 'namespaces' && group === '' ? name : undefined)
  return { verb, group, resource: subresource ? `${plural}/${subresource}` : plural, namespace, name }
}

export function authorize({ world }: Realm, request: ApiRequest): void {
  if (request.user.groups.includes('system:masters')) return
  const wanted = attributesOf(request)
  if (allowedBy(world, request.user, wanted) === undefined) throw refusal(request.user, wanted)
}

function refusal(user: User, { verb, group, resource, namespace, name, path }: Attributes): StatusError {
  if (path !== undefined) {
    return new StatusError(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {})
  }
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return forbidden({ plural: resource.split('/')[0] ?? '', group }, name ?? '', why)
}
