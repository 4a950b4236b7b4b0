// What every practice cluster has: the four system namespaces, two ready nodes (unless files brought their own), a default StorageClass.
import type { KubeObject } from '../objects/object.ts'
import type { Realm } from './realm.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

export function fillBase(realm: Realm, loaded: boolean): void {
  const { world } = realm
  const ensure = (object: KubeObject) => {
    const { namespace, name } = object.metadata
    if (!world.find(object.kind, namespace, name)) world.create(object, { manager: 'kube-apiserver' })
  }
  for (const name of NAMESPACES) ensure({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  // objects of files whose namespaces were left out need a place
  for (const name of namespacesOf(realm)) ensure({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  if (loaded && world.list('Node').length > 0) return
}

function namespacesOf({ store, registry }: Realm): Set<string> {
  const names = new Set<string>()
  for (const resource of registry.all()) {
    if (!resource.namespaced) continue
    for (const { metadata } of store.list(resource.id)) if (metadata.namespace) names.add(metadata.namespace)
  }
  return names
}
