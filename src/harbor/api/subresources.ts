// What hangs below an object: status, scale, log, eviction, binding, token, finalize.
import type { KubeObject } from '../../objects/object.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import { updateObject } from '../update.ts'
import { bind } from './binding.ts'
import { readObject } from './body.ts'
import type { ResourceContext } from './context.ts'
import { evict } from './eviction.ts'
import { podLog } from './log.ts'
import { writeOptions } from './options.ts'
import { methodNotAllowed, unknownResource } from './refusals.ts'
import { objectAnswer } from './represent.ts'
import { handleResource } from './resources.ts'
import type { Answer } from './respond.ts'
import { handleScale } from './scale.ts'
import { requestToken } from './token.ts'

type Handler = (context: ResourceContext) => Answer | undefined | Promise<Answer | undefined>

// by resource and subresource; what every kind may have comes first
const HANDLERS: Record<string, Handler> = {
  'pods/log': (context) => (context.request.method === 'GET' ? podLog(context) : refuse()),
  'pods/eviction': evict,
  'pods/binding': bind,
  'pods/ephemeralcontainers': updateWhole,
  'pods/resize': handlePart,
  'pods/exec': interactive,
  'pods/attach': interactive,
  'pods/portforward': interactive,
  'serviceaccounts/token': requestToken,
  'namespaces/finalize': finalize,
}

export async function handleSubresource(context: ResourceContext): Promise<Answer | undefined> {
  const { path, resource } = context
  const { subresource = '' } = path
  if (subresource === 'status' && resource.rules.status) return await handlePart(context)
  if (subresource === 'scale' && resource.rules.scale) return handleScale(context, resource.rules.scale)
  const key = `${resource.id}/${subresource}`
  if (!Object.hasOwn(HANDLERS, key)) throw unknownResource()
  return await (HANDLERS[key] as Handler)(context)
}

function refuse(): never {
  throw methodNotAllowed()
}

function handlePart(context: ResourceContext): ReturnType<Handler> {
  switch (context.request.method) {
    case 'GET':
      return readWhole(context)
    case 'PUT':
    case 'PATCH':
      return handleResource(context)
    default:
      throw methodNotAllowed()
  }
}

function readWhole(context: ResourceContext): Answer {
  const { realm, resource, path } = context
  const object = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!object) throw notFound(resource, path.name ?? '')
  return objectAnswer(context, object)
}

function updateWhole(context: ResourceContext): ReturnType<Handler> {
  if (context.request.method === 'GET') return readWhole(context)
  throw badRequest(`the practice cluster does not run containers: ${context.path.subresource} is not served`)
}

function interactive(context: ResourceContext): Answer {
  const { realm, resource, path } = context
  if (!realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')) throw notFound(resource, path.name ?? '')
  throw new StatusError(
    400,
    'BadRequest',
    'Upgrade request required: the practice cluster runs no containers to connect to',
  )
}

// a namespace goes when its spec has no finalizers left
function finalize(context: ResourceContext): Answer {
  const { realm, resource, path, request } = context
  if (request.method !== 'PUT') throw methodNotAllowed()
  const options = { ...writeOptions(request, 'UpdateOptions'), user: request.user, subresource: 'finalize' }
  const { finalizers } = readObject(request, resource, context.warn).spec ?? {}
  const change = (old: KubeObject) => ({ ...old, spec: finalizers?.length ? { ...old.spec, finalizers } : {} })
  return objectAnswer(context, updateObject(realm, resource, undefined, path.name ?? '', change, options).object)
}
