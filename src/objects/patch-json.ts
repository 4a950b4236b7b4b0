// JSON Patch (RFC 6902), with the one liberty that API servers take: `replace` of a missing map key adds it.
export interface JsonPatchOperation {
  op: string
  path: string
  from?: string
  value?: unknown
}

/** The patch does not fit the document: a `test` failed, a path is missing, an operation is unknown. */
export class PatchError extends Error {
  override name = 'PatchError'
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Json = any

// copies multiply a document; a patch that grows it beyond reason is refused
const MAX_OPERATIONS = 10_000
const MAX_COPIED = 4 * 1024 * 1024

/** Returns a changed copy; the document itself stays as it is. */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (operations.length > MAX_OPERATIONS) throw new PatchError(`a patch has at most ${MAX_OPERATIONS} operations`)
  const root = { document: clone(document) }
  const budget = { left: MAX_COPIED }
  for (const operation of operations) applyOne(root, operation, budget)
  return root.document
}

function applyOne(root: { document: Json }, operation: JsonPatchOperation, budget: { left: number }): void {
  const path = parsePointer(operation.path)
  switch (operation.op) {
    case 'add':
      return add(root, path, clone(required(operation)))
    case 'remove':
      return remove(root, path)
    case 'replace':
      return replace(root, path, clone(required(operation)))
    case 'test':
      if (!equal(get(root, path), operation.value ?? null)) throw new PatchError(`test failed at ${operation.path}`)
      return
    case 'copy': {
      const value = existing(root, parsePointer(operation.from))
      budget.left -= JSON.stringify(value).length
      if (budget.left < 0) throw new PatchError('the copies of this patch are too large')
      return add(root, path, clone(value))
    }
    case 'move': {
      const from = parsePointer(operation.from)
      if (path.length > from.length && from.every((part, index) => part === path[index])) {
        throw new PatchError('a value cannot be moved into itself')
      }
      const value = existing(root, from)
      remove(root, from)
      return add(root, path, value)
    }
    default:
      throw new PatchError(`unknown operation ${operation.op}`)
  }
}

function required(operation: JsonPatchOperation): unknown {
  if (!Object.hasOwn(operation, 'value')) throw new PatchError(`${operation.op} needs a value`)
  return operation.value
}

function parsePointer(text: unknown): string[] {
  if (typeof text !== 'string') throw new PatchError('a path is missing')
  if (text === '') return []
  if (!text.startsWith('/')) throw new PatchError(`${text} is no JSON pointer`)
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const INDEX = /^(0|[1-9]\d{0,8})$/

function step(value: Json, key: string): Json {
  if (Array.isArray(value)) return INDEX.test(key) ? value[Number(key)] : undefined
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? value[key] : undefined
}

function get(root: { document: Json }, path: string[]): Json {
  return path.reduce<Json>(step, root.document) ?? null
}

function existing(root: { document: Json }, path: string[]): Json {
  const value = path.reduce<Json>(step, root.document)
  if (value === undefined) throw new PatchError('the source of the operation does not exist')
  return value
}

function parentOf(root: { document: Json }, path: string[]): Json {
  const parent = path.slice(0, -1).reduce<Json>(step, root.document)
  if (typeof parent !== 'object' || parent === null) throw new PatchError(`nothing at the parent of /${path.join('/')}`)
  return parent
}

function add(root: { document: Json }, path: string[], value: unknown): void {
  const key = path.at(-1)
  if (key === undefined) {
    root.document = value
    return
  }
  const parent = parentOf(root, path)
  if (!Array.isArray(parent)) return set(parent, key, value)
  const at = key === '-' ? parent.length : INDEX.test(key) ? Number(key) : -1
  if (at < 0 || at > parent.length) throw new PatchError(`index ${key} is out of bounds`)
  parent.splice(at, 0, value)
}

function remove(root: { document: Json }, path: string[]): void {
  const key = path.at(-1)
  if (key === undefined) throw new PatchError('the document itself cannot be removed')
  const parent = parentOf(root, path)
  if (step(parent, key) === undefined) throw new PatchError(`nothing at /${path.join('/')}`)
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete parent[key]
}

function replace(root: { document: Json }, path: string[], value: unknown): void {
  const key = path.at(-1)
  if (key === undefined) {
    root.document = value
    return
  }
  const parent = parentOf(root, path)
  if (!Array.isArray(parent)) return set(parent, key, value)
  if (step(parent, key) === undefined) throw new PatchError(`index ${key} is out of bounds`)
  parent[Number(key)] = value
}

// "__proto__" is a key like any other
function set(target: Json, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function clone(value: Json): Json {
  if (Array.isArray(value)) return value.map(clone)
  if (typeof value !== 'object' || value === null) return value
  const result = {}
  for (const key of Object.keys(value)) set(result, key, clone(value[key]))
  return result
}

function equal(a: Json, b: Json): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}
