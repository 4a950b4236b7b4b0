// Prior state read from a live cluster, for compiling and for judging.
import { NotFoundError, UsageError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Cluster } from '../kube/clusters.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Lookup } from './action.ts'

/** Rejects with NotPermittedError, UnavailableError or, for too many objects, UsageError: what cannot be read whole cannot be planned. */
export function lookupOf(cluster: Pick<Cluster, 'reader'>, signal: AbortSignal): Lookup {
  return {
    find: (ref, options) => readOne(cluster, ref, signal, options),
    async list(kind, namespace) {
      const served = (await cluster.reader.kinds()).byKind(kind)
      if (!served) return []
      const { items, cut } = await cluster.reader.list(served, { ...(namespace ? { namespace } : {}), signal })
      if (cut)
        throw new UsageError(
          `there are more ${served.plural} than can be read at once, so which are meant cannot be told`,
        )
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
