// What checks look at: the objects and logs of a scope at one instant, indexed. Read-only and pure; `kube/snapshot` fills one
// from a live API, `objects/files` from files. A log or object that is not in it was not there to be read.
import { type ObjectRef, refKey } from '../core/ref.ts'
import type { PodLog } from './files.ts'
import { controllerOf, groupOf, type KubeObject } from './object.ts'
import { type LabelSelector, matchesMap, matchesSelector } from './selector.ts'

export interface SnapshotParts {
  cluster?: string
  /** the instant that counts as now; default: the newest time in the objects */
  now?: Date
  /** the namespaces asked for; absent: the whole cluster */
  namespaces?: string[]
  objects: KubeObject[]
  logs?: PodLog[]
  /** what could not be read, as sentences: "not permitted: list nodes" */
  partial?: string[]
  /** kinds that could not be read at all: absence of such an object proves nothing */
  unread?: string[]
}

export class Snapshot {
  readonly cluster: string
  readonly now: Date
  readonly namespaces: string[] | undefined
  readonly objects: readonly KubeObject[]
  readonly logs: readonly PodLog[]
  readonly partial: readonly string[]
  /** kinds that could not be read at all */
  readonly unread: readonly string[]
  readonly #unread: ReadonlySet<string>
  readonly #byKind = new Map<string, KubeObject[]>()
  readonly #byRef = new Map<string, KubeObject>()
  readonly #byUid = new Map<string, KubeObject>()
  readonly #byOwner = new Map<string, KubeObject[]>()
  readonly #byNamespace = new Map<string, KubeObject[]>()
  readonly #events = new Map<string, KubeObject[]>()
  readonly #logs = new Map<string, PodLog[]>()

