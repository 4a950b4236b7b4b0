// kubectl get: the API's own Table as kubectl prints it, or whole objects in one of the forms of -o.

import { messageOf, NotFoundError, UsageError } from '../../core/errors.ts'
import { ageText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Table, TableColumn } from '../reader.ts'
import { flag, isSet, type ReadContext, values } from './command.ts'
import { compilePath } from './jsonpath.ts'
import { type Printed, printerFor } from './output.ts'
import { cell, columns, objectName } from './print.ts'
import { objectsOf, selectors, type Target, targetsOf } from './resources.ts'

const MAX_ROWS = 5000

export async function get(context: ReadContext): Promise<string> {
  const { command } = context
  const raw = flag(command, 'raw')
  if (raw !== undefined) return getRaw(context, raw)
  if (flag(command, 'filename') !== undefined)
    throw new UsageError('Files cannot be read here: name the resource instead of -f.')
  const printer = printerFor(flag(command, 'output'), flag(command, 'template'))
  const targets = await targetsOf(context)
  if (!printer) return getTables(context, targets)
  const printed: Printed[] = []
  for (const target of targets) {
    for (const object of sortObjects(context, await objectsOf(context, target, MAX_ROWS)))
      printed.push({ object, kind: target.kind })
  }
  return printer(printed, targets.length === 1 && targets[0]?.names.length === 1)
}

async function getRaw(context: ReadContext, path: string): Promise<string> {
  const answer = await context.reader.get(path, { signal: context.signal })
  return typeof answer === 'string' ? answer : JSON.stringify(answer)
}

async function getTables(context: ReadContext, targets: Target[]): Promise<string> {
  const wide = flag(context.command, 'output') === 'wide'
  const withKind = targets.length > 1 || isSet(context.command, 'show-kind')
  const blocks: string[] = []
  const problems: string[] = []
  const failures: unknown[] = []
  const tables = await Promise.all(
    targets.map((target) => readTables(context, target).catch((error: unknown) => error as Error)),
  )
  for (const [index, target] of targets.entries()) {
    const answer = tables[index]
    if (answer === undefined) continue
    if (answer instanceof Error) {
      failures.push(answer)
      problems.push(messageOf(answer))
      continue
    }
    for (const error of answer.missing) {
      failures.push(error)
      problems.push(messageOf(error))
    }
    if (answer.table.rows.length > 0) blocks.push(printTable(context, target, answer.table, { wide, withKind }))
    if (answer.table.cut) problems.push(`(only the first ${answer.table.rows.length} ${target.kind.plural} are shown)`)
  }
  if (blocks.length > 0) return [...blocks.join('\n\n').split('\n'), ...problems].join('\n')
  if (failures.length > 0) throw failures[0] as Error
  if (isSet(context.command, 'ignore-not-found')) return ''
  const scoped = targets.some(({ kind }) => kind.namespaced)
  return scoped && context.namespace !== undefined
    ? `No resources found in ${context.namespace} namespace.`
    : 'No resources found'
}

async function readTables(context: ReadContext, target: Target): Promise<{ table: Table; missing: Error[] }> {
  const { reader, signal, command } = context
  const namespace = target.kind.namespaced ? context.namespace : undefined
  if (target.names.length > 0 && target.kind.namespaced && namespace === undefined) {
    throw new UsageError('A resource cannot be named across all namespaces: leave out -A or the name.')
  }
  const options = {
    ...selectors(context),
    namespace,
    signal,
    limit: MAX_ROWS,
    whole: flag(command, 'sort-by') !== undefined,
  }
  if (target.names.length === 0) return { table: await reader.table(target.kind, options), missing: [] }
  const table: Table = { columns: [], rows: [], cut: false }
  const missing: Error[] = []
  for (const name of target.names) {
    try {
      const one = await reader.table(target.kind, { namespace, signal, name, whole: options.whole })
      table.columns = one.columns
      table.rows.push(...one.rows)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      if (!isSet(command, 'ignore-not-found')) missing.push(error)
    }
  }
  return { table, missing }
}

function printTable(
  context: ReadContext,
  target: Target,
  table: Table,
  form: { wide: boolean; withKind: boolean },
): string {
  const { command } = context
  const shown = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => form.wide || column.priority === 0)
  const withNamespace = context.namespace === undefined && target.kind.namespaced
  const labelColumns = values(command, 'label-columns')
  const showLabels = isSet(command, 'show-labels')
  const header = [
    ...(withNamespace ? ['NAMESPACE'] : []),
    ...shown.map(({ column }) => column.name.toUpperCase()),
    ...labelColumns.map((key) => (key.split('/').at(-1) ?? key).toUpperCase()),
    ...(showLabels ? ['LABELS'] : []),
  ]
  const rows = sortRows(context, table).map(({ cells, object }): string[] => {
    const labels = object?.metadata?.labels ?? {}
    return [
      ...(withNamespace ? [object?.metadata?.namespace ?? ''] : []),
      ...shown.map(({ column, index }) => tableCell(context, target, column, cells[index], form.withKind)),
      ...labelColumns.map((key) => (Object.hasOwn(labels, key) ? (labels[key] ?? '') : '')),
      ...(showLabels ? [labelText(labels)] : []),
    ]
  })
  return columns(isSet(command, 'no-headers') ? rows : [header, ...rows])
}

function tableCell(
  context: ReadContext,
  target: Target,
  column: TableColumn,
  value: unknown,
  withKind: boolean,
): string {
  // columns of custom resources carry the time itself
  if (column.type === 'date' && typeof value === 'string' && !Number.isNaN(Date.parse(value)))
    return ageText(value, context.now)
  if (withKind && column.name === 'Name') return objectName(target.kind, cell(value))
  return cell(value)
}

function labelText(labels: Record<string, string>): string {
  return (
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',') || '<none>'
  )
}

function sortRows(context: ReadContext, table: Table): { cells: unknown[]; object: KubeObject | undefined }[] {
  const by = flag(context.command, 'sort-by')
  if (by === undefined) return table.rows
  const key = compilePath(by)
  return sortBy(table.rows, ({ object }) => key(object)[0])
}

function sortObjects(context: ReadContext, objects: KubeObject[]): KubeObject[] {
  const by = flag(context.command, 'sort-by')
  if (by === undefined) return objects
  const key = compilePath(by)
  return sortBy(objects, (object) => key(object)[0])
}

/** Numbers by size, everything else as text; what lacks the field comes first, as in kubectl. */
function sortBy<T>(items: T[], keyOf: (item: T) => unknown): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }))
  keyed.sort((a, b) => compare(a.key, b.key))
  return keyed.map(({ item }) => item)
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [x, y] = [cell(a), cell(b)]
  return x < y ? -1 : x > y ? 1 : 0
}
