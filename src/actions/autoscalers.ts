// Finds the autoscaler that a person means: itself, or the one that scales the workload they named.
import { NotFoundError } from '../core/errors.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { refOf } from '../objects/object.ts'
import type { Lookup } from './action.ts'
import { type Found, findTarget } from './objects.ts'

const KIND = 'HorizontalPodAutoscaler'

export async function findAutoscaler(target: ObjectRef, lookup: Lookup): Promise<Found> {
  if (target.kind === KIND || /^(hpa|horizontalpodautoscalers?)$/i.test(target.kind)) {
    return findTarget({ kind: KIND, namespace: target.namespace, name: target.name }, lookup)
  }
  const workload = await findTarget(target, lookup)
  const all = await lookup.list(KIND, workload.ref.namespace)
  const hpa = all.find(
    ({ spec }) => spec?.scaleTargetRef?.kind === workload.ref.kind && spec?.scaleTargetRef?.name === workload.ref.name,
  )
  if (!hpa) throw new NotFoundError(`nothing autoscales ${refText(workload.ref)}`)
  return findTarget({ ...refOf(hpa), apiVersion: undefined }, lookup)
}
