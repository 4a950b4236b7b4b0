// Requests for resources: which verb, and the verbs as HTTP has them.
import type { KubeObject } from '../../objects/object.ts'
import { createObject } from '../create.ts'
import { removeObject } from '../remove.ts'
import { badRequest, isStatus, notFound } from '../status.ts'
import { updateObject } from '../update.ts'
import { readObject } from './body.ts'
import type { ResourceContext } from './context.ts'
import { list } from './list.ts'
import { deleteOptions, writeOptions } from './options.ts'
import { patch } from './patch.ts'
import { checkName, placeObject } from './place.ts'
import { revisionIn } from './query.ts'
import { methodNotAllowed } from './refusals.ts'
import { listAnswer, objectAnswer } from './represent.ts'
import { flag } from './request.ts'
import type { Answer } from './respond.ts'
import { selectionOf } from './selectors.ts'
import { watch } from './watch.ts'

/** undefined: the answer is a stream and has been written. */
export async function handleResource(context: ResourceContext): Promise<Answer | undefined> {
  const { path, request } = context
  const handler = path.name === undefined ? collectionVerb(context) : objectVerb(request.method)
  if (!handler) throw methodNotAllowed()
  return await handler(context)
}

type Verb = (context: ResourceContext) => Answer | undefined | Promise<Answer | undefined>

function collectionVerb({ request, path, resource }: ResourceContext): Verb | undefined {
  switch (request.method) {
    case 'GET':
      return path.watch || flag(request.query, 'watch') ? startWatch : list
    case 'POST':
      return create
    case 'DELETE':
      return resource.verbs.includes('deletecollection') ? removeCollection : undefined
    default:
      return undefined
  }
}

function objectVerb(method: string): Verb | undefined {
  const verbs: Record<string, Verb> = { GET: get, PUT: update, PATCH: patch, DELETE: remove }
  return Object.hasOwn(verbs, method) ? verbs[method] : undefined
}

async function startWatch(context: ResourceContext): Promise<undefined> {
  if (!context.resource.verbs.includes('watch')) throw methodNotAllowed()
  await watch(context)
}

function get(context: ResourceContext): Answer | Promise<undefined> {
  const { path, request, resource, realm } = context
  if (path.watch) return startWatch(context)
  revisionIn(request.query, badRequest)
  const object = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!object) throw notFound(resource, path.name ?? '')
  return objectAnswer(context, object)
}

function create(context: ResourceContext): Answer {
  const { request, realm, resource } = context
  if (!resource.verbs.includes('create')) throw methodNotAllowed()
  if (resource.namespaced && context.path.namespace === undefined) throw methodNotAllowed()
  const options = writeOptions(request, 'CreateOptions')
  const object = readObject(request, resource, context.warn)
  placeObject(context, object)
  const created = createObject(realm, resource, object, { ...options, user: request.user, warn: context.warn })
  return objectAnswer(context, created, 201)
}

function update(context: ResourceContext): Answer {
  const { request, realm, resource, path } = context
  const name = path.name ?? ''
  const options = {
    ...writeOptions(request, 'UpdateOptions'),
    user: request.user,
    warn: context.warn,
    uidConflict: true,
  }
  const object = readObject(request, resource, context.warn)
  checkName(object, name)
  placeObject(context, object)
  const stored = resource.toStored(object)
  const subresource = path.subresource === undefined ? {} : { subresource: path.subresource }
  try {
    const done = updateObject(realm, resource, path.namespace, name, () => stored, { ...options, ...subresource })
    return objectAnswer(context, done.object)
  } catch (error) {
    if (!resource.rules.createOnUpdate || subresource.subresource || !isStatus(error, 404)) throw error
  }
  return objectAnswer(context, createObject(realm, resource, object, options), 201)
}

function remove(context: ResourceContext): Answer {
  const { request, realm, resource, path } = context
  const options = { ...deleteOptions(request), user: request.user, warn: context.warn }
  const { object, gone } = removeObject(realm, resource, path.namespace, path.name ?? '', options)
  if (!gone || resource.rules.returnDeleted) return objectAnswer(context, object)
  return { code: 200, body: successStatus(context, object) }
}

function successStatus({ resource }: ResourceContext, { metadata }: KubeObject): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(resource.group ? { group: resource.group } : {}),
      kind: resource.plural,
      uid: metadata.uid,
    },
  }
}

function removeCollection(context: ResourceContext): Answer {
  const { request, realm, resource, path } = context
  const selection = selectionOf(request.query, resource)
  const options = { ...deleteOptions(request), user: request.user, warn: context.warn }
  const chosen = realm.store
    .list(resource.id, path.namespace)
    .filter((object) => selection.matches(resource.fromStored(object)))
  for (const { metadata } of chosen) removeObject(realm, resource, metadata.namespace, metadata.name, options)
  return listAnswer(context, chosen, { resourceVersion: String(realm.store.revision()) })
}
