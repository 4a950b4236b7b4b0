// The live objects that a plan is about, read through the API: for compiling it, and for judging it.
import type { Lookup } from '../../actions/action.ts'
import { NotFoundError } from '../../core/errors.ts'
import type { Plan } from '../../core/plan.ts'
import { type ObjectRef, refKey } from '../../core/ref.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { controllerOf, type KubeObject } from '../../objects/object.ts'
import { Snapshot } from '../../objects/snapshot.ts'

/** Rejects with NotPermittedError or UnavailableError: what cannot be read cannot be planned. */
export function lookupOf(cluster: Cluster, signal: AbortSignal): Lookup {
  return {
    find: (ref) => readOne(cluster, ref, signal),
    async list(kind, namespace) {
      const served = (await cluster.reader.kinds()).byKind(kind)
      if (!served) return []
      const { items } = await cluster.reader.list(served, { ...(namespace ? { namespace } : {}), signal })
      return items
    },
  }
}

export async function readOne(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await cluster.reader.read(ref, { signal })
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** The objects of a plan's steps, what controls them, and the custom kinds they are of: what tiers depend on. */
export async function readWorld(cluster: Cluster, plan: Plan, signal: AbortSignal): Promise<Snapshot> {
  const objects = new Map<string, KubeObject>()
  const take = async (ref: ObjectRef) => {
    if (objects.has(refKey(ref))) return undefined
    const found = await readOne(cluster, ref, signal)
    if (found) objects.set(refKey(ref), found)
    return found
  }
  for (const { object } of plan.steps) {
    const found = await take(object)
    const owner = found && controllerOf(found)
    if (owner) await take({ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, ...(found.metadata.namespace ? { namespace: found.metadata.namespace } : {}) })
    const node = found?.kind === 'Pod' ? found.spec?.nodeName : undefined
    if (typeof node === 'string') await take({ apiVersion: 'v1', kind: 'Node', name: node }).catch(() => undefined)
  }
  return new Snapshot({ cluster: cluster.name, now: new Date(), objects: [...objects.values()] })
}
