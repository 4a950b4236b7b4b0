// What a cluster serves: the aggregated discovery documents, or the older ones group by group; names as kubectl takes them.

import { KINDS, type Kind } from '../objects/kinds.ts'
import { groupOf } from '../objects/object.ts'

export interface ServedKind extends Kind {
  verbs: string[]
  subresources: string[]
  /** whether this is the group's preferred version */
  preferred: boolean
}

export interface Kinds {
  all: readonly ServedKind[]
  /** API groups whose documents could not be read (an aggregated API that is down), as `group/version` */
  missing: readonly string[]
  /** by any name kubectl takes: `deploy`, `deployments.apps`, `deployments.v1.apps`, `Deployment` */
  byName(name: string): ServedKind | undefined
  /** by `kind`; without an apiVersion the best known group, in its preferred version */
  byKind(kind: string, apiVersion?: string): ServedKind | undefined
  /** by a category such as `all` */
  byCategory(category: string): ServedKind[]
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

type Fetch = (path: string, accept?: string) => Promise<unknown>

const MAX_KINDS = 5000

export async function discover(fetch: Fetch): Promise<Kinds> {
  const missing: string[] = []
  const found = await Promise.all([readRoot(fetch, '/api', missing), readRoot(fetch, '/apis', missing)])
  return indexKinds(found.flat().slice(0, MAX_KINDS), missing)
}

interface GroupDocument {
  metadata?: { name?: string }
  versions?: VersionDocument[]
}
interface VersionDocument {
  version?: string
  freshness?: string
  resources?: ResourceDocument[]
}
interface ResourceDocument {
  resource?: string
  responseKind?: { group?: string; version?: string; kind?: string }
  scope?: string
  singularResource?: string
  shortNames?: string[]
  categories?: string[]
  verbs?: string[]
  subresources?: { subresource?: string }[]
}
interface LegacyResource {
  name?: string
  kind?: string
  group?: string
  version?: string
  namespaced?: boolean
  singularName?: string
  shortNames?: string[]
  categories?: string[]
  verbs?: string[]
}

async function readRoot(fetch: Fetch, root: '/api' | '/apis', missing: string[]): Promise<ServedKind[]> {
  const document = (await fetch(root, AGGREGATED)) as Record<string, unknown> | null
  if (document?.kind === 'APIGroupDiscoveryList') {
    return array<GroupDocument>(document.items).flatMap((group) => aggregatedKinds(group, missing))
  }
  if (root === '/api')
    return legacyVersions(
      fetch,
      missing,
      array<string>(document?.versions).map((version, i) => [version, i === 0]),
    )
  const groups = array<{
    name?: string
    versions?: { groupVersion?: string }[]
    preferredVersion?: { groupVersion?: string }
  }>(document?.groups)
  const versions = groups.flatMap((group) =>
    array<{ groupVersion?: string }>(group.versions).map(({ groupVersion = '' }): [string, boolean] => [
      groupVersion,
      groupVersion === group.preferredVersion?.groupVersion,
    ]),
  )
  return legacyVersions(fetch, missing, versions)
}

function aggregatedKinds(group: GroupDocument, missing: string[]): ServedKind[] {
  const name = group.metadata?.name ?? ''
  return array<VersionDocument>(group.versions).flatMap((version, index) => {
    const apiVersion = name ? `${name}/${version.version}` : (version.version ?? '')
    // a stale document of an API service that is down is empty, not "serves nothing"
    if (version.freshness === 'Stale') missing.push(apiVersion)
    return array<ResourceDocument>(version.resources).flatMap((resource) => {
      const kind = resource.responseKind?.kind
      if (!kind || !resource.resource) return []
      return [
        {
          apiVersion,
          kind,
          plural: resource.resource,
          singular: resource.singularResource || kind.toLowerCase(),
          short: array<string>(resource.shortNames),
          namespaced: resource.scope === 'Namespaced',
          categories: array<string>(resource.categories),
          verbs: array<string>(resource.verbs),
          subresources: array<{ subresource?: string }>(resource.subresources).map((item) => item.subresource ?? ''),
          preferred: index === 0,
        },
      ]
    })
  })
}

async function legacyVersions(
  fetch: Fetch,
  missing: string[],
  versions: [apiVersion: string, preferred: boolean][],
): Promise<ServedKind[]> {
  const documents = await Promise.all(
    versions.map(async ([apiVersion, preferred]) => {
      const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
      const document = await fetch(path).catch(() => {
        missing.push(apiVersion)
        return undefined
      })
      return legacyKinds(
        array<LegacyResource>((document as { resources?: unknown } | undefined)?.resources),
        apiVersion,
        preferred,
      )
    }),
  )
  return documents.flat()
}

function legacyKinds(resources: LegacyResource[], apiVersion: string, preferred: boolean): ServedKind[] {
  return resources.flatMap((resource) => {
    if (!resource.name || !resource.kind || resource.name.includes('/')) return []
    const prefix = `${resource.name}/`
    return [
      {
        apiVersion,
        kind: resource.kind,
        plural: resource.name,
        singular: resource.singularName || resource.kind.toLowerCase(),
        short: array<string>(resource.shortNames),
        namespaced: resource.namespaced === true,
        categories: array<string>(resource.categories),
        verbs: array<string>(resource.verbs),
        subresources: resources.flatMap(({ name = '' }) =>
          name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
        ),
        preferred,
      },
    ]
  })
}

export function indexKinds(all: ServedKind[], missing: string[] = []): Kinds {
  const known = new Map(KINDS.map((kind, index) => [`${kind.kind}/${groupOf(kind.apiVersion)}`, index]))
  // groups we know come first, in the order of our table; then what the cluster adds, preferred versions first
  const rank = (kind: ServedKind) =>
    (known.get(`${kind.kind}/${groupOf(kind.apiVersion)}`) ?? KINDS.length) * 2 + (kind.preferred ? 0 : 1)
  const ordered = all.map((kind) => ({ kind, at: rank(kind) })).sort((a, b) => a.at - b.at)
  const names = new Map<string, ServedKind>()
  const kinds = new Map<string, ServedKind>()
  const add = (map: Map<string, ServedKind>, key: string, kind: ServedKind) => {
    if (!map.has(key)) map.set(key, kind)
  }
  for (const pick of [(kind: ServedKind) => [kind.plural, kind.singular], (kind: ServedKind) => kind.short]) {
    for (const { kind } of ordered) {
      // PodMetrics are served as `pods` of another group: the bare word always means the core one
      const group = groupOf(kind.apiVersion)
      const version = kind.apiVersion.slice(group ? group.length + 1 : 0)
      for (const name of pick(kind).map((text) => text.toLowerCase())) {
        add(names, name, kind)
        if (group) add(names, `${name}.${group}`, kind)
        add(names, `${name}.${version}.${group}`, kind)
      }
    }
  }
  for (const { kind } of ordered) {
    add(kinds, kind.kind, kind)
    add(kinds, `${kind.kind}/${kind.apiVersion}`, kind)
  }
  return {
    all: ordered.map(({ kind }) => kind),
    missing,
    byName: (name) => names.get(name.toLowerCase()),
    byKind: (kind, apiVersion) => kinds.get(apiVersion === undefined ? kind : `${kind}/${apiVersion}`),
    byCategory: (category) =>
      ordered.flatMap(({ kind }) => (kind.preferred && kind.categories.includes(category) ? [kind] : [])),
  }
}

function array<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : []
}
