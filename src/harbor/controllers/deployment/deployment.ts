// The deployment controller: rolls the pods of a Deployment from one ReplicaSet to the next.
import type { KubeObject } from '../../../objects/object.ts'
import type { Controller, World } from '../../world.ts'
import { conditionOf } from '../conditions.ts'
import { claim, MANAGER, ownerKey, possibleOwners } from '../owners.ts'
import { isFinished } from '../pods.ts'
import { keyedController, keyOf, splitKey } from '../queue.ts'
import { recordEvent } from '../recorder.ts'
import {
  available,
  DESIRED,
  isRolling,
  MAX,
  maxUnavailable,
  newReplicas,
  oldestFirst,
  proportions,
  total,
  wanted,
} from './numbers.ts'
import { expired, revisionOf, type Sets, sizeAnnotations, sortSets, syncRevision } from './revisions.ts'
import { countStatus, deadlineIn, hasDeadline, isComplete, rolloutStatus, setCondition, writeStatus } from './status.ts'

export const deploymentController: Controller = keyedController('deployment-controller', (world, queue) => ({
  initial: () =>
    world
      .list('Deployment')
      .filter((deployment) => !isAsDumped(world, deployment))
      .map(keyOf),
  concerns({ object, type }) {
    if (object.kind === 'Deployment') return type === 'DELETED' ? [] : [keyOf(object)]
    if (object.kind === 'ReplicaSet') {
      const owner = ownerKey(object, 'Deployment')
      return owner ? [owner] : possibleOwners(world, object, 'Deployment')
    }
    // a Recreate rollout goes on when the last old pod is gone
    if (object.kind === 'Pod' && type === 'DELETED') return recreating(world, object)
    return []
  },
  reconcile(key) {
    const [namespace, name] = splitKey(key)
    const deployment = world.find('Deployment', namespace, name)
    if (!deployment) return
    sync(world, deployment)
    const now = world.find('Deployment', namespace, name)
    if (!now || now.spec?.paused || now.metadata.deletionTimestamp) return
    const left = deadlineIn(now, world.clock.now())
    if (left !== undefined && left > 0) queue.add(key, left + 1)
  },
}))

/** A dump may leave out the empty ReplicaSets of a deployment at rest: that is no reason to make one now. */
function isAsDumped(world: World, { metadata, status }: KubeObject): boolean {
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1)
  return observed && !world.ownedBy(metadata.uid ?? '').some(({ kind }) => kind === 'ReplicaSet')
}

function recreating(world: World, pod: KubeObject): string[] {
  const owner = ownerKey(pod, 'ReplicaSet')
  const set = owner && world.find('ReplicaSet', ...splitKey(owner))
  const key = set && ownerKey(set, 'Deployment')
  const deployment = key && world.find('Deployment', ...splitKey(key))
  return key && deployment && !isRolling(deployment) ? [key] : []
}

function sync(world: World, found: KubeObject): void {
  const { namespace, name } = found.metadata
  if (isEverything(found.spec?.selector)) {
    recordEvent(
      world,
      found,
      { component: 'deployment-controller' },
      {
        type: 'Warning',
        reason: 'SelectingAll',
        message: 'This deployment is selecting all pods. A non-empty selector is required.',
      },
    )
    return
  }
  const owned = claim(world, found, 'ReplicaSet')
  if (found.metadata.deletionTimestamp) return plainSync(world, found, sortSets(found, owned), false)
  sayPaused(world, found)
  const deployment = world.find('Deployment', namespace, name) ?? found
  const sets = sortSets(deployment, owned)
  if (deployment.spec?.paused || isScaling(deployment, sets.all)) return plainSync(world, deployment, sets, true)
  if (isRolling(deployment)) rollOver(world, deployment, sets)
  else recreate(world, deployment, sets)
}

function isEverything(selector: KubeObject['spec']): boolean {
  return !selector || (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length)
}

