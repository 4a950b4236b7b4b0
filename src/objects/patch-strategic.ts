// Strategic merge patch: a merge patch that pairs list elements by their key, with $patch, $retainKeys, $setElementOrder and
// $deleteFromPrimitiveList. https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
import { builtInListRule } from './patch-keys.ts'

/** The patch contradicts itself or lacks a merge key; the message is the API server's. */
export class StrategicPatchError extends Error {
  override name = 'StrategicPatchError'
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Json = any
type JsonMap = Record<string, Json>

const PATCH = '$patch'
const RETAIN = '$retainKeys'
const ORDER = '$setElementOrder/'
const DELETE_PRIMITIVE = '$deleteFromPrimitiveList/'

/** Returns a changed copy that shares what did not change; the document itself stays as it is. */
export function applyStrategicMergePatch(document: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return document
  return mergeMap(isMap(document) ? document : {}, patch, [])
}

function mergeMap(original: JsonMap, patch: JsonMap, path: string[]): JsonMap {
  const directive = own(patch, PATCH)
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge') throw unknownDirective(directive)
  const result: JsonMap = {}
  const retained: Json = own(patch, RETAIN)
  for (const key of Object.keys(original)) {
    if (!Array.isArray(retained) || retained.includes(key)) define(result, key, original[key])
  }
  for (const key of Object.keys(patch)) {
    if (isDirective(key)) continue
    const value = patch[key]
    if (value === null) delete result[key]
    else define(result, key, mergeValue(own(result, key), value, [...path, key], patch))
  }
  // an order or a deletion may come without the list itself
  for (const key of Object.keys(patch)) {
    const field = key.startsWith(ORDER) ? key.slice(ORDER.length) : deletedList(key)
    if (field === undefined || Object.hasOwn(patch, field) || !Array.isArray(own(result, field))) continue
    define(result, field, mergeList(result[field], [], [...path, field], patch))
  }
  return result
}

function deletedList(key: string): string | undefined {
  return key.startsWith(DELETE_PRIMITIVE) ? key.slice(DELETE_PRIMITIVE.length) : undefined
}

function mergeValue(original: Json, value: Json, path: string[], siblings: JsonMap): Json {
  if (isMap(value)) {
    if (isMap(original)) return mergeMap(original, value, path)
    return own(value, PATCH) === 'delete' ? undefined : mergeMap({}, value, path)
  }
  if (!Array.isArray(value)) return value
  return mergeList(Array.isArray(original) ? original : [], value, path, siblings)
}

function mergeList(original: Json[], patch: Json[], path: string[], siblings: JsonMap): Json[] {
  const field = path.at(-1) ?? ''
  const rule = builtInListRule(path)
  const order: Json = own(siblings, ORDER + field)
  if (rule.set) return mergeScalars(original, patch, order, own(siblings, DELETE_PRIMITIVE + field))
  if (rule.patch === undefined) return patch.map(withoutDirectives)
  return mergeKeyed(original, patch, rule.patch, path, order)
}

function mergeScalars(original: Json[], patch: Json[], order: Json, removed: Json): Json[] {
  const gone = new Set(Array.isArray(removed) ? removed : [])
  const merged = [...new Set([...original, ...patch])].filter((item) => !gone.has(item))
  return sortLike(merged, original, Array.isArray(order) ? order : patch, (item) => item)
}

function mergeKeyed(original: Json[], patch: Json[], key: string, path: string[], order: Json): Json[] {
  const replaced = patch.some((item) => own(item, PATCH) === 'replace' && Object.keys(item).length === 1)
  const keyOf = (item: Json) => {
    const value = own(item, key)
    if (value !== undefined) return value
    throw new StrategicPatchError(`map: ${goMap(item)} does not contain declared merge key: ${key}`)
  }
  let merged: Json[] = replaced ? [] : [...original]
  for (const item of patch) {
    const directive = own(item, PATCH)
    if (directive === 'replace' && Object.keys(item).length === 1) continue
    const value = keyOf(item)
    const at = merged.findIndex((present) => own(present, key) === value)
    if (directive === 'delete') merged = merged.filter((present) => own(present, key) !== value)
    else if (directive === 'replace') merged = at < 0 ? merged : merged.with(at, withoutDirectives(item))
    else if (at < 0) merged.push(mergeMap({}, item, path))
    else merged = merged.with(at, mergeMap(merged[at], item, path))
  }
  const wanted = Array.isArray(order) ? order : patch.filter((item) => own(item, PATCH) === undefined)
  return sortLike(merged, original, wanted, (item) => own(item, key))
}

// the items that the patch names come in its order; the others keep theirs and go where they were relative to those
function sortLike(merged: Json[], original: Json[], order: Json[], keyOf: (item: Json) => Json): Json[] {
  const wanted = order.map(keyOf)
  const named = merged.filter((item) => wanted.includes(keyOf(item)))
  named.sort((a, b) => wanted.indexOf(keyOf(a)) - wanted.indexOf(keyOf(b)))
  const others = merged.filter((item) => !wanted.includes(keyOf(item)))
  const before = original.map(keyOf)
  const result: Json[] = []
  while (named.length > 0 || others.length > 0) {
    const left = named.length > 0 ? before.indexOf(keyOf(named[0])) : -1
    const right = others.length > 0 ? before.indexOf(keyOf(others[0])) : -1
    const takeOther = named.length === 0 || (others.length > 0 && left >= 0 && right >= 0 && right < left)
    result.push(takeOther ? others.shift() : named.shift())
  }
  return result
}

function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives)
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) define(result, key, withoutDirectives(value[key]))
  }
  return result
}

function isDirective(key: string): boolean {
  return key === PATCH || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_PRIMITIVE)
}

function unknownDirective(value: unknown): StrategicPatchError {
  return new StrategicPatchError(`Unknown patch type ${String(value)} in map`)
}

// a map as Go prints it in this error
function goMap(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`
  if (!isMap(value)) return String(value)
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goMap(value[key])}`)
  return `map[${pairs.join(' ')}]`
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(value: unknown, key: string): Json {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function define(target: JsonMap, key: string, value: unknown): void {
  if (value === undefined) return
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
