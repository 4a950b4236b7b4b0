// The binding subresource of pods: how a scheduler places one.
import type { KubeObject } from '../../objects/object.ts'
import { copy, isMap } from '../plain.ts'
import { badRequest, conflict, notFound } from '../status.ts'
import { updateObject } from '../update.ts'
import { parseBody } from './body.ts'
import type { ResourceContext } from './context.ts'
import { methodNotAllowed } from './refusals.ts'
import type { Answer } from './respond.ts'

export function bind(context: ResourceContext): Answer {
  const { realm, resource, path, request } = context
  if (request.method !== 'POST') throw methodNotAllowed()
  const { value } = parseBody(request, 'Binding')
  const name = path.name ?? ''
  const target = isMap(value) ? value.target?.name : undefined
  if (typeof target !== 'string' || target === '') throw badRequest('target.name: Required value')
  const pod = realm.store.get(resource.id, path.namespace ?? '', name)
  if (!pod) throw notFound(resource, name)
  const subject = { plural: 'pods/binding', group: '' }
  if (pod.metadata.deletionTimestamp)
    throw conflict(subject, name, `pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName) {
    throw conflict(subject, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
  }
  if (request.query.get('dryRun') !== 'All') assign(context, pod, target)
  return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function assign({ realm, resource, request }: ResourceContext, pod: KubeObject, nodeName: string): void {
  const { namespace, name } = pod.metadata
  const change = (old: KubeObject) => {
    const draft = copy(old)
    draft.spec.nodeName = nodeName
    draft.status ??= {}
    const lastTransitionTime = realm.world.clock.iso()
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime }
    const others = (draft.status.conditions ?? []).filter((item: { type: string }) => item.type !== 'PodScheduled')
    draft.status.conditions = [...others, scheduled]
    return draft
  }
  updateObject(realm, resource, namespace, name, change, { manager: request.agent, subresource: 'binding' })
}
