// The name and namespace of an object are those of its path.
import type { KubeObject } from '../../objects/object.ts'
import { badRequest } from '../status.ts'
import type { ResourceContext } from './context.ts'

/** Sets the namespace of the path; throws 400 when the object says another. */
export function placeObject({ path, resource }: ResourceContext, object: KubeObject): void {
  const asked = object.metadata.namespace
  if (!resource.namespaced) return
  if (path.namespace === undefined) throw badRequest('an empty namespace may not be set during creation')
  if (asked && asked !== path.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  object.metadata.namespace = path.namespace
}

export function checkName(object: KubeObject, name: string): void {
  if (!object.metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (object.metadata.name === name) return
  throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
}
