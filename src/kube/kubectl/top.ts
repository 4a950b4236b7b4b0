// kubectl top: what pods, containers and nodes use now, from the metrics API.
import { UnavailableError, UsageError } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { ServedKind } from '../discovery.ts'
import { checkName } from '../names.ts'
import { objectPath } from '../paths.ts'
import { flag, isSet, type ReadContext } from './command.ts'
import { columns } from './print.ts'
import { selectors } from './resources.ts'

interface Usage {
  /** cores and bytes */
  cpu: number
  memory: number
}
interface Row extends Usage {
  namespace: string
  name: string
  container?: string
}

const MAX_ROWS = 5000

export async function topPods(context: ReadContext): Promise<string> {
  const { command, namespace } = context
  const byContainer = isSet(command, 'containers')
  const items = await readMetrics(context, await metricsKind(context, 'PodMetrics'), namespace)
  if (items.length === 0)
    return namespace === undefined ? 'No resources found' : `No resources found in ${namespace} namespace.`
  const rows = items.flatMap((item): Row[] => {
    const containers = (Array.isArray(item.containers) ? item.containers : []) as {
      name?: string
      usage?: Record<string, string>
    }[]
    const base = { namespace: item.metadata.namespace ?? '', name: item.metadata.name }
    const used = containers.map(({ name = '', usage }) => ({ ...base, container: name, ...usageOf(usage) }))
    return byContainer ? used : [{ ...base, ...sum(used) }]
  })
  const withNamespace = namespace === undefined
  const header = [
    ...(withNamespace ? ['NAMESPACE'] : []),
    ...(byContainer ? ['POD', 'NAME'] : ['NAME']),
    'CPU(cores)',
    'MEMORY(bytes)',
  ]
  const lines = sortRows(context, rows).map((row) => [
    ...(withNamespace ? [row.namespace] : []),
    row.name,
    ...(byContainer ? [row.container ?? ''] : []),
    milli(row.cpu),
    mebi(row.memory),
  ])
  const total = isSet(command, 'sum') ? [totalLine(header.length, sum(rows))] : []
  return columns([...(isSet(command, 'no-headers') ? [] : [header]), ...lines, ...total])
}

export async function topNodes(context: ReadContext): Promise<string> {
  const { command, reader, signal } = context
  const kind = await metricsKind(context, 'NodeMetrics')
  const node = (await reader.kinds()).byKind('Node')
  const [items, nodes] = await Promise.all([
    readMetrics(context, kind, undefined),
    // without the nodes there are no percentages, which is no reason to show nothing
    node
      ? reader.list(node, { limit: MAX_ROWS, signal }).then(
          ({ items }) => items,
          () => [],
        )
      : [],
  ])
  const field = isSet(command, 'show-capacity') ? 'capacity' : 'allocatable'
  const capacity = new Map(nodes.map((object) => [object.metadata.name, usageOf(object.status?.[field])]))
  const rows = items.map((item): Row => ({ namespace: '', name: item.metadata.name, ...usageOf(item.usage) }))
  if (rows.length === 0) return 'No resources found'
  const lines = sortRows(context, rows).map((row) => {
    const all = capacity.get(row.name)
    return [row.name, milli(row.cpu), percent(row.cpu, all?.cpu), mebi(row.memory), percent(row.memory, all?.memory)]
  })
  const header = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)']
  return columns([...(isSet(command, 'no-headers') ? [] : [header]), ...lines])
}

async function metricsKind(context: ReadContext, name: string): Promise<ServedKind> {
  const kind = (await context.reader.kinds()).byKind(name)
  if (kind) return kind
  throw new UnavailableError(
    `Cluster ${context.cluster.name} serves no usage figures: metrics-server is not installed or not ready.`,
  )
}

async function readMetrics(
  context: ReadContext,
  kind: ServedKind,
  namespace: string | undefined,
): Promise<KubeObject[]> {
  const { command, reader, signal } = context
  const [name] = command.args
  if (name === undefined) {
    const { labelSelector } = selectors(context)
    return (await reader.list(kind, { namespace, labelSelector, limit: MAX_ROWS, signal })).items
  }
  checkName(name)
  if (kind.namespaced && namespace === undefined)
    throw new UsageError('A pod cannot be named across all namespaces: leave out -A or the name.')
  return [(await reader.get(objectPath(kind, namespace, name), { signal })) as KubeObject]
}

function usageOf(usage: Record<string, string> | undefined): Usage {
  return { cpu: parseQuantity(usage?.cpu) ?? 0, memory: parseQuantity(usage?.memory) ?? 0 }
}

function sum(rows: readonly Usage[]): Usage {
  return rows.reduce((total, { cpu, memory }) => ({ cpu: total.cpu + cpu, memory: total.memory + memory }), {
    cpu: 0,
    memory: 0,
  })
}

function sortRows(context: ReadContext, rows: Row[]): Row[] {
  const by = flag(context.command, 'sort-by')
  if (by !== undefined && by !== 'cpu' && by !== 'memory') throw new UsageError('--sort-by takes cpu or memory.')
  if (by) return rows.sort((a, b) => b[by] - a[by])
  return rows.sort(
    (a, b) => order(a.namespace, b.namespace) || order(a.name, b.name) || order(a.container ?? '', b.container ?? ''),
  )
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function totalLine(width: number, total: Usage): string[] {
  return [...Array.from({ length: width - 2 }, () => ''), milli(total.cpu), mebi(total.memory)]
}

function milli(cores: number): string {
  return `${Math.ceil(cores * 1000 - 1e-9)}m`
}

function mebi(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)}Mi`
}

function percent(used: number, all: number | undefined): string {
  return all ? `${Math.floor((used / all) * 100)}%` : '<unknown>'
}
