// A merge patch or a manifest → the edits of the live object that it amounts to.
import { UsageError } from '../core/errors.ts'
import type { FactName } from '../objects/facts.ts'
import type { KubeObject } from '../objects/object.ts'
import { applyMergePatch } from '../objects/patch-merge.ts'
import { applyStrategicMergePatch, StrategicPatchError } from '../objects/patch-strategic.ts'
import { type Edit, editsBetween, isRecord } from './requests.ts'
import { readyFacts } from './workloads.ts'

/** Throws a UsageError when the patch cannot be merged or would change what an object is. */
export function mergeEdits(type: 'merge' | 'strategic', body: unknown, live: unknown): Edit[] {
  if (!isRecord(body)) throw new UsageError('a merge patch is an object')
  try {
    const after = type === 'merge' ? applyMergePatch(live, body) : applyStrategicMergePatch(live, body)
    return checked(editsBetween(live, after))
  } catch (error) {
    if (error instanceof StrategicPatchError) throw new UsageError(`the patch contradicts itself: ${error.message}`)
    if (error instanceof RangeError) throw new UsageError('the patch is nested too deep')
    throw error
  }
}

/** The state that the tier of such a patch relies on. */
export function reliedOn(edits: readonly Edit[], live: KubeObject): FactName[] {
  return edits.some(({ path, value }) => path.join('.') === 'spec.replicas' && (value ?? 0) === 0)
    ? readyFacts(live)
    : []
}

const FIXED = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
])

/** Throws a UsageError when an edit changes which object it is. */
export function checked(edits: Edit[]): Edit[] {
  const fixed = edits.find(({ path }) => FIXED.has(path.slice(0, 2).join('.')) || path[0] === '__proto__')
  if (fixed) throw new UsageError(`${fixed.path.join('.')} of an object cannot be changed`)
  return edits
}
