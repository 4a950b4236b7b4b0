// Every request is bound to the one object that the card shows: the API server itself refuses it for any other.
import type { Step } from '../core/plan.ts'
import { refText } from '../core/ref.ts'
import { kindOf } from '../objects/kinds.ts'
import { groupOf } from '../objects/object.ts'
import { isObject } from './changes.ts'
import { parseApiPath } from './requests.ts'

/** A clause that says what is missing; undefined when the request can only ever meet its object. */
export function bindingProblem(step: Step): string | undefined {
  const { request, object } = step
  const what = refText(object)
  const path = parseApiPath(request.path)
  if (!path) return `the request for ${what} names no plain resource path`
  const body = request.body
  const metadata = isObject(body) && isObject(body.metadata) ? body.metadata : {}
  const name = path.name ?? metadata.name
  const plural = kindOf(object.kind, object.apiVersion)?.plural
  const isOther =
    name !== object.name ||
    path.namespace !== object.namespace ||
    (plural !== undefined && plural !== path.plural) ||
    (object.apiVersion !== undefined && groupOf(object.apiVersion) !== groupOf(path.apiVersion))
  if (isOther) return `the request does not go to ${what}, which the card shows`
  switch (request.method) {
    case 'POST':
      if (path.subresource === undefined)
        return path.name === undefined ? undefined : `the creation of ${what} names an object in its path`
      return hasUid(isObject(body) ? body.deleteOptions : undefined) ? undefined : unbound(what)
    case 'DELETE':
      return hasUid(body) ? undefined : unbound(what)
    case 'PATCH':
      if (request.contentType === 'application/json-patch+json') return testsUid(body) ? undefined : unbound(what)
      if (request.contentType === 'application/apply-patch+yaml') return isUid(metadata.uid) ? undefined : unbound(what)
      return `the change of ${what} is neither a JSON Patch nor an apply, so that it cannot be bound to what the card shows`
    case 'PUT':
      return `the change of ${what} replaces the whole object, so that it cannot be bound to what the card shows`
  }
}

function unbound(what: string): string {
  return `the request is not bound to ${what} by its uid`
}

function hasUid(options: unknown): boolean {
  return isObject(options) && isObject(options.preconditions) && isUid(options.preconditions.uid)
}

/** The test must come before anything changes. */
function testsUid(operations: unknown): boolean {
  if (!Array.isArray(operations)) return false
  const [first] = operations
  return isObject(first) && first.op === 'test' && first.path === '/metadata/uid' && isUid(first.value)
}

function isUid(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
