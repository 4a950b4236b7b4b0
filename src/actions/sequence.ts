// Several actions in one plan: each is compiled against what those before it leave behind, so that they hold when their turn comes.
import { ConflictError } from '../core/errors.ts'
import type { Precondition, Step } from '../core/plan.ts'
import { refKey, refText } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'
import { applyJsonPatch, type JsonPatchOperation } from '../objects/patch-json.ts'
import type { Lookup } from './action.ts'

export interface Sequence extends Lookup {
  /** what has been compiled so far will have happened when the next one runs */
  after(steps: readonly Step[]): Promise<void>
}

/** Patches and deletions are followed by the uid of their object; a server-side apply binds to no value, so nothing needs to be. */
export function inSequence(lookup: Lookup): Sequence {
  const changed = new Map<string, KubeObject>()
  const deleted = new Set<string>()
  const asLeft = (object: KubeObject) => changed.get(object.metadata.uid ?? '') ?? object

  async function find(...[ref, options]: Parameters<Lookup['find']>): Promise<KubeObject | undefined> {
    const found = await lookup.find(ref, options)
    if (found?.metadata.uid && deleted.has(found.metadata.uid))
      throw new ConflictError(`${refText(ref)} is deleted by an earlier change of the same plan`)
    return found && asLeft(found)
  }

  return {
    find,
    async list(kind, namespace) {
      const found = await lookup.list(kind, namespace)
      return found.filter(({ metadata }) => !deleted.has(metadata.uid ?? '')).map(asLeft)
    },
    async after(steps) {
      for (const { request, object, rule } of steps) {
        const live = request.method === 'POST' && rule === 'plain' ? undefined : await find(object)
        const uid = live?.metadata.uid
        if (!live || !uid) continue
        if (request.method === 'DELETE' || rule === 'evict') deleted.add(uid)
        else if (Array.isArray(request.body)) changed.set(uid, patched(live, request.body as JsonPatchOperation[]))
      }
    },
  }
}

function patched(live: KubeObject, operations: JsonPatchOperation[]): KubeObject {
  return applyJsonPatch(
    live,
    operations.filter(({ op }) => op !== 'test'),
  ) as KubeObject
}

/** Of one object the first counts: it speaks of the world before the plan. The facts of all of them must hold. */
export function mergedPreconditions(all: readonly Precondition[]): Precondition[] {
  const byObject = new Map<string, Precondition>()
  for (const one of all) {
    const key = `${one.object.apiVersion} ${refKey(one.object)}`
    const first = byObject.get(key)
    byObject.set(key, first ? { ...first, facts: { ...one.facts, ...first.facts } } : one)
  }
  return [...byObject.values()]
}
