// Serves custom kinds: follows CustomResourceDefinitions into the registry, accepts their names, and cleans up after them.
import type { Kind } from '../../objects/kinds.ts'
import { groupOf, type KubeObject } from '../../objects/object.ts'
import { CLEANUP } from '../kinds/definition.ts'
import type { KindRules } from '../kinds/kind.ts'
import { copy, isMap, type Json } from '../plain.ts'
import type { Realm } from '../realm.ts'
import { type Resource, resourceOf } from '../registry.ts'
import { removeObject } from '../remove.ts'
import { decode } from '../schema/decode.ts'
import { checkCustom, fillDefaults, prune } from './schema.ts'

const ID = 'customresourcedefinitions.apiextensions.k8s.io'

/** From now on every stored definition is served. Returns how to stop. */
export function serveDefinitions(realm: Realm): () => void {
  const { store, world } = realm
  for (const definition of store.list(ID)) install(realm, definition)
  return store.subscribe((change) => {
    if (change.resource !== ID) return
    const { name } = change.object.metadata
    if (change.type === 'DELETED') {
      realm.registry.setCustom(name, [])
      return
    }
    install(realm, change.object)
    if (change.type === 'ADDED') world.clock.after(0, () => accept(realm, name))
    else if (change.object.metadata.deletionTimestamp) world.clock.after(0, () => cleanUp(realm, name))
  })
}

function install(realm: Realm, definition: KubeObject): void {
  realm.registry.setCustom(definition.metadata.name, resourcesOf(definition))
}

function accept({ world }: Realm, name: string): void {
  const at = world.clock.iso()
  const change = (draft: KubeObject) => {
    if (draft.status.conditions?.length) return
    draft.status.acceptedNames = copy(draft.spec.names)
    draft.status.conditions = [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found', at),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', at),
    ]
  }
  world.modify('CustomResourceDefinition', undefined, name, change, {
    subresource: 'status',
    manager: 'kube-apiserver',
  })
}

function condition(type: string, reason: string, message: string, lastTransitionTime: string): object {
  return { type, status: 'True', lastTransitionTime, reason, message }
}

// the objects go first, then the finalizer, and with it the definition
function cleanUp(realm: Realm, name: string): void {
  const { store, world, registry } = realm
  const definition = world.find('CustomResourceDefinition', undefined, name)
  if (!definition?.metadata.finalizers?.includes(CLEANUP)) return
  const resource = registry.byKind(definition.spec.names.kind, storedVersion(definition))
  for (const { metadata } of resource ? store.list(resource.id) : []) {
    if (resource) removeObject(realm, resource, metadata.namespace, metadata.name)
  }
  if (resource && store.list(resource.id).length > 0) {
    world.clock.after(1000, () => cleanUp(realm, name))
    return
  }
  world.modify('CustomResourceDefinition', undefined, name, (draft) => {
    draft.metadata.finalizers = draft.metadata.finalizers?.filter((item) => item !== CLEANUP) ?? []
  })
}

function storedVersion({ spec }: KubeObject): string {
  const version = (spec.versions ?? []).find((item: Json) => item.storage)
  return `${spec.group}/${version?.name ?? 'v1'}`
}

function resourcesOf(definition: KubeObject): Resource[] {
  const { spec } = definition
  const stored = storedVersion(definition)
  const versions: Json[] = (spec.versions ?? []).filter((version: Json) => version.served)
  return versions.map((version) => customResource(definition, version, stored))
}

function customResource(definition: KubeObject, version: Json, stored: string): Resource {
  const { group, names, scope } = definition.spec
  const schema: Json = version.schema?.openAPIV3Schema ?? { 'x-kubernetes-preserve-unknown-fields': true }
  const kind: Kind = {
    apiVersion: `${group}/${version.name}`,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    short: names.shortNames ?? [],
    namespaced: scope === 'Namespaced',
    categories: names.categories ?? [],
  }
  const apiVersion = kind.apiVersion
  return {
    ...resourceOf(kind, rulesOf(kind, version, schema)),
    listKind: names.listKind || `${names.kind}List`,
    custom: { definition, schema, version, decode: (value) => decodeCustom(value, schema) },
    // conversion strategy None: only the version is another
    toStored: (object) => (object.apiVersion === stored ? object : { ...object, apiVersion: stored }),
    fromStored: (object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }),
  }
}

// the order in which the server lists them
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

function rulesOf(kind: Kind, version: Json, schema: Json): KindRules {
  const { status, scale } = version.subresources ?? {}
  const dotted = (path: string | undefined) => (path ?? '').replace(/^\./, '')
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    verbs: VERBS,
    generation: true,
    requireVersion: true,
    ...(status ? { status: true } : {}),
    ...(scale
      ? {
          scale: {
            spec: dotted(scale.specReplicasPath),
            status: dotted(scale.statusReplicasPath),
            ...(scale.labelSelectorPath ? { selector: dotted(scale.labelSelectorPath) } : {}),
          },
        }
      : {}),
    defaults: (draft) => fillDefaults(draft, schema),
    validate: (object, errors, old) => checkCustom(object, schema, errors, old),
    validateStatus: (object, errors, old) => checkCustom(object, schema, errors, old),
  }
}

function decodeCustom(value: Json, schema: Json): { object: Json; unknown: string[] } {
  const object = copy(value)
  const unknown: string[] = []
  if (isMap(object.metadata)) {
    const metadata = decode('V1ObjectMeta', object.metadata)
    object.metadata = metadata.value
    unknown.push(...metadata.unknown.map((path) => `metadata.${path}`))
  } else object.metadata = {}
  return { object, unknown: [...unknown, ...prune(object, schema)] }
}

/** A definition for objects that came without one: it knows the kind and keeps every field. */
export function definitionFor(object: KubeObject, known: Kind | undefined): KubeObject | undefined {
  const group = groupOf(object.apiVersion)
  if (!group.includes('.') || !/^[A-Za-z0-9]+$/.test(object.kind)) return undefined
  const version = object.apiVersion.slice(group.length + 1)
  const singular = object.kind.toLowerCase()
  const plural = known?.plural ?? `${singular}${/(s|x|ch|sh)$/.test(singular) ? 'es' : 's'}`
  const names = { plural, singular, kind: object.kind, listKind: `${object.kind}List`, shortNames: known?.short ?? [] }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names,
      scope: (known?.namespaced ?? object.metadata.namespace !== undefined) ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: { status: {} },
        },
      ],
    },
  }
}
