// Plain JSON values: copy, compare, freeze. Objects of the world are frozen, so copies share what is already frozen only by intent.
// biome-ignore lint/suspicious/noExplicitAny: JSON of sixty kinds
export type Json = any

export function isMap(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A deep, unfrozen copy. Faster than structuredClone, as JSON has no cycles and no other types. */
export function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T
  if (!isMap(value)) return value
  const result: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    put(result, key, typeof item === 'object' && item !== null ? copy(item) : item)
  }
  return result as T
}

/** Sets an own property whatever the key is called ("__proto__" comes from the wire too). */
export function put(target: Record<string, Json>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

export function own(value: unknown, key: string): Json {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Equal as JSON: key order does not matter, an undefined field is an absent one. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]))
  }
  if (!isMap(a) || !isMap(b)) return false
  let present = 0
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue
    present++
    if (!Object.hasOwn(b, key) || !same(a[key], b[key])) return false
  }
  for (const key of Object.keys(b)) if (b[key] !== undefined) present--
  return present === 0
}

export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key of Object.keys(value)) freeze((value as Record<string, unknown>)[key])
  return value
}
