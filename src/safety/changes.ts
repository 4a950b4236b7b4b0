// Patch bodies → the fields they change, with the live value beside each. Nothing is applied: what a patch touches is
// enough to judge it, and stays readable where the object is unknown.
import type { KubeObject } from '../objects/object.ts'
import type { Change } from './effects.ts'

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

const MAX_CHANGES = 2000

/** Undefined when the body is no patch of this type (the API server would refuse it) or is too large to be judged. */
export function changesOf(type: PatchType, body: unknown, live: KubeObject | undefined): Change[] | undefined {
  const changes: Change[] = []
  try {
    if (type === 'json') {
      if (!Array.isArray(body)) return undefined
      // an inserted or removed list element moves the others: what stands at an index is not known any more
      let known: KubeObject | undefined = live
      for (const operation of body) {
        if (!jsonOperation(operation, known, changes)) return undefined
        if (movesElements(operation, known)) known = undefined
      }
    } else {
      if (!isObject(body)) return undefined
      merge(body, [], live, type, changes)
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return changes
}

/** The fields in which a whole new object differs from the live one (a PUT). */
export function differences(body: unknown, live: KubeObject | undefined): Change[] | undefined {
  if (!isObject(body)) return undefined
  const changes: Change[] = []
  try {
    replaceAt([], live, body, changes)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return changes.filter(({ path }) => !isServerField(path))
}

function isServerField(path: string[]): boolean {
  return path[0] === 'status' || (path[0] === 'metadata' && SERVER_META.has(path[1] ?? ''))
}
const SERVER_META = new Set(['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'])

function jsonOperation(operation: unknown, live: KubeObject | undefined, changes: Change[]): boolean {
  if (!isObject(operation) || typeof operation.path !== 'string') return false
  const { op, path, from, value } = operation
  const tokens = pointer(path)
  if (!tokens) return false
  switch (op) {
    case 'test':
      return true
    case 'add':
    case 'replace': {
      if (value === undefined) return false
      // adding to a list keeps what is there; everything else replaces what stood at the path
      const isAppend = tokens.at(-1) === '-'
      replaceAt(named(tokens, live), isAppend ? undefined : valueAt(live, tokens), value, changes, isAppend)
      return true
    }
    case 'remove':
      removeAt(named(tokens, live), valueAt(live, tokens), changes)
      return true
    case 'move':
    case 'copy': {
      const source = typeof from === 'string' ? pointer(from) : undefined
      if (!source) return false
      if (op === 'move') removeAt(named(source, live), valueAt(live, source), changes)
      // an earlier operation may have put anything there
      push(changes, { path: named(tokens, live), before: undefined, after: undefined, unclear: true })
      return true
    }
    default:
      return false
  }
}

function movesElements(operation: unknown, live: KubeObject | undefined): boolean {
  if (!isObject(operation) || typeof operation.path !== 'string') return true
  if (operation.op === 'test' || operation.op === 'replace') return false
  const tokens = pointer(operation.path) ?? []
  return operation.op === 'move' || tokens.some((_, length) => Array.isArray(valueAt(live, tokens.slice(0, length))))
}

/** RFC 6901. Undefined when it is no pointer. */
function pointer(text: string): string[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/')) return undefined
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function merge(
  patch: Record<string, unknown>,
  path: string[],
  live: unknown,
  type: PatchType,
  changes: Change[],
): void {
  if (path.length > 60) throw new RangeError('too deep')
  for (const [key, value] of Object.entries(patch)) {
    if (type === 'strategic' && key.startsWith('$')) {
      directive(key, value, path, live, changes)
      continue
    }
    const here = [...path, key]
    const before = childOf(live, key)
    if (value === null) removeAt(here, before, changes)
    else if (isObject(value)) {
      if (Object.keys(value).length === 0) push(changes, { path: here, before, after: {} })
      else merge(value, here, before, type, changes)
    } else if (Array.isArray(value) && type !== 'merge' && isNamedList(value)) {
      // strategic merge and apply know these lists by the `name` of their elements
      for (const item of value) merge(item, [...here, item.name], childOf(before, item.name), type, changes)
      if (type === 'strategic') continue
      // what this manager applied before and leaves out now is removed; which that is, only the server knows
      push(changes, { path: here, before, after: value, unclear: true })
    } else replaceAt(here, before, value, changes)
  }
}

function directive(key: string, value: unknown, path: string[], live: unknown, changes: Change[]): void {
  if (key.startsWith('$setElementOrder/') || (key === '$patch' && value === 'merge')) return
  const slash = key.indexOf('/')
  const field = slash < 0 ? undefined : key.slice(slash + 1)
  if (key === '$patch' && value === 'delete') removeAt(path, live, changes)
  else if (field !== undefined)
    push(changes, { path: [...path, field], before: childOf(live, field), after: undefined })
  else push(changes, { path, before: live, after: undefined, unclear: true })
}

/** Everything at `path` gets the value `after`: one change per leaf, and one per leaf that is gone. */
function replaceAt(path: string[], before: unknown, after: unknown, changes: Change[], append = false): void {
  if (path.length > 60) throw new RangeError('too deep')
  if (isObject(after)) {
    if (Object.keys(after).length === 0) push(changes, { path, before, after })
    for (const [key, value] of Object.entries(after)) replaceAt([...path, key], childOf(before, key), value, changes)
    if (isObject(before)) {
      for (const key of Object.keys(before)) {
        if (!Object.hasOwn(after, key)) removeAt([...path, key], before[key], changes)
      }
    }
    return
  }
  if (Array.isArray(after) && after.some((item) => isObject(item))) {
    after.forEach((item, index) => {
      const key = nameOf(item) ?? String(index)
      replaceAt([...path, key], childOf(before, key), item, changes)
    })
    if (Array.isArray(before) && !append) {
      const kept = new Set(after.map((item, index) => nameOf(item) ?? String(index)))
      before.forEach((item, index) => {
        const key = nameOf(item) ?? String(index)
        if (!kept.has(key)) removeAt([...path, key], item, changes)
      })
    }
    return
  }
  push(changes, { path, before, after })
}

function removeAt(path: string[], before: unknown, changes: Change[]): void {
  if (isObject(before) && Object.keys(before).length > 0 && path.length < 60) {
    for (const [key, value] of Object.entries(before)) removeAt([...path, key], value, changes)
    return
  }
  push(changes, { path, before, after: undefined })
}

function push(changes: Change[], change: Change): void {
  if (changes.length >= MAX_CHANGES) throw new RangeError('too many changes')
  changes.push(change)
}

/** The path with array indexes replaced by the names of the live elements. */
function named(tokens: string[], live: unknown): string[] {
  let value = live
  return tokens.map((token) => {
    const child = childOf(value, token)
    const label = Array.isArray(value) ? (nameOf(child) ?? token) : token
    value = child
    return label
  })
}

/** The value at a path of keys, indexes or element names. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const key of path) value = childOf(value, key)
  return value
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const byName = value.find((item) => nameOf(item) === key)
    return byName ?? (/^\d{1,6}$/.test(key) ? value[Number(key)] : undefined)
  }
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function nameOf(value: unknown): string | undefined {
  return isObject(value) && typeof value.name === 'string' ? value.name : undefined
}

function isNamedList(list: unknown[]): list is { name: string }[] {
  return list.length > 0 && list.every((item) => nameOf(item) !== undefined)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