function sayPaused(world: World, deployment: KubeObject): void {
  if (!hasDeadline(deployment)) return
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') return
  const said = progressing?.reason === 'DeploymentPaused'
  const paused = deployment.spec?.paused === true
  if (paused === said) return
  const words = paused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  writeStatus(world, deployment, (status) => {
    const condition = { type: 'Progressing', status: 'Unknown', ...words }
    status.conditions = setCondition(status.conditions, condition, world.clock.iso())
  })
}

/** The wanted number changed since the active ReplicaSets were sized: scaling comes before rolling. */
function isScaling(deployment: KubeObject, all: KubeObject[]): boolean {
  return all.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED]
    return wanted(set) > 0 && desired !== undefined && Number(desired) !== wanted(deployment)
  })
}

function plainSync(world: World, deployment: KubeObject, sets: Sets, act: boolean): void {
  let all = sets.all
  let fresh = sets.fresh
  if (act) {
    fresh = syncRevision(world, deployment, sets, false).fresh
    all = scaleAll(world, deployment, { ...sets, fresh })
    fresh = fresh && all.find((set) => set.metadata.uid === fresh?.metadata.uid)
    if (deployment.spec?.paused) removeExpired(world, deployment, sets.old)
  }
  const latest = world.find('Deployment', deployment.metadata.namespace, deployment.metadata.name) ?? deployment
  put(world, latest, countStatus(latest, all, fresh, world.clock.iso()))
}

function scaleAll(world: World, deployment: KubeObject, sets: Sets): KubeObject[] {
  const { fresh, old } = sets
  const all = fresh ? [...old, fresh] : old
  const active = all.filter((set) => wanted(set) > 0)
  const only = active.length > 1 ? undefined : (active[0] ?? fresh ?? [...old].sort(oldestFirst).at(-1))
  if (only) {
    return wanted(only) === wanted(deployment)
      ? all
      : all.map((set) => (set === only ? size(set, wanted(deployment)) : set))
  }
  if (fresh && isSaturated(deployment, fresh)) return all.map((set) => (set === fresh ? set : size(set, 0)))
  if (!isRolling(deployment)) return all
  const sizes = proportions(deployment, active)
  return all.map((set) => (sizes.has(set) ? size(set, sizes.get(set) ?? 0) : set))

  function size(set: KubeObject, replicas: number): KubeObject {
    return scale(world, deployment, set, replicas)
  }
}

function isSaturated(deployment: KubeObject, set: KubeObject): boolean {
  const desired = wanted(deployment)
  return (
    wanted(set) === desired && set.metadata.annotations?.[DESIRED] === String(desired) && available(set) === desired
  )
}

function rollOver(world: World, deployment: KubeObject, sets: Sets): void {
  const { fresh, created } = syncRevision(world, deployment, sets, true)
  if (!fresh) return
  if (created) sayScaled(world, deployment, fresh, 0, wanted(fresh))
  const all = [...sets.old, fresh]
  const size = newReplicas(deployment, all, fresh)
  const target = wanted(fresh) > wanted(deployment) ? wanted(deployment) : size
  if (wanted(fresh) !== wanted(deployment) && target !== wanted(fresh)) {
    const grown = scale(world, deployment, fresh, target)
    return finishRound(world, deployment, [...sets.old, grown], grown)
  }
  const shrunk = shrinkOld(world, deployment, sets.old, fresh)
  if (shrunk) return finishRound(world, deployment, [...shrunk, fresh], fresh)
  if (isComplete(deployment, deployment.status)) removeExpired(world, deployment, sets.old)
  finishRound(world, deployment, all, fresh)
}

