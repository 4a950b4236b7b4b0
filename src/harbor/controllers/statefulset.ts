// The StatefulSet controller: pods with names and volumes of their own, one after the other.
import { messageOf } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import { isStatus } from '../status.ts'
import type { Controller, World } from '../world.ts'
import { currentRevision, revisionsOf, templateOf, trimHistory } from './history.ts'
import { claim, MANAGER, ownerKey, ownerReference, possibleOwners } from './owners.ts'
import { createPod, isAvailable, isFinished, isReady, nextAvailable } from './pods.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'

type Spec = KubeObject['spec']

const HASH = 'controller-revision-hash'
const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const INDEX = 'apps.kubernetes.io/pod-index'

export const statefulSetController: Controller = keyedController('statefulset-controller', (world) => ({
  initial: () =>
    world
      .list('StatefulSet')
      .filter((set) => !isAsDumped(world, set))
      .map(keyOf),
  concerns({ object, type }) {
    if (object.kind === 'StatefulSet') return type === 'DELETED' ? [] : [keyOf(object)]
    if (object.kind !== 'Pod') return []
    const owner = ownerKey(object, 'StatefulSet')
    if (owner) return [owner]
    return object.metadata.ownerReferences?.length ? [] : possibleOwners(world, object, 'StatefulSet')
  },
  reconcile(key) {
    const set = world.find('StatefulSet', ...splitKey(key))
    return set ? sync(world, set) : undefined
  },
}))

/** Dumps leave out ControllerRevisions: a set at rest needs none until it changes. */
function isAsDumped(world: World, set: KubeObject): boolean {
  const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 1)
  return observed && revisionsOf(world, set).length === 0
}

interface Revisions {
  current: string
  update: string
  templates: Map<string, Spec>
}

function sync(world: World, set: KubeObject): number | undefined {
  const pods = claim(world, set, 'Pod').filter((pod) => ordinalOf(set, pod) !== undefined)
  if (set.metadata.deletionTimestamp) return undefined
  const revisions = revisionsFor(world, set, pods)
  const error = manage(world, set, pods, revisions)
  const latest = claim(world, set, 'Pod').filter((pod) => ordinalOf(set, pod) !== undefined)
  writeStatus(world, set, latest, revisions)
  trimHistory(world, set, new Set([revisions.current, revisions.update, ...latest.map(revisionOf)]))
  if (error !== undefined) throw error
  return nextAvailable(latest, set.spec?.minReadySeconds ?? 0, world.clock.now())
}

function revisionOf(pod: KubeObject): string {
  return pod.metadata.labels?.[HASH] ?? ''
}

function revisionsFor(world: World, set: KubeObject, pods: KubeObject[]): Revisions {
  const known = set.status?.updateRevision as string | undefined
  // pods of a dump carry the revision's name even where the revision itself was left out
  const adopted =
    known &&
    revisionsOf(world, set).length === 0 &&
    (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 1)
  const update = adopted ? known : currentRevision(world, set).metadata.name
  const templates = new Map<string, Spec>([[update, set.spec?.template]])
  for (const revision of revisionsOf(world, set)) {
    const { name } = revision.metadata
    if (!templates.has(name)) templates.set(name, templateOf(revision))
  }
  const before = set.status?.currentRevision as string | undefined
  const current = before && (templates.has(before) || pods.some((pod) => revisionOf(pod) === before)) ? before : update
  return { current, update, templates }
}

function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const prefix = `${set.metadata.name}-`
  const text = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

function isRunningAndReady(pod: KubeObject | undefined): boolean {
  return !!pod && pod.status?.phase === 'Running' && isReady(pod)
}

/** Returns the error that kept a pod from being created. */
function manage(world: World, set: KubeObject, pods: KubeObject[], revisions: Revisions): unknown {
  const { replicas = 1, podManagementPolicy = 'OrderedReady', minReadySeconds = 0, ordinals } = set.spec ?? {}
  const first: number = ordinals?.start ?? 0
  const monotonic = podManagementPolicy !== 'Parallel'
  const now = world.clock.now()
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]))
  const partition: number = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  for (let ordinal = first; ordinal < first + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (pod && isFinished(pod) && !pod.metadata.deletionTimestamp) {
      say(
        world,
        set,
        'Warning',
        'RecreatingFailedPod',
        `StatefulSet ${keyOf(set)} is recreating failed Pod ${pod.metadata.name}`,
      )
      world.delete('Pod', pod.metadata.namespace, pod.metadata.name, { manager: MANAGER })
      return undefined
    }
    if (!pod) {
      const error = create(world, set, ordinal, revisionFor(set, revisions, ordinal, partition, first), revisions)
      if (error !== undefined || monotonic) return error
      continue
    }
    if (!monotonic) continue
    if (pod.metadata.deletionTimestamp) return undefined
    // Kubernetes waits here for a broken pod even when its replacement is at hand, until somebody deletes it (kubernetes#67250);
    // here a changed template replaces it, so that a fix can be seen to work
    if (!isRunningAndReady(pod)) return rollOver(world, set, [pod], revisions, partition)
    if (!isAvailable(pod, minReadySeconds, now)) return undefined
  }
  // superfluous pods go from the highest ordinal down, each after the one before it is gone
  const surplus = pods
    .filter((pod) => (ordinalOf(set, pod) ?? 0) >= first + replicas || (ordinalOf(set, pod) ?? 0) < first)
    .sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0))
  for (const pod of surplus) {
    if (pod.metadata.deletionTimestamp) {
      if (monotonic) return undefined
      continue
    }
    remove(world, set, pod)
    if (monotonic) return undefined
  }
  return rollOver(world, set, pods, revisions, partition)
}

