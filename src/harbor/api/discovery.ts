// Discovery: the groups, versions and resources that are served, in the legacy and the aggregated form.
import { createHash } from 'node:crypto'
import type { Registry, Resource } from '../registry.ts'
import type { Answer } from './respond.ts'

interface ApiResource {
  name: string
  singularName: string
  namespaced: boolean
  group?: string
  version?: string
  kind: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  storageVersionHash?: string
}

const STATUS_VERBS = ['get', 'patch', 'update']

// resources that hold nothing: reviews and bindings are only created, metrics only read
const VIRTUAL: Record<string, ApiResource[]> = {
  v1: [{ name: 'bindings', singularName: 'binding', namespaced: true, kind: 'Binding', verbs: ['create'] }],
  'authentication.k8s.io/v1': [review('SelfSubjectReview', false), review('TokenReview', false)],
  'authorization.k8s.io/v1': [
    review('LocalSubjectAccessReview', true),
    review('SelfSubjectAccessReview', false),
    review('SelfSubjectRulesReview', false),
    review('SubjectAccessReview', false),
  ],
  'metrics.k8s.io/v1beta1': [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
}

function review(kind: string, namespaced: boolean): ApiResource {
  const singular = kind.toLowerCase()
  return { name: `${singular}s`, singularName: singular, namespaced, kind, verbs: ['create'] }
}

/** Group versions in the order of preference: "v1", "apps/v1", … */
function groupVersions(registry: Registry): string[] {
  return [...new Set([...registry.all().map((resource) => resource.apiVersion), ...Object.keys(VIRTUAL)])]
}

function resourcesOf(registry: Registry, groupVersion: string): ApiResource[] {
  const own = registry.all().filter((resource) => resource.apiVersion === groupVersion)
  return [...own.flatMap(withSubresources), ...(VIRTUAL[groupVersion] ?? [])].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  )
}

function withSubresources(resource: Resource): ApiResource[] {
  const { plural, namespaced, kind, rules } = resource
  const sub = (name: string, from: Partial<ApiResource> & { verbs: string[] }): ApiResource => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    kind,
    ...from,
  })
  const main: ApiResource = {
    name: plural,
    singularName: resource.singular,
    namespaced,
    kind,
    verbs: resource.verbs,
    ...(resource.short.length > 0 ? { shortNames: resource.short } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    storageVersionHash: createHash('sha256').update(`${resource.id}/${kind}`).digest('base64').slice(0, 11).concat('='),
  }
  const rows = [main]
  if (rules.scale) {
    rows.push(sub('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: STATUS_VERBS }))
  }
  if (rules.status) rows.push(sub('status', { verbs: STATUS_VERBS }))
  for (const [name, row] of Object.entries(rules.subresources ?? {})) rows.push(sub(name, row))
  return resource.custom ? rows.sort((a, b) => b.name.length - a.name.length).reverse() : rows
}

function split(groupVersion: string): { group: string; version: string } {
  const [first = '', second] = groupVersion.split('/')
  return second === undefined ? { group: '', version: first } : { group: first, version: second }
}

function groups(registry: Registry): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const groupVersion of groupVersions(registry)) {
    const { group } = split(groupVersion)
    if (group) found.set(group, [...(found.get(group) ?? []), groupVersion])
  }
  return found
}

function groupDocument(name: string, versions: string[]): object {
  const entries = versions.map((groupVersion) => ({ groupVersion, version: split(groupVersion).version }))
  return { name, versions: entries, preferredVersion: entries[0] }
}

/** undefined: the path is no discovery document. */
export function discovery(registry: Registry, path: string, form: 'v2' | 'v2beta1' | undefined): Answer | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts[0] === 'api' && parts.length === 1)
    return form ? aggregated(registry, form, true) : { code: 200, body: legacyVersions() }
  if (parts[0] === 'apis' && parts.length === 1)
    return form ? aggregated(registry, form, false) : { code: 200, body: groupList(registry) }
  if (parts[0] === 'api' && parts.length === 2) return resourceList(registry, parts[1] ?? '')
  if (parts[0] === 'apis' && parts.length === 2) {
    const versions = groups(registry).get(parts[1] ?? '')
    if (!versions) return undefined
    return { code: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(parts[1] ?? '', versions) } }
  }
  if (parts[0] === 'apis' && parts.length === 3) return resourceList(registry, `${parts[1]}/${parts[2]}`)
  return undefined
}

function legacyVersions(): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.0.0.1:6443' }]
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
}

function groupList(registry: Registry): object {
  const list = [...groups(registry)].map(([name, versions]) => groupDocument(name, versions))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: list }
}

function resourceList(registry: Registry, groupVersion: string): Answer | undefined {
  const resources = resourcesOf(registry, groupVersion)
  if (resources.length === 0) return undefined
  const head = { kind: 'APIResourceList', ...(groupVersion === 'v1' ? {} : { apiVersion: 'v1' }) }
  return { code: 200, body: { ...head, groupVersion, resources } }
}

function aggregated(registry: Registry, form: 'v2' | 'v2beta1', core: boolean): Answer {
  const list: [string, string[]][] = core ? [['', ['v1']]] : [...groups(registry)]
  const items = list.map(([name, versions]) => ({
    metadata: name ? { name } : {},
    versions: versions.map((groupVersion) => ({
      version: split(groupVersion).version,
      resources: nested(resourcesOf(registry, groupVersion)),
      freshness: 'Current',
    })),
  }))
  return {
    code: 200,
    body: { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${form}`, metadata: {}, items },
    contentType: `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`,
  }
}

// subresources hang below their resource
function nested(resources: ApiResource[]): object[] {
  const main = resources.filter((resource) => !resource.name.includes('/'))
  return main.map((resource) => {
    const subresources = resources
      .filter((sub) => sub.name.startsWith(`${resource.name}/`))
      .map((sub) => ({
        subresource: sub.name.slice(resource.name.length + 1),
        responseKind: responseKind(sub),
        verbs: sub.verbs,
      }))
    return {
      resource: resource.name,
      responseKind: responseKind(resource),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName,
      verbs: resource.verbs,
      ...(resource.shortNames ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories ? { categories: resource.categories } : {}),
      ...(subresources.length > 0 ? { subresources } : {}),
    }
  })
}

function responseKind({ group = '', version = '', kind }: ApiResource): object {
  return { group, version, kind }
}

/** The list of paths that / answers with. */
export function rootPaths(registry: Registry): Answer {
  const served = groupVersions(registry).flatMap((groupVersion) => {
    const { group } = split(groupVersion)
    return group ? [`/apis/${group}`, `/apis/${groupVersion}`] : [`/api/${groupVersion}`]
  })
  const others = ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version']
  return { code: 200, body: { paths: [...new Set([...others, ...served])].sort() } }
}
