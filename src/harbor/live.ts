// A world in memory: the verbs over one store, behind the interface that controllers know.
import type { KubeObject } from '../objects/object.ts'
import { matchesSelector } from '../objects/selector.ts'
import type { Clock } from './clock.ts'
import { createObject } from './create.ts'
import { createLogStore } from './logs.ts'
import { draftOf, statusDraftOf } from './managed.ts'
import { createRandom } from './random.ts'
import type { Realm } from './realm.ts'
import { createRegistry, type Resource } from './registry.ts'
import { removeObject } from './remove.ts'
import { badRequest, isStatus, notFound } from './status.ts'
import { createStore } from './store.ts'
import { updateObject, writesStatus } from './update.ts'
import { createUsageStore } from './usage.ts'
import type { World, WriteOptions } from './world.ts'

const SELF = 'kube-controller-manager'

// Worlds that follow each other at one address must not share revisions, or a client would not notice that it watches another one:
// they begin where the machine's clock stands, a thousand revisions to the second.
function firstRevision(): number {
  return 1000 + (Date.now() % 900_000_000)
}

export function createRealm(name: string, clock: Clock, seed: number): Realm {
  const store = createStore(firstRevision())
  const registry = createRegistry()

  function resourceOf(kind: string, apiVersion?: string): Resource {
    const resource = registry.byKind(kind, apiVersion)
    if (!resource) throw badRequest(`no kind "${kind}" is served${apiVersion ? ` in "${apiVersion}"` : ''}`)
    return resource
  }
  const of = (object: KubeObject) => resourceOf(object.kind, object.apiVersion)
  const written = (options: WriteOptions) => ({ manager: SELF, ...options })

  const world: World = {
    name,
    clock,
    random: createRandom(seed),
    logs: createLogStore(),
    usage: createUsageStore(),
    revision: () => store.revision(),
    find: (kind, namespace, objectName) => {
      const resource = registry.byKind(kind)
      return resource && store.get(resource.id, namespace ?? '', objectName)
    },
    get(kind, namespace, objectName) {
      const resource = resourceOf(kind)
      const object = store.get(resource.id, namespace ?? '', objectName)
      if (!object) throw notFound(resource, objectName)
      return object
    },
    list(kind, query = {}) {
      const resource = registry.byKind(kind)
      if (!resource) return []
      const objects = store.list(resource.id, query.namespace)
      const { selector } = query
      return selector ? objects.filter((object) => matchesSelector(selector, object.metadata.labels)) : objects
    },
    byUid: (uid) => store.byUid(uid)?.object,
    ownedBy: (uid) => store.ownedBy(uid).map(({ object }) => object),
    create: (object, options = {}) => createObject(realm, of(object), object, written(options)),
    update(object, options = {}) {
      const { namespace, name: objectName } = object.metadata
      return updateObject(realm, of(object), namespace, objectName, () => object, written(options)).object
    },
    updateStatus: (object, options = {}) => world.update(object, { ...options, subresource: 'status' }),
    modify(kind, namespace, objectName, change, options = {}) {
      const resource = resourceOf(kind)
      const edit = (old: KubeObject) => {
        const draft = writesStatus(resource, options.subresource) ? statusDraftOf(old) : draftOf(old)
        change(draft)
        return draft
      }
      try {
        return updateObject(realm, resource, namespace, objectName, edit, written(options)).object
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        throw error
      }
    },
    delete(kind, namespace, objectName, options = {}) {
      const resource = resourceOf(kind)
      if (!store.get(resource.id, namespace ?? '', objectName)) return undefined
      return removeObject(realm, resource, namespace, objectName, options).object
    },
    subscribe: (listener) => store.subscribe(listener),
  }
  const realm: Realm = { store, registry, world }
  return realm
}
