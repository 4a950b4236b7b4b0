// The pods of what a question names, or of its whole place.
import { NotFoundError } from '../../../core/errors.ts'
import { type Kind, kindOf } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { matchesMap, matchesSelector } from '../../../objects/selector.ts'
import type { Place } from '../place.ts'

export const POD = kindOf('Pod') as Kind

/** All pods of the place when nothing is named. */
export async function podsOf(place: Place, signal: AbortSignal): Promise<KubeObject[]> {
  if (place.objects.length === 0) return podsIn(place, place.namespace, signal)
  const found: KubeObject[] = []
  for (const ref of place.objects) {
    for (const pod of await podsOfOne(place, ref, signal)) {
      if (
        !found.some(
          (known) => known.metadata.name === pod.metadata.name && known.metadata.namespace === pod.metadata.namespace,
        )
      )
        found.push(pod)
    }
  }
  return found
}

async function podsOfOne(place: Place, ref: Place['objects'][number], signal: AbortSignal): Promise<KubeObject[]> {
  const object = await place.cluster.reader.read(ref, { signal }).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined
    throw error
  })
  if (!object) return []
  if (object.kind === 'Pod') return [object]
  const pods = await podsIn(place, object.kind === 'Node' ? undefined : object.metadata.namespace, signal)
  if (object.kind === 'Node') return pods.filter((pod) => pod.spec?.nodeName === object.metadata.name)
  if (object.kind === 'Service') return pods.filter((pod) => matchesMap(object.spec?.selector, pod.metadata.labels))
  if (object.kind === 'CronJob')
    return pods.filter((pod) =>
      pod.metadata.ownerReferences?.some(
        (owner) => owner.kind === 'Job' && owner.name.startsWith(`${object.metadata.name}-`),
      ),
    )
  if (!object.spec?.selector)
    return pods.filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid))
  return pods.filter((pod) => matchesSelector(object.spec.selector, pod.metadata.labels))
}

async function podsIn(place: Place, namespace: string | undefined, signal: AbortSignal): Promise<KubeObject[]> {
  return (await place.cluster.reader.list(POD, { ...(namespace ? { namespace } : {}), signal })).items
}
