// Prior state read from a live cluster, for compiling and for judging.
import { NotFoundError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Cluster } from '../kube/clusters.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Lookup } from './action.ts'

/** Rejects with NotPermittedError or UnavailableError: what cannot be read cannot be planned. */
export function lookupOf(cluster: Pick<Cluster, 'reader'>, signal: AbortSignal): Lookup {
  return {
    find: (ref, options) => readOne(cluster, ref, signal, options),
    async list(kind, namespace) {
      const served = (await cluster.reader.kinds()).byKind(kind)
      if (!served) return []
      const { items } = await cluster.reader.list(served, { ...(namespace ? { namespace } : {}), signal })
      return items
    },
  }
}

/** Undefined when it does not exist. */
export async function readOne(
  cluster: Pick<Cluster, 'reader'>,
  ref: ObjectRef,
  signal: AbortSignal,
  options: { managers?: boolean } = {},
): Promise<KubeObject | undefined> {
  try {
    return await cluster.reader.read(ref, { ...options, signal })
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