/** Scales old ReplicaSets down as far as availability allows, pods that do not serve first; undefined when none was changed. */
function shrinkOld(
  world: World,
  deployment: KubeObject,
  old: KubeObject[],
  fresh: KubeObject,
): KubeObject[] | undefined {
  if (total(old, wanted) === 0) return undefined
  const minAvailable = wanted(deployment) - maxUnavailable(deployment)
  const spare = total([...old, fresh], wanted) - minAvailable - (wanted(fresh) - available(fresh))
  if (spare <= 0) return undefined
  let changed = false
  function shrinkBy(sets: KubeObject[], budget: number, share: (set: KubeObject) => number): KubeObject[] {
    let left = budget
    return [...sets].sort(oldestFirst).map((set) => {
      const by = Math.min(left, share(set))
      if (by <= 0) return set
      left -= by
      changed = true
      return scale(world, deployment, set, wanted(set) - by)
    })
  }
  const cleaned = shrinkBy(old, spare, (set) => wanted(set) - available(set))
  const serving = total([...cleaned, fresh], available) - minAvailable
  const shrunk = serving > 0 ? shrinkBy(cleaned, serving, wanted) : cleaned
  return changed ? shrunk : undefined
}

function recreate(world: World, deployment: KubeObject, sets: Sets): void {
  const before = syncRevision(world, deployment, sets, false).fresh
  const active = sets.old.filter((set) => wanted(set) > 0)
  const withFresh = (old: KubeObject[], fresh: KubeObject | undefined) => (fresh ? [...old, fresh] : old)
  if (active.length > 0) {
    const old = sets.old.map((set) => (wanted(set) > 0 ? scale(world, deployment, set, 0) : set))
    return finishRound(world, deployment, withFresh(old, before), before)
  }
  if (sets.old.some((set) => hasRunningPods(world, set))) {
    return finishRound(world, deployment, withFresh(sets.old, before), before)
  }
  const { fresh, created } = syncRevision(world, deployment, { ...sets, fresh: before }, true)
  if (!fresh) return
  if (created) sayScaled(world, deployment, fresh, 0, wanted(fresh))
  const grown = wanted(fresh) === wanted(deployment) ? fresh : scale(world, deployment, fresh, wanted(deployment))
  if (isComplete(deployment, deployment.status)) removeExpired(world, deployment, sets.old)
  finishRound(world, deployment, [...sets.old, grown], grown)
}

function hasRunningPods(world: World, set: KubeObject): boolean {
  return world.ownedBy(set.metadata.uid ?? '').some((pod) => pod.kind === 'Pod' && !isFinished(pod))
}

function finishRound(world: World, deployment: KubeObject, all: KubeObject[], fresh: KubeObject | undefined): void {
  const latest = world.find('Deployment', deployment.metadata.namespace, deployment.metadata.name)
  if (!latest) return
  put(world, latest, rolloutStatus(latest, all, fresh, world.clock.now(), world.clock.iso()))
}

function put(world: World, deployment: KubeObject, status: KubeObject['status']): void {
  const { namespace, name } = deployment.metadata
  world.modify('Deployment', namespace, name, (draft) => void (draft.status = status), {
    manager: MANAGER,
    subresource: 'status',
  })
}

function scale(world: World, deployment: KubeObject, set: KubeObject, replicas: number): KubeObject {
  const before = wanted(set)
  const annotations = sizeAnnotations(deployment)
  const stale =
    set.metadata.annotations?.[DESIRED] !== annotations[DESIRED] || set.metadata.annotations?.[MAX] !== annotations[MAX]
  if (before === replicas && !stale) return set
  const written = world.modify(
    'ReplicaSet',
    set.metadata.namespace,
    set.metadata.name,
    (draft) => {
      draft.spec.replicas = replicas
      draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations }
    },
    { manager: MANAGER },
  )
  if (before !== replicas) sayScaled(world, deployment, set, before, replicas)
  return written ?? set
}

function sayScaled(world: World, deployment: KubeObject, set: KubeObject, from: number, to: number): void {
  if (from === to) return
  recordEvent(
    world,
    deployment,
    { component: 'deployment-controller' },
    {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`,
    },
  )
}

function removeExpired(world: World, deployment: KubeObject, old: KubeObject[]): void {
  for (const set of expired(
    deployment,
    [...old].sort((a, b) => revisionOf(a) - revisionOf(b)),
  )) {
    world.delete('ReplicaSet', set.metadata.namespace, set.metadata.name, { propagationPolicy: 'Background' })
  }
}
