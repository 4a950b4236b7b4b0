// The live objects that a plan is about, read through the API for judging it.
import { readOne } from '../../actions/lookup.ts'
import type { Plan } from '../../core/plan.ts'
import { type ObjectRef, refKey } from '../../core/ref.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { kindOf } from '../../objects/kinds.ts'
import { controllerOf, type KubeObject } from '../../objects/object.ts'
import { Snapshot } from '../../objects/snapshot.ts'
import { parseApiPath } from '../../safety/requests.ts'

const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

/** The objects of a plan's steps, what controls them, what they are made from, and the custom kinds they are of: what tiers depend on. */
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
    if (owner)
      await take({
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.name,
        ...(found.metadata.namespace ? { namespace: found.metadata.namespace } : {}),
      })
    const node = found?.kind === 'Pod' ? found.spec?.nodeName : undefined
    if (typeof node === 'string') await take({ apiVersion: 'v1', kind: 'Node', name: node }).catch(() => undefined)
  }
  // what a new object is made from, such as the CronJob of a Job
  for (const { object } of plan.preconditions) await take(object)
  // a custom kind is known by its definition; where that cannot be read it counts as unknown, which is the worse
  for (const { object, request } of plan.steps) {
    const path = kindOf(object.kind, object.apiVersion) ? undefined : parseApiPath(request.path)
    const [group, version] = path?.apiVersion.split('/') ?? []
    if (path && version !== undefined) await take({ ...CRD, name: `${path.plural}.${group}` }).catch(() => undefined)
  }
  return new Snapshot({ cluster: cluster.name, now: new Date(), objects: [...objects.values()] })
}
