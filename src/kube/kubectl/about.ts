// What there is and who we are: api-resources, api-versions, version, cluster-info.
import { UsageError } from '../../core/errors.ts'
import { groupOf } from '../../objects/object.ts'
import type { ServedKind } from '../discovery.ts'
import { flag, isSet, type ReadContext, values } from './command.ts'
import { cell, columns, yamlText } from './print.ts'
import { builtinKind } from './resources.ts'

export async function apiResources(context: ReadContext): Promise<string> {
  const { command, reader } = context
  const kinds = await reader.kinds()
  const group = flag(command, 'api-group')
  const namespaced = flag(command, 'namespaced')
  const verbs = values(command, 'verbs')
  const shown = kinds.all.filter(
    (kind) =>
      kind.preferred &&
      (group === undefined || groupOf(kind.apiVersion) === group) &&
      (namespaced === undefined || kind.namespaced === (namespaced === 'true')) &&
      verbs.every((verb) => kind.verbs.includes(verb)),
  )
  const output = flag(command, 'output')
  const sorted = shown.sort((a, b) =>
    order(sortKey(command.flags.get('sort-by')?.at(-1), a), sortKey(command.flags.get('sort-by')?.at(-1), b)),
  )
  if (output === 'name')
    return sorted.map((kind) => [kind.plural, groupOf(kind.apiVersion)].filter(Boolean).join('.')).join('\n')
  if (output !== undefined && output !== '' && output !== 'wide')
    throw new UsageError('-o of api-resources takes wide or name.')
  const wide = output === 'wide'
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])]
  const rows = sorted.map((kind) => [
    kind.plural,
    kind.short.join(','),
    kind.apiVersion,
    String(kind.namespaced),
    kind.kind,
    ...(wide ? [kind.verbs.join(','), kind.categories.join(',')] : []),
  ])
  const missing = kinds.missing.map((name) => `(the API ${name} does not answer)`)
  return [columns(isSet(command, 'no-headers') ? rows : [header, ...rows]), ...missing].join('\n')
}

function sortKey(by: string | undefined, kind: ServedKind): string {
  if (by === 'name') return kind.plural
  if (by === 'kind') return kind.kind
  return `${groupOf(kind.apiVersion)}/${kind.plural}`
}

export async function apiVersions({ reader }: ReadContext): Promise<string> {
  const kinds = await reader.kinds()
  return [...new Set(kinds.all.map(({ apiVersion }) => apiVersion))].sort(order).join('\n')
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export async function version({ command, reader, signal }: ReadContext): Promise<string> {
  const answer = await reader.get('/version', { signal })
  const server = (typeof answer === 'string' ? (JSON.parse(answer) as unknown) : answer) as Record<string, unknown>
  const output = flag(command, 'output')
  if (output === 'json') return JSON.stringify({ serverVersion: server }, null, 2)
  if (output === 'yaml') return yamlText({ serverVersion: server })
  return `Server Version: ${cell(server.gitVersion)}\nClient: Firstmate reads the API itself; no kubectl is involved.`
}

export async function clusterInfo(context: ReadContext): Promise<string> {
  const { cluster, reader, signal } = context
  const lines = [`Kubernetes control plane of ${cluster.name} is running at ${cluster.connection.server.origin}`]
  const labelSelector = 'kubernetes.io/cluster-service=true'
  const services = await reader
    .list(builtinKind('Service'), { namespace: 'kube-system', labelSelector, limit: 50, signal })
    .then(
      ({ items }) => items,
      () => [],
    )
  for (const { metadata } of services)
    lines.push(
      `${metadata.labels?.['kubernetes.io/name'] ?? metadata.name} is running in kube-system as service ${metadata.name}`,
    )
  return lines.join('\n')
}
