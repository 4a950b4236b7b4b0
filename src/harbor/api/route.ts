// From a path to its handler: health and version, discovery, then resources.
import type { Context, ResourceContext } from './context.ts'
import { discovery, rootPaths } from './discovery.ts'
import { health, VERSION } from './health.ts'
import { handleMetrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import { methodNotAllowed, unknownResource } from './refusals.ts'
import { parsePath } from './request.ts'
import { handleResource } from './resources.ts'
import type { Answer } from './respond.ts'
import { handleReview } from './reviews.ts'
import { handleSubresource } from './subresources.ts'

/** `negotiated` is called as soon as the path is known to have representations. undefined: the answer is a stream. */
export async function route(context: Context, negotiated: () => void): Promise<Answer | undefined> {
  const { request, realm } = context
  const { path, method } = request
  const alive = health(request)
  if (alive) return alive
  if (path === '/version' || path === '/version/') return { code: 200, body: VERSION }
  if (method === 'GET') {
    const described = path === '/' ? rootPaths(realm.registry) : openApi(realm.registry, path, request.headers.accept)
    if (described) return described
  }
  negotiated()
  const document = discovery(realm.registry, path, context.accepted.discovery)
  if (document) {
    if (method !== 'GET') throw methodNotAllowed()
    return document
  }
  const parsed = parsePath(path)
  if (!parsed) {
    if (isUnknownVersion(realm, path)) throw unknownResource()
    return missingPath()
  }
  const virtual = handleReview(context, parsed) ?? handleMetrics(context, parsed)
  if (virtual) return virtual
  const { group, version, plural } = parsed
  const resource = realm.registry.find(group, version, plural)
  if (!resource) {
    if (group && !realm.registry.hasGroup(group)) return missingPath()
    throw unknownResource()
  }
  if (!resource.namespaced && parsed.namespace !== undefined) throw unknownResource()
  if (resource.rules.deprecated) context.warn(resource.rules.deprecated)
  const full: ResourceContext = Object.assign(context, { resource, path: parsed })
  if (parsed.name !== undefined && resource.namespaced && parsed.namespace === undefined) throw unknownResource()
  if (method === 'OPTIONS' || method === 'HEAD') throw methodNotAllowed()
  return parsed.subresource === undefined ? handleResource(full) : handleSubresource(full)
}

// of a group that is there: its other versions are answered by the part of the server that knows the group
function isUnknownVersion({ registry }: Context['realm'], path: string): boolean {
  const [root, ...rest] = path.split('/').filter((part) => part !== '')
  return root === 'api' ? rest.length === 1 : rest.length === 2 && registry.hasGroup(rest[0] ?? '')
}

function missingPath(): Answer {
  return { code: 404, text: '404 page not found\n' }
}
