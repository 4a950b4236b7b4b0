// Equality of JSON values, keys in any order; a missing field and an undefined one are the same.
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]))
    )
  }
  const left = Object.entries(a).filter(([, value]) => value !== undefined)
  const right = b as Record<string, unknown>
  const count = Object.values(right).filter((value) => value !== undefined).length
  return left.length === count && left.every(([key, value]) => Object.hasOwn(right, key) && sameJson(value, right[key]))
}