  constructor(parts: SnapshotParts) {
    this.cluster = parts.cluster ?? ''
    this.objects = parts.objects
    this.logs = parts.logs ?? []
    this.partial = parts.partial ?? []
    this.namespaces = parts.namespaces
    this.unread = parts.unread ?? []
    this.#unread = new Set(this.unread)
    for (const object of parts.objects) this.#index(object)
    for (const log of this.logs) push(this.#logs, `${log.namespace}/${log.pod}`, log)
    this.now = parts.now ?? newestTime(parts.objects) ?? new Date()
  }

  #index(object: KubeObject): void {
    push(this.#byKind, object.kind, object)
    push(this.#byNamespace, `${object.kind}/${object.metadata.namespace ?? ''}`, object)
    const ref = { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name }
    if (!this.#byRef.has(refKey(ref))) this.#byRef.set(refKey(ref), object)
    if (object.metadata.uid) this.#byUid.set(object.metadata.uid, object)
    for (const owner of object.metadata.ownerReferences ?? []) {
      push(this.#byOwner, owner.uid, object)
      push(this.#byOwner, refKey({ kind: owner.kind, namespace: object.metadata.namespace, name: owner.name }), object)
    }
    if (object.kind === 'Event') {
      // core/v1 says involvedObject, events.k8s.io/v1 says regarding
      const about = object.involvedObject ?? object.regarding
      if (about?.kind && about?.name) push(this.#events, refKey(about), object)
    }
  }

  /** All objects of a kind, in one namespace if given. `group` tells kinds of the same name apart. */
  list(kind: string, namespace?: string, group?: string): readonly KubeObject[] {
    const found = namespace === undefined ? this.#byKind.get(kind) : this.#byNamespace.get(`${kind}/${namespace}`)
    if (!found) return []
    return group === undefined ? found : found.filter((object) => groupOf(object.apiVersion) === group)
  }

  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#byRef.get(refKey({ kind, namespace, name }))
  }

  find(ref: ObjectRef): KubeObject | undefined {
    return this.#byRef.get(refKey(ref))
  }

  /** False when the kind could not be read: then "it is not here" must be said as "cannot tell". */
  wasRead(kind: string): boolean {
    return !this.#unread.has(kind)
  }

  /** Objects whose ownerReferences name this one (by uid; by kind and name where a uid is missing). */
  ownedBy(owner: KubeObject): readonly KubeObject[] {
    const uid = owner.metadata.uid
    if (uid) return this.#byOwner.get(uid) ?? []
    return (
      this.#byOwner.get(refKey({ kind: owner.kind, namespace: owner.metadata.namespace, name: owner.metadata.name })) ??
      []
    )
  }

  /** The controlling owner, if it is in the snapshot. */
  ownerOf(object: KubeObject): KubeObject | undefined {
    const owner = controllerOf(object)
    if (!owner) return undefined
    const byUid = this.#byUid.get(owner.uid)
    return (
      byUid ?? this.#byRef.get(refKey({ kind: owner.kind, namespace: object.metadata.namespace, name: owner.name }))
    )
  }

  /** The top of the chain of controlling owners: Pod → ReplicaSet → Deployment; the object itself when it has none. */
  rootOf(object: KubeObject): KubeObject {
    let root = object
    for (let depth = 0; depth < 10; depth++) {
      const owner = this.ownerOf(root)
      if (!owner) return root
      root = owner
    }
    return root
  }

  /** Pods that belong to a workload through any chain of owners. */
  podsOf(workload: KubeObject): KubeObject[] {
    if (workload.kind === 'Pod') return [workload]
    return this.ownedBy(workload).flatMap((object) =>
      object.kind === 'Pod' ? [object] : object === workload ? [] : this.podsOf(object),
    )
  }

  podsMatching(namespace: string | undefined, selector: LabelSelector | undefined | null): KubeObject[] {
    return this.list('Pod', namespace ?? '').filter((pod) => matchesSelector(selector, pod.metadata.labels))
  }

  podsOfService(service: KubeObject): KubeObject[] {
    return this.list('Pod', service.metadata.namespace ?? '').filter((pod) =>
      matchesMap(service.spec?.selector, pod.metadata.labels),
    )
  }

  /** Events about an object, newest last. */
  eventsOf(ref: ObjectRef): KubeObject[] {
    const events = this.#events.get(refKey(ref)) ?? []
    return [...events].sort((a, b) => eventTime(a) - eventTime(b))
  }

  /** Logs that were read of a pod; `previous: true` are those of the container's last run. */
  logsOf(pod: KubeObject, container?: string): readonly PodLog[] {
    const logs = this.#logs.get(`${pod.metadata.namespace}/${pod.metadata.name}`) ?? []
    return container === undefined ? logs : logs.filter((log) => log.container === container)
  }

  /** Milliseconds between a time in the cluster and now; undefined when the time is absent or malformed. */
  ageMs(time: string | undefined): number | undefined {
    const at = time ? Date.parse(time) : Number.NaN
    return Number.isNaN(at) ? undefined : this.now.getTime() - at
  }
}

/** When an event was last seen, in milliseconds; 0 when it carries no time. */
export function eventTime(event: KubeObject): number {
  const text =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.deprecatedLastTimestamp ??
    event.eventTime ??
    event.firstTimestamp ??
    event.metadata.creationTimestamp
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? 0 : at
}

/** How often an event was seen. */
export function eventCount(event: KubeObject): number {
  return event.series?.count ?? event.count ?? event.deprecatedCount ?? 1
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/

/** The newest RFC 3339 time anywhere in the objects that is no deadline: what counts as now for files without --now. */
export function newestTime(objects: readonly KubeObject[]): Date | undefined {
  let newest = ''
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (value.length <= 30 && value > newest && TIME.test(value) && !FUTURE.test(key)) newest = value
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item, key)
    } else if (value && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) visit(item, name)
    }
  }
  for (const object of objects) {
    visit(object.metadata, 'metadata')
    visit(object.status, 'status')
    for (const key of ['eventTime', 'lastTimestamp', 'firstTimestamp', 'timestamp']) visit(object[key], key)
    visit(object.series, 'series')
    visit(object.spec?.renewTime, 'renewTime')
  }
  return newest ? new Date(newest) : undefined
}
// fields that lie in the future by design
const FUTURE = /(notAfter|renewalTime|expir|nextSchedule|deadline|deletionTimestamp)/i

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
