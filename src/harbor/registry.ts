// Which resources are served: the built-in kinds, and custom ones as their definitions come and go.
import { KINDS, type Kind } from '../objects/kinds.ts'
import { groupOf, type KubeObject } from '../objects/object.ts'
import { CONVERSIONS, KIND_RULES } from './kinds/index.ts'
import type { KindRules } from './kinds/kind.ts'
import { rootType } from './schema/schema.ts'
import type { ResourceName } from './status.ts'

export interface Resource extends ResourceName {
  /** the shelf in the store, the same for all versions: "deployments.apps" */
  id: string
  version: string
  apiVersion: string
  kind: string
  listKind: string
  singular: string
  short: string[]
  categories: string[]
  namespaced: boolean
  verbs: string[]
  rules: KindRules
  /** type of its objects in the schema; undefined for custom kinds */
  type: string | undefined
  /** the definition, for custom kinds */
  custom?: CustomKind
  toStored: (object: KubeObject) => KubeObject
  fromStored: (object: KubeObject) => KubeObject
}

interface CustomKind {
  definition: KubeObject
  // biome-ignore lint/suspicious/noExplicitAny: a JSON schema
  schema: any
  // biome-ignore lint/suspicious/noExplicitAny: a version of a CustomResourceDefinition
  version: any
  /** prunes what the schema does not know */
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  decode(value: any): { object: any; unknown: string[] }
}

export interface Registry {
  /** By group, version and plural, as in a path. */
  find(group: string, version: string, plural: string): Resource | undefined
  /** By kind: in a version if given, else the stored one. "Kind.group" tells same-named kinds apart. */
  byKind(kind: string, apiVersion?: string): Resource | undefined
  byId(id: string): Resource | undefined
  all(): Resource[]
  /** Replaces what one definition serves; an empty list withdraws it. */
  setCustom(definition: string, resources: Resource[]): void
  /** true when the group (in any version) is served */
  hasGroup(group: string): boolean
  /** changes with every setCustom, to tell caches */
  generation(): number
}

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

// the kinds of objects/kinds.ts that come with every cluster; the others are custom
const BUILT_IN_GROUPS = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'networking.k8s.io',
  'discovery.k8s.io',
  'storage.k8s.io',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'events.k8s.io',
  'node.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
])

const SAME = (object: KubeObject) => object

export function createRegistry(): Registry {
  const builtIn = builtInResources()
  const custom = new Map<string, Resource[]>()
  let all = builtIn
  let byPath = new Map<string, Resource>()
  let byKind = new Map<string, Resource>()
  let byId = new Map<string, Resource>()
  let generation = 0

  function index(): void {
    all = [...builtIn, ...[...custom.values()].flat()]
    byPath = new Map(all.map((resource) => [`${resource.apiVersion}/${resource.plural}`, resource]))
    byId = new Map()
    byKind = new Map()
    for (const resource of all) {
      if (!byId.has(resource.id)) byId.set(resource.id, resource)
      for (const name of [resource.kind, `${resource.kind}.${resource.group}`]) {
        if (!byKind.has(name)) byKind.set(name, resource)
      }
      byKind.set(`${resource.apiVersion}/${resource.kind}`, resource)
    }
    generation++
  }
  index()

  return {
    find: (group, version, plural) => byPath.get(`${group ? `${group}/` : ''}${version}/${plural}`),
    byKind: (kind, apiVersion) => byKind.get(apiVersion === undefined ? kind : `${apiVersion}/${kind}`),
    byId: (id) => byId.get(id),
    all: () => all,
    setCustom(definition, resources) {
      if (resources.length > 0) custom.set(definition, resources)
      else custom.delete(definition)
      index()
    },
    hasGroup: (group) => all.some((resource) => resource.group === group),
    generation: () => generation,
  }
}

function isBuiltIn(kind: Pick<Kind, 'apiVersion'>): boolean {
  return BUILT_IN_GROUPS.has(groupOf(kind.apiVersion))
}

function builtInResources(): Resource[] {
  const resources: Resource[] = []
  for (const kind of KINDS.filter(isBuiltIn)) {
    const stored = CONVERSIONS.find(
      (conversion) => conversion.kind === kind.kind && conversion.apiVersion === kind.apiVersion,
    )
    if (stored) continue
    const rules = KIND_RULES.find((rule) => rule.kind === kind.kind && rule.apiVersion === kind.apiVersion)
    const resource = resourceOf(kind, rules ?? { apiVersion: kind.apiVersion, kind: kind.kind })
    resources.push(resource)
    for (const conversion of CONVERSIONS) {
      if (conversion.kind !== kind.kind || conversion.stored !== kind.apiVersion) continue
      const twin = resourceOf(
        { ...kind, apiVersion: conversion.apiVersion },
        { ...resource.rules, ...conversion.rules },
      )
      resources.push({
        ...twin,
        id: resource.id,
        toStored: conversion.toStored,
        fromStored: conversion.fromStored,
      })
    }
  }
  return resources
}

export function resourceOf(kind: Kind, rules: KindRules): Resource {
  const group = groupOf(kind.apiVersion)
  return {
    id: group ? `${kind.plural}.${group}` : kind.plural,
    group,
    version: kind.apiVersion.slice(group ? group.length + 1 : 0),
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural: kind.plural,
    singular: kind.singular,
    short: kind.short,
    categories: kind.categories,
    namespaced: kind.namespaced,
    verbs: rules.verbs ?? ALL_VERBS,
    rules,
    type: rootType(kind.apiVersion, kind.kind),
    toStored: SAME,
    fromStored: SAME,
  }
}
