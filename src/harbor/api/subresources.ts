// What hangs below an object: status, log, scale, eviction, binding, token, finalize.
import { notFound } from '../status.ts'
import type { ResourceContext } from './context.ts'
import { podLog } from './log.ts'
import { objectAnswer } from './represent.ts'
import { handleResource, methodNotAllowed } from './resources.ts'
import type { Answer } from './respond.ts'
import { unknownResource } from './route.ts'

export async function handleSubresource(context: ResourceContext): Promise<Answer | undefined> {
  const { path, request, resource } = context
  if (path.subresource === 'status' && resource.rules.status) {
    if (request.method === 'GET') return readStatus(context)
    if (request.method === 'PUT' || request.method === 'PATCH') return handleResource(context)
    throw methodNotAllowed()
  }
  if (resource.id === 'pods' && path.subresource === 'log') {
    if (request.method !== 'GET') throw methodNotAllowed()
    return await podLog(context)
  }
  throw unknownResource()
}

function readStatus(context: ResourceContext): Answer {
  const { realm, resource, path } = context
  const object = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!object) throw notFound(resource, path.name ?? '')
  return objectAnswer(context, object)
}
