// The verb patch: JSON, merge and strategic merge patches are ways to compute an update; apply has its own rules.
import type { KubeObject } from '../../objects/object.ts'
import { applyJsonPatch, type JsonPatchOperation, PatchError } from '../../objects/patch-json.ts'
import { applyMergePatch } from '../../objects/patch-merge.ts'
import { applyStrategicMergePatch, StrategicPatchError } from '../../objects/patch-strategic.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { isMap, type Json } from '../plain.ts'
import type { Resource } from '../registry.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import { updateObject } from '../update.ts'
import { apply } from './apply.ts'
import { mediaType, otherType, report, unknownField } from './body.ts'
import type { ResourceContext } from './context.ts'
import { parseJson } from './json-text.ts'
import { writeOptions } from './options.ts'
import { checkName } from './place.ts'
import { objectAnswer } from './represent.ts'
import type { ApiRequest } from './request.ts'
import type { Answer } from './respond.ts'

const APPLY = 'application/apply-patch+yaml'
const JSON_PATCH = 'application/json-patch+json'
const MERGE = 'application/merge-patch+json'
const STRATEGIC = 'application/strategic-merge-patch+json'
const MAX_OPERATIONS = 10_000

export function patch(context: ResourceContext): Answer {
  const { request, resource, path, realm } = context
  checkPatchType(request, resource)
  if (mediaType(request) === APPLY) return apply(context)
  const options = {
    ...writeOptions(request, 'PatchOptions'),
    user: request.user,
    warn: context.warn,
    ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
  }
  const name = path.name ?? ''
  if (!realm.store.get(resource.id, path.namespace ?? '', name)) throw notFound(resource, name)
  const change = (old: KubeObject) => {
    const patched = patchedObject(context, resource.fromStored(old))
    checkName(patched, name)
    if (resource.namespaced && patched.metadata.namespace !== path.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
    return resource.toStored(patched)
  }
  return objectAnswer(context, updateObject(realm, resource, path.namespace, name, change, options).object)
}

export function checkPatchType(request: ApiRequest, resource: Resource): void {
  const type = mediaType(request)
  const known = [JSON_PATCH, MERGE, APPLY, ...(resource.custom ? [] : [STRATEGIC])]
  if (resource.custom && type === STRATEGIC) {
    const why = `the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`
    throw new StatusError(415, 'UnsupportedMediaType', why)
  }
  if (!known.includes(type)) {
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
}

/** The object that a patch makes of the current one, decoded as its kind. */
export function patchedObject(context: ResourceContext, current: KubeObject, type = context.resource.type): KubeObject {
  const { request, resource } = context
  const text = request.body.toString('utf8')
  const value = applyBody(request, current, text)
  const refuse = (why: string) => {
    const errors = new FieldErrors()
    errors.invalid('patch', text, why)
    return invalid('', '', '', errors)
  }
  if (!isMap(value) || !isMap(value.metadata)) {
    const name = context.path.name ?? ''
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (value.apiVersion !== current.apiVersion || value.kind !== current.kind) {
    const why = resource.custom
      ? `must be ${current.kind} of ${current.apiVersion}`
      : otherType(String(value.apiVersion ?? ''), String(value.kind ?? ''), resource)
    throw refuse(why)
  }
  try {
    const { object, unknown } = decoded(value, resource, type)
    report(unknown.map(unknownField), request.query, context.warn, refuse)
    return { ...object, apiVersion: current.apiVersion, kind: current.kind, metadata: object.metadata ?? {} }
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
}

function decoded(value: Json, resource: Resource, type: string | undefined): { object: Json; unknown: string[] } {
  if (resource.custom && !type) return resource.custom.decode(value)
  if (!type) return { object: value, unknown: [] }
  const { value: object, unknown } = decode(type, value)
  return { object, unknown }
}

function applyBody(request: ApiRequest, current: KubeObject, text: string): Json {
  const { value: body, fault } = parseJson(text)
  if (fault !== undefined) throw badRequest(`error decoding patch: ${fault}`)
  switch (mediaType(request)) {
    case JSON_PATCH:
      return jsonPatched(current, body)
    case MERGE:
      if (!isMap(body))
        throw badRequest(
          `error decoding patch: json: cannot unmarshal ${kindOf(body)} into Go value of type map[string]interface {}`,
        )
      return applyMergePatch(current, body)
    default:
      return strategicallyPatched(current, body)
  }
}

function jsonPatched(current: KubeObject, body: Json): Json {
  if (!Array.isArray(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kindOf(body)} into Go value of type []handlers.jsonPatchOp`,
    )
  }
  if (body.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
    )
  }
  if (!body.every(isMap))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type handlers.jsonPatchOp')
  try {
    return applyJsonPatch(current, body as unknown as JsonPatchOperation[])
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}

function strategicallyPatched(current: KubeObject, body: Json): Json {
  if (!isMap(body))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kindOf(body)} into Go value of type map[string]interface {}`,
    )
  try {
    return applyStrategicMergePatch(current, body)
  } catch (error) {
    if (error instanceof StrategicPatchError) throw badRequest(error.message)
    throw error
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
