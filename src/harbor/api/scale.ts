// The scale subresource: replicas of anything that has them, as autoscaling/v1 Scale.
import type { KubeObject } from '../../objects/object.ts'
import { type LabelSelector, selectorText } from '../../objects/selector.ts'
import { valueAt } from '../custom/kind.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import type { ScalePaths } from '../kinds/kind.ts'
import { copy, isMap, type Json, put } from '../plain.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { badRequest, notFound } from '../status.ts'
import { updateObject } from '../update.ts'
import { parseBody } from './body.ts'
import type { ResourceContext } from './context.ts'
import { writeOptions } from './options.ts'
import { checkPatchType, patchedObject } from './patch.ts'
import { methodNotAllowed } from './refusals.ts'
import type { Answer } from './respond.ts'

const SCALE = 'V1Scale'

export function handleScale(context: ResourceContext, paths: ScalePaths): Answer {
  const { realm, resource, path, request } = context
  const current = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (request.method === 'GET') {
    if (!current) throw notFound(resource, path.name ?? '')
    return { code: 200, body: scaleOf(current, paths) }
  }
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed()
  if (request.method === 'PATCH') checkPatchType(request, resource)
  const kind = request.method === 'PUT' ? 'UpdateOptions' : 'PatchOptions'
  const options = { ...writeOptions(request, kind), user: request.user, warn: context.warn, subresource: 'scale' }
  if (!current) throw notFound(resource, path.name ?? '')
  const change = (old: KubeObject) => withScale(old, wantedScale(context, scaleOf(old, paths)), paths)
  const { object } = updateObject(realm, resource, path.namespace, path.name ?? '', change, options)
  return { code: 200, body: scaleOf(object, paths) }
}

function wantedScale(context: ResourceContext, current: KubeObject): KubeObject {
  const { request, path } = context
  const wanted = request.method === 'PATCH' ? patchedObject(context, current, SCALE) : sentScale(context)
  const replicas = wanted.spec?.replicas ?? 0
  if (replicas >= 0) return wanted
  const errors = new FieldErrors()
  errors.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
  throw invalid('Scale', 'autoscaling', path.name ?? '', errors)
}

function sentScale({ request }: ResourceContext): KubeObject {
  try {
    return decode(SCALE, parseBody(request, 'Scale').value).value
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${error.message}`)
  }
}

function withScale(old: KubeObject, wanted: KubeObject, paths: ScalePaths): KubeObject {
  const draft = copy(old)
  const parts = paths.spec.split('.')
  const field = parts.pop() ?? 'replicas'
  let target: Json = draft
  for (const part of parts) {
    if (!isMap(target[part])) put(target, part, {})
    target = target[part]
  }
  put(target, field, wanted.spec?.replicas ?? 0)
  const version = wanted.metadata?.resourceVersion
  if (version === undefined) delete draft.metadata.resourceVersion
  else draft.metadata.resourceVersion = version
  return draft
}

function scaleOf(object: KubeObject, paths: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = paths.selector ? valueAt(object, paths.selector) : undefined
  const text = typeof selector === 'string' ? selector : textOf(selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(creationTimestamp ? { creationTimestamp } : {}),
    },
    spec: withoutZero(valueAt(object, paths.spec)),
    status: { replicas: Number(valueAt(object, paths.status) ?? 0), ...(text ? { selector: text } : {}) },
  }
}

// Go leaves a desired count of nought out
function withoutZero(replicas: unknown): object {
  return replicas ? { replicas } : {}
}

// a selector object, or the plain map of a ReplicationController
function textOf(selector: unknown): string {
  if (!isMap(selector)) return ''
  const known = selector.matchLabels || selector.matchExpressions
  return selectorText(known ? (selector as LabelSelector) : { matchLabels: selector })
}
