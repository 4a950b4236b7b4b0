// The world of one practice cluster: every object with its revision, what changed, time, chance, logs and usage.
// Controllers, the scheduler, the kubelet and the HTTP verbs all work on this one interface.
import type { KubeObject } from '../objects/object.ts'
import type { LabelSelector } from '../objects/selector.ts'
import type { Clock } from './clock.ts'
import type { LogStore } from './logs.ts'
import type { Random } from './random.ts'
import type { UsageStore } from './usage.ts'

export interface World {
  /** the cluster's name, for people */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly logs: LogStore
  readonly usage: UsageStore

  /** The revision of the newest change; every write makes it larger. */
  revision(): number

  /**
   * Objects handed out are deeply frozen and shared: change a copy (`structuredClone`) or use `modify`.
   * `kind` is the Kind ("Pod"); where two groups have one Kind, "Kind.group" ("Event" is core/v1). Objects come in the
   * version the world stores (apps/v1, autoscaling/v2, batch/v1 …). Cluster-scoped objects have namespace undefined.
   */
  find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined
  /** As `find`, but throws the 404 StatusError. */
  get(kind: string, namespace: string | undefined, name: string): KubeObject
  /** In order of namespace and name. A selector that is absent selects everything. */
  list(kind: string, query?: ListQuery): KubeObject[]
  byUid(uid: string): KubeObject | undefined
  /** The objects of any kind with an ownerReference to this uid. */
  ownedBy(uid: string): KubeObject[]

  /**
   * Defaults, admission (namespace exists, service account, LimitRange, quota, …) and validation run as for a client. Throws the API's StatusError
   * (404 no namespace, 409 exists, 403 quota "exceeded quota: …", 422 invalid). `metadata.generateName` works.
   */
  create(object: KubeObject, options?: WriteOptions): KubeObject
  /** Replaces all but status (kinds without a status subresource: everything). With metadata.resourceVersion: 409 when it is not the current one. Equal content writes nothing. */
  update(object: KubeObject, options?: WriteOptions): KubeObject
  /** Replaces status alone (and nothing of metadata but annotations, labels: as the API server does). */
  updateStatus(object: KubeObject, options?: WriteOptions): KubeObject
  /** Reads, changes a copy and writes, without a chance of conflict; undefined when the object is gone. `subresource: 'status'` in the options writes status. */
  modify(
    kind: string,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void,
    options?: WriteOptions,
  ): KubeObject | undefined
  /**
   * As the API server deletes: with finalizers or a grace period (pods on a node: 30 s unless said; the kubelet then deletes with gracePeriodSeconds 0) the
   * object is only marked with deletionTimestamp; otherwise it goes. Foreground and Orphan add their finalizer, which the garbage collector removes by `update`.
   * A terminating object goes by itself when an update empties its finalizers. Returns the object as it was left, undefined when there was none.
   */
  delete(kind: string, namespace: string | undefined, name: string, options?: DeleteOptions): KubeObject | undefined

  /** Called synchronously after every write, in order of revisions. Do not write from within: queue the work (`clock.after(0, …)`). */
  subscribe(listener: (change: Change) => void): () => void
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  revision: number
  /** as stored; for DELETED the last state, with the revision of the deletion */
  object: KubeObject
  previous: KubeObject | undefined
}

interface ListQuery {
  namespace?: string
  selector?: LabelSelector
}

export interface WriteOptions {
  /** field manager, as managedFields name it ("kube-controller-manager", "kubelet") */
  manager?: string
  /** 'status', 'scale', 'finalize' …: which part is written; default: the object itself */
  subresource?: string
  /** everything but the writing */
  dryRun?: boolean
  /** who asks; default: the cluster itself, which is never refused by RBAC */
  user?: User
}

export interface DeleteOptions extends WriteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  preconditions?: { uid?: string; resourceVersion?: string }
}

export interface User {
  name: string
  groups: string[]
  uid?: string
  extra?: Record<string, string[]>
}

/** A part of the control plane. `start` subscribes and returns how to stop; it must not throw for anything a client can write. */
export interface Controller {
  name: string
  start(world: World): () => void
}