function revisionFor(
  set: KubeObject,
  { current, update }: Revisions,
  ordinal: number,
  partition: number,
  first: number,
): string {
  const rolling = (set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
  const currentReplicas: number = set.status?.currentReplicas ?? 0
  if (!rolling) return ordinal < first + currentReplicas ? current : update
  return ordinal < partition || (partition === 0 && ordinal < first + currentReplicas && current !== update)
    ? current
    : update
}

/** Replaces pods of an older revision, the highest ordinal first, one at a time and only while all above are well. */
function rollOver(
  world: World,
  set: KubeObject,
  pods: KubeObject[],
  { update }: Revisions,
  partition: number,
): undefined {
  if ((set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return undefined
  const { replicas = 1, ordinals, minReadySeconds = 0 } = set.spec ?? {}
  const first: number = ordinals?.start ?? 0
  const now = world.clock.now()
  const byDescent = [...pods].sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0))
  for (const pod of byDescent) {
    const ordinal = ordinalOf(set, pod) ?? 0
    if (ordinal < Math.max(first, partition) || ordinal >= first + replicas) continue
    if (pod.metadata.deletionTimestamp) return undefined
    if (revisionOf(pod) !== update) {
      remove(world, set, pod)
      return undefined
    }
    if (!isRunningAndReady(pod) || !isAvailable(pod, minReadySeconds, now)) return undefined
  }
  return undefined
}

function create(
  world: World,
  set: KubeObject,
  ordinal: number,
  revision: string,
  { templates, update }: Revisions,
): unknown {
  const name = `${set.metadata.name}-${ordinal}`
  const template = templates.get(revision) ?? templates.get(update)
  const used = templates.has(revision) ? revision : update
  try {
    createClaims(world, set, name)
    createPod(world, set, template, (pod) => {
      pod.metadata.name = name
      pod.metadata.labels = { ...pod.metadata.labels, [POD_NAME]: name, [INDEX]: String(ordinal), [HASH]: used }
      pod.spec.hostname = name
      if (set.spec?.serviceName) pod.spec.subdomain = set.spec.serviceName
      const own: Spec[] = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }: KubeObject) => ({
        name: metadata.name,
        persistentVolumeClaim: { claimName: `${metadata.name}-${name}` },
      }))
      const rest = (pod.spec.volumes ?? []).filter((volume: Spec) => !own.some((item) => item.name === volume.name))
      if (own.length + rest.length > 0) pod.spec.volumes = [...own, ...rest]
    })
    say(world, set, 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} successful`)
    return undefined
  } catch (error) {
    if (isStatus(error, 409)) return error
    say(
      world,
      set,
      'Warning',
      'FailedCreate',
      `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`,
    )
    return error
  }
}

function createClaims(world: World, set: KubeObject, pod: string): void {
  const { namespace } = set.metadata
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const name = `${template.metadata.name}-${pod}`
    if (world.find('PersistentVolumeClaim', namespace, name)) continue
    const owners =
      set.spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
        ? { ownerReferences: [ownerReference(set)] }
        : {}
    const labels = { ...template.metadata.labels, ...set.spec?.selector?.matchLabels }
    world.create(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, ...(namespace ? { namespace } : {}), labels, ...owners },
        spec: structuredClone(template.spec),
      },
      { manager: MANAGER },
    )
    const done = `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`
    say(world, set, 'Normal', 'SuccessfulCreate', done)
  }
}

function remove(world: World, set: KubeObject, pod: KubeObject): void {
  world.delete('Pod', pod.metadata.namespace, pod.metadata.name, { manager: MANAGER })
  say(
    world,
    set,
    'Normal',
    'SuccessfulDelete',
    `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
  )
}

function writeStatus(world: World, set: KubeObject, pods: KubeObject[], { current, update }: Revisions): void {
  const now = world.clock.now()
  const live = pods.filter((pod) => !isFinished(pod))
  const running = live.filter((pod) => !pod.metadata.deletionTimestamp)
  const ready = running.filter(isRunningAndReady)
  const updated = running.filter((pod) => revisionOf(pod) === update).length
  const wanted: number = set.spec?.replicas ?? 1
  // the update is complete when every pod has it
  const done =
    current !== update &&
    updated === wanted &&
    ready.length === wanted &&
    live.every((pod) => revisionOf(pod) === update)
  const settled = done ? update : current
  const { namespace, name } = set.metadata
  world.modify(
    'StatefulSet',
    namespace,
    name,
    (draft) => {
      const available = ready.filter((pod) => isAvailable(pod, draft.spec?.minReadySeconds ?? 0, now)).length
      const currentReplicas = running.filter((pod) => revisionOf(pod) === settled).length
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        replicas: live.length,
        ...(ready.length > 0 ? { readyReplicas: ready.length } : {}),
        ...(currentReplicas > 0 ? { currentReplicas } : {}),
        ...(updated > 0 ? { updatedReplicas: updated } : {}),
        currentRevision: settled,
        updateRevision: update,
        collisionCount: draft.status?.collisionCount ?? 0,
        availableReplicas: available,
        ...(draft.status?.conditions ? { conditions: draft.status.conditions } : {}),
      }
    },
    { manager: MANAGER, subresource: 'status' },
  )
}

function say(world: World, set: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, set, { component: 'statefulset-controller' }, { type, reason, message })
}
