// Who else manages the fields that an apply would change, as metadata.managedFields says: a server-side apply is refused for them (409).
import type { KubeObject } from '../objects/object.ts'
import { sameJson } from '../objects/same.ts'
import { type Edit, isRecord, valueAt } from './requests.ts'

interface Managed {
  manager?: unknown
  operation?: unknown
  subresource?: unknown
  fieldsV1?: unknown
}

/** Names of the managers, without `own` as far as it applied itself; what is new is nobody's. Empty where the object does not say. */
export function managersOf(live: KubeObject, edits: readonly Edit[], own: string): string[] {
  const changed = edits.map(({ path }) => path).filter((path) => valueAt(live, path) !== undefined)
  const others = ((live.metadata.managedFields ?? []) as Managed[]).filter(
    ({ manager, operation, fieldsV1 }) =>
      !(manager === own && operation === 'Apply') && changed.some((path) => holds(fieldsV1, live, path)),
  )
  return [...new Set(others.map(({ manager }) => String(manager).slice(0, 80)))]
}

/** Is the field in the set, or in something that is owned as a whole? `f:spec` is a field, `k:{"name":"web"}` an element by its keys. */
function holds(fields: unknown, value: unknown, path: readonly (string | number)[]): boolean {
  if (!isRecord(fields)) return false
  const [key, ...rest] = path
  // the field itself, or something above it without parts of its own
  if (key === undefined || Object.keys(fields).length === 0) return true
  const below = valueAt(value, [key])
  const name = typeof key === 'number' ? elementIn(fields, below) : `f:${key}`
  return name !== undefined && Object.hasOwn(fields, name) && holds(fields[name], below, rest)
}

function elementIn(fields: Record<string, unknown>, element: unknown): string | undefined {
  return Object.keys(fields).find((name) => {
    if (!name.startsWith('k:')) return false
    const keys = parse(name.slice(2))
    return (
      isRecord(keys) && Object.entries(keys).every(([key, value]) => sameJson(valueAt(element, [key]) ?? null, value))
    )
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
