// JSON Merge Patch (RFC 7396): maps are merged, null removes, everything else replaces.
function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns a changed copy that shares what did not change; the document itself stays as it is. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch
  const result: Record<string, unknown> = {}
  const base = isMap(document) ? document : {}
  for (const key of Object.keys(base)) {
    if (!Object.hasOwn(patch, key)) define(result, key, base[key])
    else if (patch[key] !== null) define(result, key, applyMergePatch(base[key], patch[key]))
  }
  for (const key of Object.keys(patch)) {
    if (!Object.hasOwn(base, key) && patch[key] !== null) define(result, key, applyMergePatch(undefined, patch[key]))
  }
  return result
}

function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
