// Merge patches as a function from object to object: RFC 7386, and the strategic form for the lists it knows by a key.
import { UsageError } from '../core/errors.ts'
import { isRecord } from './requests.ts'

const MAX_DEPTH = 60

export function mergePatch(target: unknown, patch: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new UsageError('the patch is nested too deep')
  if (!isRecord(patch)) return patch
  const result = new Map(Object.entries(isRecord(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key)
    else result.set(key, mergePatch(result.get(key), value, depth + 1))
  }
  return Object.fromEntries(result)
}

/** `patchMergeKey` of the core types (k8s.io/api): field → key of its elements */
const MERGE_KEYS: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  resizePolicy: 'resourceName',
  ownerReferences: 'uid',
  conditions: 'type',
}
/** Lists of plain values that are merged as sets. */
const SETS = new Set(['finalizers'])

/** Throws a UsageError for a directive other than `$patch: delete|replace`. */
export function strategicMerge(target: unknown, patch: unknown, field = '', depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new UsageError('the patch is nested too deep')
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, field, depth)
  if (!isRecord(patch)) return patch
  const { $patch, ...fields } = patch
  if ($patch === 'replace') return fields
  if ($patch === 'delete') return undefined
  if ($patch !== undefined) throw new UsageError('only "delete" and "replace" are taken as $patch')
  const result = new Map(Object.entries(isRecord(target) ? target : {}))
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith('$setElementOrder/')) continue
    if (key.startsWith('$')) throw new UsageError(`the directive ${key.slice(0, 60)} is not taken; use a JSON patch`)
    const merged = value === null ? undefined : strategicMerge(result.get(key), value, key, depth + 1)
    if (merged === undefined) result.delete(key)
    else result.set(key, merged)
  }
  return Object.fromEntries(result)
}

function mergeList(target: unknown[], patch: unknown[], field: string, depth: number): unknown {
  if (SETS.has(field)) return [...new Set([...target, ...patch])]
  const key = mergeKey(field, patch)
  if (key === undefined) return patch
  const result = [...target]
  for (const item of patch) {
    if (!isRecord(item) || item[key] === undefined) throw new UsageError(`an element of ${field} has no ${key}`)
    const index = result.findIndex((known) => isRecord(known) && known[key] === item[key])
    const merged = strategicMerge(index < 0 ? undefined : result[index], item, '', depth + 1)
    if (merged === undefined) {
      if (index >= 0) result.splice(index, 1)
    } else if (index < 0) result.push(merged)
    else result[index] = merged
  }
  return result
}

/** `ports` are known by containerPort in a container and by port in a Service. */
function mergeKey(field: string, patch: unknown[]): string | undefined {
  if (field === 'ports') {
    const [first] = patch
    return isRecord(first) && first.containerPort !== undefined ? 'containerPort' : 'port'
  }
  return Object.hasOwn(MERGE_KEYS, field) ? MERGE_KEYS[field] : undefined
}
