// An exact request → what it does to which object. The gate judges plans by these; nothing but the bytes of the request
// and the live object is looked at.
import type { Request } from '../core/plan.ts'
import { groupOf } from '../objects/object.ts'
import { sameJson } from '../objects/same.ts'
import { changesOf, differences, isObject, type PatchType } from './changes.ts'
import { type Effect, type Target, targetText, type World } from './effects.ts'
import { typeByPath } from './types.ts'

export interface ApiPath {
  apiVersion: string
  plural: string
  namespace?: string
  name?: string
  subresource?: string
  query: URLSearchParams
}

/** A plain resource path of the API; undefined for anything else, and for a path that is spelled in more than one way. */
export function parseApiPath(path: string): ApiPath | undefined {
  const [plain = '', query = ''] = path.split('?', 2)
  if (/[%\\]|\/\/|\/\.{1,2}(\/|$)/.test(plain) || !/^[\x21-\x7e]*$/.test(plain)) {
    return undefined
  }
  const match = /^\/(?:api\/(v1)|apis\/([a-z0-9.-]+\/[a-z0-9]+))\/(.+)$/.exec(plain)
  if (!match) return undefined
  const apiVersion = match[1] ?? match[2] ?? ''
  const parts = (match[3] ?? '').split('/')
  if (parts.some((part) => part === '')) return undefined
  const params = new URLSearchParams(query)
  if (
    parts[0] === 'namespaces' &&
    parts.length > 2 &&
    apiVersion === 'v1' &&
    ['status', 'finalize'].includes(parts[2] ?? '')
  ) {
    return named({ apiVersion, plural: 'namespaces', name: parts[1], subresource: parts[2], query: params })
  }
  if (parts[0] === 'namespaces' && parts.length > 2) {
    const [, namespace, plural = '', name, ...rest] = parts
    return named({ apiVersion, plural, namespace, name, subresource: rest.join('/') || undefined, query: params })
  }
  const [plural = '', name, ...rest] = parts
  return named({ apiVersion, plural, name, subresource: rest.join('/') || undefined, query: params })
}

type Loose = { [K in keyof ApiPath]: ApiPath[K] | undefined } & Pick<ApiPath, 'apiVersion' | 'plural' | 'query'>
function named(path: Loose): ApiPath {
  return Object.fromEntries(Object.entries(path).filter(([, value]) => value !== undefined)) as unknown as ApiPath
}

export function effectsOfRequest(request: Request, world?: World): Effect[] {
  const path = parseApiPath(request.path)
  if (!path) return [{ does: 'named', tier: 9, words: `sends ${request.method} to a path that is no plain resource` }]
  if (isDryRun(path, request)) return [{ does: 'read' }]
  const target = targetOf(path, request, world)
  if (REACHES_INSIDE.has(path.subresource?.split('/')[0] ?? ''))
    return [{ does: 'denied', words: `reaches into ${targetText(target)}`, target }]
  switch (request.method) {
    case 'POST':
      return [posted(path, target, request.body, world)]
    case 'PATCH':
      return [patched(path, target, request)]
    case 'PUT': {
      const changes = differences(request.body, target.live)
      if (!changes || path.name === undefined) return [unreadable('replacement', target)]
      return [{ does: 'change', target, changes, how: 'replace', ...sub(path) }]
    }
    case 'DELETE':
      if (path.name === undefined) return [{ does: 'denied', words: 'deletes a whole collection', target }]
      if (path.subresource) return [{ does: 'named', tier: 9, words: `deletes ${path.subresource}`, target }]
      return [{ does: 'delete', target, force: isForced(request.body, path) }]
  }
}

/** An API server that finds DeleteOptions in the body of a deletion does not look at the query. */
function isDryRun({ query }: ApiPath, { method, body }: Request): boolean {
  if (method !== 'DELETE' || body === undefined) return query.get('dryRun') === 'All'
  return isObject(body) && sameJson(body.dryRun, ['All'])
}

const REACHES_INSIDE = new Set(['proxy', 'portforward'])

