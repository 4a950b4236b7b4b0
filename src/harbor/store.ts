// Storage with revisions: objects by resource, namespace and name, in key order, with enough history to replay a watch and to list the past.
import type { KubeObject } from '../objects/object.ts'
import { freeze } from './plain.ts'

export interface StoredChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  revision: number
  /** "pods", "deployments.apps" */
  resource: string
  object: KubeObject
  previous: KubeObject | undefined
}

export interface Store {
  revision(): number
  get(resource: string, namespace: string, name: string): KubeObject | undefined
  /** In key order; namespace undefined: all of them. The array is the caller's. */
  list(resource: string, namespace?: string): KubeObject[]
  /** namespace undefined: in all of them */
  count(resource: string, namespace?: string): number
  /** Stores under a new revision and freezes. */
  put(resource: string, object: KubeObject): KubeObject
  /** Removes; `last` is the state that watchers see with the revision of the deletion. */
  remove(resource: string, last: KubeObject): KubeObject
  byUid(uid: string): { resource: string; object: KubeObject } | undefined
  ownedBy(uid: string): { resource: string; object: KubeObject }[]
  /** The objects as they were at a revision; undefined when that is compacted. */
  listAt(resource: string, namespace: string | undefined, revision: number): KubeObject[] | undefined
  /** What happened after a revision; undefined when that is compacted. */
  changesAfter(resource: string, revision: number): StoredChange[] | undefined
  /** The oldest revision that can still be asked for. */
  compacted(resource: string): number
  /** Forgets all history: what came before cannot be watched from (used after loading). */
  compact(): void
  subscribe(listener: (change: StoredChange) => void): () => void
}

// changes remembered per resource; a real API server keeps five minutes' worth
const HISTORY = 4000

interface Shelf {
  namespaces: Map<string, KubeObject[]>
  history: StoredChange[]
  compacted: number
}

/** `first`: the revision before the first write. */
export function createStore(first = 1000): Store {
  const shelves = new Map<string, Shelf>()
  const uids = new Map<string, { resource: string; namespace: string; name: string }>()
  const owners = new Map<string, Set<string>>()
  const listeners = new Set<(change: StoredChange) => void>()
  let revision = first
  let floor = first

  function shelf(resource: string): Shelf {
    let found = shelves.get(resource)
    if (!found) {
      found = { namespaces: new Map(), history: [], compacted: floor }
      shelves.set(resource, found)
    }
    return found
  }

  function get(resource: string, namespace: string, name: string): KubeObject | undefined {
    const row = shelves.get(resource)?.namespaces.get(namespace)
    if (!row) return undefined
    const object = row[position(row, name)]
    return object?.metadata.name === name ? object : undefined
  }

  function index(resource: string, object: KubeObject): void {
    const { uid, namespace = '', name, ownerReferences } = object.metadata
    if (uid) uids.set(uid, { resource, namespace, name })
    for (const owner of ownerReferences ?? []) {
      const owned = owners.get(owner.uid) ?? new Set()
      owners.set(owner.uid, owned)
      if (uid) owned.add(uid)
    }
  }

  function unindex(object: KubeObject): void {
    const { uid, ownerReferences } = object.metadata
    for (const owner of ownerReferences ?? []) {
      const owned = owners.get(owner.uid)
      if (uid) owned?.delete(uid)
      if (owned?.size === 0) owners.delete(owner.uid)
    }
    if (uid) uids.delete(uid)
  }

  function record(change: StoredChange): void {
    const { history } = shelf(change.resource)
    history.push(change)
    if (history.length > HISTORY * 1.25) {
      const dropped = history.splice(0, history.length - HISTORY)
      shelf(change.resource).compacted = dropped.at(-1)?.revision ?? floor
    }
    for (const listener of listeners) listener(change)
  }

  function stamp(object: KubeObject): KubeObject {
    revision++
    const { apiVersion, kind, metadata, ...rest } = object
    // apiVersion and kind first: lists leave them out of the text
    return freeze({ apiVersion, kind, metadata: { ...metadata, resourceVersion: String(revision) }, ...rest })
  }

  function changesAfter(resource: string, after: number): StoredChange[] | undefined {
    const { history, compacted } = shelf(resource)
    if (after < compacted) return undefined
    let start = history.length
    while (start > 0 && (history[start - 1] as StoredChange).revision > after) start--
    return history.slice(start)
  }

  function list(resource: string, namespace?: string): KubeObject[] {
    const rows = shelves.get(resource)?.namespaces
    if (!rows) return []
    if (namespace !== undefined) return [...(rows.get(namespace) ?? [])]
    const names = [...rows.keys()].sort((a, b) => compare(`${a}/`, `${b}/`))
    return names.flatMap((name) => rows.get(name) ?? [])
  }

  function byUid(uid: string) {
    const place = uids.get(uid)
    const object = place && get(place.resource, place.namespace, place.name)
    return place && object ? { resource: place.resource, object } : undefined
  }

  return {
    revision: () => revision,
    get,
    list,
    byUid,
    changesAfter,
    count(resource, namespace) {
      const rows = shelves.get(resource)?.namespaces
      if (namespace !== undefined) return rows?.get(namespace)?.length ?? 0
      let sum = 0
      for (const row of rows?.values() ?? []) sum += row.length
      return sum
    },
    put(resource, object) {
      const { namespaces } = shelf(resource)
      const namespace = object.metadata.namespace ?? ''
      const row = namespaces.get(namespace) ?? []
      namespaces.set(namespace, row)
      const at = position(row, object.metadata.name)
      const previous = row[at]?.metadata.name === object.metadata.name ? row[at] : undefined
      const stored = stamp(object)
      if (previous) unindex(previous)
      row.splice(at, previous ? 1 : 0, stored)
      index(resource, stored)
      record({ type: previous ? 'MODIFIED' : 'ADDED', revision, resource, object: stored, previous })
      return stored
    },
    remove(resource, last) {
      const namespace = last.metadata.namespace ?? ''
      const { namespaces } = shelf(resource)
      const row = namespaces.get(namespace) ?? []
      const at = position(row, last.metadata.name)
      const previous = row[at]
      if (previous) unindex(previous)
      row.splice(at, 1)
      if (row.length === 0) namespaces.delete(namespace)
      const gone = stamp(last)
      record({ type: 'DELETED', revision, resource, object: gone, previous })
      return gone
    },
    ownedBy(uid) {
      return [...(owners.get(uid) ?? [])].flatMap((owned) => byUid(owned) ?? [])
    },
    listAt(resource, namespace, at) {
      const later = changesAfter(resource, at)
      if (!later) return undefined
      const objects = new Map(list(resource, namespace).map((object) => [keyOf(object), object]))
      for (const change of later.reverse()) {
        if (namespace !== undefined && (change.object.metadata.namespace ?? '') !== namespace) continue
        if (change.previous) objects.set(keyOf(change.object), change.previous)
        else objects.delete(keyOf(change.object))
      }
      return [...objects.entries()].sort(([a], [b]) => compare(a, b)).map(([, object]) => object)
    },
    compacted: (resource) => shelf(resource).compacted,
    compact() {
      floor = revision
      for (const found of shelves.values()) {
        found.history.length = 0
        found.compacted = floor
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The place of a key in the storage, which is also the order of lists. */
function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

// where `name` is, or would be put, in a row sorted by name
function position(row: readonly KubeObject[], name: string): number {
  let low = 0
  let high = row.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((row[middle] as KubeObject).metadata.name < name) low = middle + 1
    else high = middle
  }
  return low
}
