// Revisions of a Deployment: which ReplicaSet is the new one, its number, its annotations, and when a new one is made.
import type { KubeObject } from '../../../objects/object.ts'
import { controllerOf } from '../../../objects/object.ts'
import { isStatus, type StatusError } from '../../status.ts'
import type { World } from '../../world.ts'
import { type Condition, conditionOf } from '../conditions.ts'
import { MANAGER, ownerReference } from '../owners.ts'
import { templateHash, templateText } from '../template.ts'
import { DESIRED, MAX, maxSurge, newReplicas, oldestFirst, total, wanted } from './numbers.ts'
import { hasDeadline, setCondition, writeStatus } from './status.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const HISTORY = 'deployment.kubernetes.io/revision-history'
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
])

export interface Sets {
  /** the ReplicaSet with the deployment's own template */
  fresh: KubeObject | undefined
  old: KubeObject[]
  all: KubeObject[]
}

export function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0) || 0
}

export function sortSets(deployment: KubeObject, owned: KubeObject[]): Sets {
  const text = templateText(deployment.spec?.template)
  const sorted = [...owned].sort(oldestFirst)
  const fresh = sorted.find((replicaSet) => templateText(replicaSet.spec?.template) === text)
  const old = sorted.filter((replicaSet) => replicaSet !== fresh)
  return { fresh, old, all: fresh ? [...old, fresh] : old }
}

/**
 * The new ReplicaSet with revision and annotations in order, created when `create` says so; undefined when there is none yet.
 * Throws the API's StatusError when it cannot be created, after saying so in the deployment's status.
 */
export function syncRevision(
  world: World,
  deployment: KubeObject,
  sets: Sets,
  create: boolean,
): { fresh: KubeObject | undefined; created: boolean } {
  const revision = Math.max(0, ...sets.old.map(revisionOf)) + 1
  if (sets.fresh) return { fresh: keepRevision(world, deployment, sets.fresh, revision), created: false }
  if (!create) return { fresh: undefined, created: false }
  return createSet(world, deployment, sets, revision)
}

function keepRevision(world: World, deployment: KubeObject, fresh: KubeObject, revision: number): KubeObject {
  const annotations = annotationsFor(deployment, fresh, revision, true)
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0
  const stale =
    JSON.stringify(annotations) !== JSON.stringify(fresh.metadata.annotations) ||
    (fresh.spec?.minReadySeconds ?? 0) !== minReadySeconds
  const written = stale
    ? world.modify(
        'ReplicaSet',
        fresh.metadata.namespace,
        fresh.metadata.name,
        (draft) => {
          draft.metadata.annotations = annotations
          if ((draft.spec.minReadySeconds ?? 0) !== minReadySeconds) draft.spec.minReadySeconds = minReadySeconds
        },
        { manager: MANAGER },
      )
    : fresh
  const conditions: Condition[] = deployment.status?.conditions ?? []
  const found: Condition | undefined =
    hasDeadline(deployment) && !conditionOf(conditions, 'Progressing')
      ? {
          type: 'Progressing',
          status: 'True',
          reason: 'FoundNewReplicaSet',
          message: `Found new replica set "${fresh.metadata.name}"`,
        }
      : undefined
  setRevision(world, deployment, annotations[REVISION] ?? String(revision), found)
  return written ?? fresh
}

function createSet(
  world: World,
  deployment: KubeObject,
  sets: Sets,
  revision: number,
): { fresh: KubeObject | undefined; created: boolean } {
  const template = structuredClone(deployment.spec?.template ?? {})
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0)
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, 'pod-template-hash': hash } }
  const selector = structuredClone(deployment.spec?.selector ?? {})
  const set: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(deployment.metadata.namespace ? { namespace: deployment.metadata.namespace } : {}),
      labels: { ...template.metadata.labels },
      annotations: {},
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: newReplicas(deployment, sets.all, undefined),
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
      template,
    },
  }
  set.metadata.annotations = annotationsFor(deployment, set, revision, false)
  try {
    const fresh = world.create(set, { manager: MANAGER })
    setRevision(
      world,
      deployment,
      String(revision),
      hasDeadline(deployment)
        ? {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetCreated',
            message: `Created new replica set "${fresh.metadata.name}"`,
          }
        : undefined,
    )
    return { fresh, created: true }
  } catch (error) {
    if (isStatus(error, 409)) return { fresh: resolveCollision(world, deployment, set, error), created: false }
    sayFailed(world, deployment, set.metadata.name, error as Error)
    throw error
  }
}

// somebody holds the name: our own ReplicaSet of before, or a collision, after which another hash is tried
function resolveCollision(world: World, deployment: KubeObject, set: KubeObject, error: StatusError): KubeObject {
  const known = world.find('ReplicaSet', set.metadata.namespace, set.metadata.name)
  const same =
    known &&
    controllerOf(known)?.uid === deployment.metadata.uid &&
    templateText(known.spec?.template) === templateText(deployment.spec?.template)
  if (same) return known
  writeStatus(world, deployment, (status) => {
    status.collisionCount = (status.collisionCount ?? 0) + 1
  })
  throw error
}

function sayFailed(world: World, deployment: KubeObject, name: string, error: Error): void {
  if (!hasDeadline(deployment)) return
  writeStatus(world, deployment, (status) => {
    status.conditions = setCondition(
      status.conditions,
      {
        type: 'Progressing',
        status: 'False',
        reason: 'FailedCreate',
        message: `Failed to create new replica set "${name}": ${error.message}`,
      },
      world.clock.iso(),
    )
  })
}

function setRevision(world: World, deployment: KubeObject, revision: string, condition: Condition | undefined): void {
  if (deployment.metadata.annotations?.[REVISION] === revision && !condition) return
  const { namespace, name } = deployment.metadata
  world.modify(
    'Deployment',
    namespace,
    name,
    (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision }
      if (!condition) return
      draft.status ??= {}
      draft.status.conditions = setCondition(draft.status.conditions, condition, world.clock.iso())
    },
    { manager: MANAGER, subresource: 'status' },
  )
}

/** A ReplicaSet carries the deployment's annotations, its revision (with the former ones) and the wanted numbers. */
function annotationsFor(
  deployment: KubeObject,
  set: KubeObject,
  revision: number,
  exists: boolean,
): Record<string, string> {
  const annotations = { ...set.metadata.annotations }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value
  }
  const before = annotations[REVISION]
  if (before === undefined || (Number(before) || 0) < revision) {
    annotations[REVISION] = String(revision)
    if (exists && before !== undefined) {
      annotations[HISTORY] = annotations[HISTORY] ? `${annotations[HISTORY]},${before}` : before
    }
  }
  if (!exists) Object.assign(annotations, sizeAnnotations(deployment))
  return annotations
}

export function sizeAnnotations(deployment: KubeObject): Record<string, string> {
  return { [DESIRED]: String(wanted(deployment)), [MAX]: String(wanted(deployment) + maxSurge(deployment)) }
}

/** Old ReplicaSets without pods beyond the revision history limit, oldest revision first. */
export function expired(deployment: KubeObject, old: KubeObject[]): KubeObject[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10
  const alive = old.filter((set) => !set.metadata.deletionTimestamp).sort((a, b) => revisionOf(a) - revisionOf(b))
  return alive
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      (set) =>
        total([set], wanted) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
}