function targetOf(path: ApiPath, request: Request, world: World | undefined): Target {
  const type = typeByPath(path.apiVersion, path.plural, world)
  const body = isObject(request.body) ? request.body : undefined
  const meta = isObject(body?.metadata) ? body.metadata : undefined
  const bodyName = typeof meta?.name === 'string' ? meta.name : undefined
  const name = path.name ?? (request.method === 'POST' ? bodyName : undefined)
  const target: Target = {
    kind: type?.kind ?? '',
    group: groupOf(path.apiVersion),
    namespaced: type?.namespaced ?? path.namespace !== undefined,
  }
  if (path.namespace !== undefined) target.namespace = path.namespace
  if (name !== undefined) target.name = name
  const live =
    name !== undefined && type ? world?.find({ kind: type.kind, namespace: path.namespace, name }) : undefined
  if (live && groupOf(live.apiVersion) === target.group) target.live = live
  return target
}

function posted(path: ApiPath, target: Target, body: unknown, world: World | undefined): Effect {
  if (path.subresource === 'eviction' && target.kind === 'Pod') return { does: 'evict', target }
  if (path.subresource === 'token') return { does: 'denied', words: 'creates a credential', target }
  if (path.name !== undefined)
    return { does: 'named', tier: 9, words: `posts to ${path.subresource ?? 'an object'}`, target }
  if (!isObject(body)) return unreadable('object', target)
  return isJobFromCronJob(target, body, world)
    ? { does: 'named', tier: 5, words: `creates the Job ${target.namespace}/${target.name} from its CronJob`, target }
    : { does: 'create', target, body }
}

/** A Job that a CronJob owns and whose spec is the CronJob's own template: nothing new runs. */
function isJobFromCronJob(target: Target, body: Record<string, unknown>, world: World | undefined): boolean {
  if (target.kind !== 'Job' || target.group !== 'batch' || !isObject(body.metadata)) return false
  const owners = Array.isArray(body.metadata.ownerReferences) ? body.metadata.ownerReferences : []
  const [owner] = owners
  if (owners.length !== 1 || !isObject(owner) || owner.kind !== 'CronJob' || typeof owner.name !== 'string')
    return false
  const parent = world?.find({ kind: 'CronJob', namespace: target.namespace, name: owner.name })
  return parent?.metadata.uid === owner.uid && sameJson(parent?.spec?.jobTemplate?.spec, body.spec)
}

const PATCH_TYPES: Record<string, PatchType> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

function patched(path: ApiPath, target: Target, request: Request): Effect {
  const mediaType = (request.contentType ?? '').split(';')[0]?.trim() ?? ''
  const type = Object.hasOwn(PATCH_TYPES, mediaType) ? PATCH_TYPES[mediaType] : undefined
  if (path.name === undefined || !type) return unreadable('patch', target)
  if (path.query.get('force') === 'true') return { does: 'named', tier: 9, words: 'takes fields over by force', target }
  const changes = changesOf(type, request.body, target.live)
  if (!changes) return unreadable('patch', target)
  if (type === 'apply' && !target.live && isObject(request.body) && !namesUid(request.body)) {
    // not there as far as is known: a creation, and at least as much as the fields say; with a uid it can only change
    return { does: 'create', target, body: request.body }
  }
  return { does: 'change', target, changes, how: type === 'apply' ? 'apply' : 'patch', ...sub(path) }
}

function namesUid(body: Record<string, unknown>): boolean {
  return isObject(body.metadata) && body.metadata.uid !== undefined
}

function sub(path: ApiPath): { subresource?: string } {
  return path.subresource === undefined ? {} : { subresource: path.subresource }
}

function isForced(body: unknown, path: ApiPath): boolean {
  const grace = isObject(body) ? body.gracePeriodSeconds : undefined
  return grace === 0 || path.query.get('gracePeriodSeconds') === '0'
}

function unreadable(what: string, target: Target): Effect {
  return { does: 'named', tier: 9, words: `sends a ${what} that cannot be read`, target }
}
