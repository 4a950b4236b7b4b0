// The ReplicaSet controller: as many pods of one template as wanted.

import { messageOf } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Controller, World } from '../world.ts'
import { type Condition, conditionOf, withoutCondition } from './conditions.ts'
import { claim, MANAGER, ownerKey, possibleOwners } from './owners.ts'
import {
  byDeletion,
  compact,
  createPod,
  isActive,
  isAvailable,
  isFinished,
  isReady,
  nextAvailable,
  slowStart,
} from './pods.ts'
import { gather, keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'

// what may have kept pods from being created: when one of these changes, it is tried again at once
const GUARDS = new Set(['ResourceQuota', 'LimitRange', 'ServiceAccount', 'Namespace'])
// how many pods one round creates or deletes at most
const BURST = 500
const COMPONENT = { component: 'replicaset-controller' }

export const replicaSetController: Controller = keyedController('replicaset-controller', (world, queue) => ({
  initial: () => world.list('ReplicaSet').map(keyOf),
  concerns({ object, type }) {
    if (object.kind === 'ReplicaSet') return type === 'DELETED' ? [] : [keyOf(object)]
    if (object.kind === 'Pod') {
      const owner = ownerKey(object, 'ReplicaSet')
      if (owner) {
        queue.add(owner, gather(world.find('ReplicaSet', ...splitKey(owner))?.spec?.replicas ?? 1))
        return []
      }
      return object.metadata.ownerReferences?.length ? [] : possibleOwners(world, object, 'ReplicaSet')
    }
    if (GUARDS.has(object.kind) || object.kind.endsWith('WebhookConfiguration')) return failing(world, object)
    return []
  },
  reconcile(key) {
    const set = world.find('ReplicaSet', ...splitKey(key))
    if (!set) return
    const pods = claim(world, set, 'Pod')
    const active = pods.filter(isActive)
    const missing = (set.spec?.replicas ?? 1) - active.length
    const error = set.metadata.deletionTimestamp ? undefined : manage(world, set, active, missing)
    const latest = world.find('ReplicaSet', ...splitKey(key))
    if (!latest) return
    const now = missing === 0 ? pods : claim(world, latest, 'Pod')
    writeStatus(world, latest, now, error, missing)
    if (error !== undefined) throw error
    return nextAvailable(now, set.spec?.minReadySeconds ?? 0, world.clock.now())
  },
}))

function failing(world: World, guard: KubeObject): string[] {
  const namespace = guard.kind === 'Namespace' ? guard.metadata.name : guard.metadata.namespace
  return world
    .list('ReplicaSet', namespace === undefined ? {} : { namespace })
    .filter((set) => conditionOf(set.status?.conditions, 'ReplicaFailure'))
    .map(keyOf)
}

function manage(world: World, set: KubeObject, active: KubeObject[], missing: number): unknown {
  if (missing > 0) {
    const { error } = slowStart(Math.min(missing, BURST), () => {
      const pod = createPod(world, set, set.spec?.template)
      say(world, set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    })
    if (error !== undefined) say(world, set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
    return error
  }
  for (const pod of byDeletion(active).slice(0, Math.min(-missing, BURST))) {
    world.delete('Pod', pod.metadata.namespace, pod.metadata.name, { manager: MANAGER })
    say(world, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
  return undefined
}

function say(world: World, set: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, set, COMPONENT, { type, reason, message })
}

function writeStatus(world: World, set: KubeObject, pods: KubeObject[], error: unknown, missing: number): void {
  const active = pods.filter(isActive)
  const now = world.clock.now()
  const labels = Object.entries<string>(set.spec?.template?.metadata?.labels ?? {})
  const status = {
    ...compact({
      observedGeneration: set.metadata.generation ?? 1,
      fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
        .length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: active.filter((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
      conditions: failureCondition(set, error, missing, world.clock.iso()),
    }),
    replicas: active.length,
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp && !isFinished(pod)).length,
  }
  world.modify('ReplicaSet', set.metadata.namespace, set.metadata.name, (draft) => void (draft.status = status), {
    manager: MANAGER,
    subresource: 'status',
  })
}

function failureCondition(set: KubeObject, error: unknown, missing: number, now: string): Condition[] {
  const conditions: Condition[] = set.status?.conditions ?? []
  const known = conditionOf(conditions, 'ReplicaFailure')
  if (error === undefined) return withoutCondition(conditions, 'ReplicaFailure')
  if (known) return conditions
  const reason = missing > 0 ? 'FailedCreate' : 'FailedDelete'
  return [
    ...conditions,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime: now, reason, message: messageOf(error) },
  ]
}
