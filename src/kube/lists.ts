// Lists and tables of the API: page by page, bounded in objects and memory.
import { UnavailableError } from '../core/errors.ts'
import type { Kind } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Api } from './api.ts'
import { ExpiredError } from './errors.ts'
import { listPath, objectPath, withQuery } from './paths.ts'
import type { Listed, ListOptions, Table, TableOptions } from './reader.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const PAGE = 500
const TIMEOUT_MS = 15_000
const MAX_OBJECTS = 20_000
const MAX_BYTES = 256 * 1024 * 1024

export async function listObjects(api: Api, kind: Kind, options: ListOptions): Promise<Listed> {
  try {
    return await collect(api, kind, options)
  } catch (error) {
    // the continue token got older than the server's history: once more from the start
    if (!(error instanceof ExpiredError)) throw error
    return collect(api, kind, options)
  }
}

async function* pages(
  api: Api,
  kind: Kind,
  options: ListOptions,
): AsyncGenerator<{ items: KubeObject[]; resourceVersion: string; more: boolean }> {
  const until = Date.now() + (options.timeoutMs ?? TIMEOUT_MS)
  const limit = options.limit ?? MAX_OBJECTS
  let next: string | undefined
  let seen = 0
  do {
    const path = listPath(kind, options, { limit: Math.min(PAGE, limit - seen), continue: next })
    const page = (await api.json(path, { timeoutMs: Math.max(until - Date.now(), 1), signal: options.signal })) as {
      items?: KubeObject[] | null
      metadata?: { continue?: string; resourceVersion?: string }
    } | null
    if (!page || (page.items !== null && !Array.isArray(page.items))) {
      throw new UnavailableError(`Cluster ${api.cluster} answered with no list of ${kind.plural}.`)
    }
    const items = (page.items ?? []).filter(isNamed)
    seen += page.items?.length ?? 0
    next = page.metadata?.continue || undefined
    yield { items, resourceVersion: page.metadata?.resourceVersion ?? '', more: next !== undefined }
  } while (next !== undefined && seen < limit)
}

async function collect(api: Api, kind: Kind, options: ListOptions): Promise<Listed> {
  const listed: Listed = { items: [], resourceVersion: '', cut: false }
  const limit = options.limit ?? MAX_OBJECTS
  let bytes = 0
  for await (const page of pages(api, kind, options)) {
    listed.resourceVersion = page.resourceVersion
    const kept = page.items.flatMap((item) => {
      // the items of a typed list come without their own kind
      const object = { ...item, apiVersion: item.apiVersion ?? kind.apiVersion, kind: item.kind ?? kind.kind }
      delete object.metadata.managedFields
      return options.project ? (options.project(object) ?? []) : object
    })
    for (const object of kept) listed.items.push(object)
    bytes += roughBytes(kept)
    listed.cut = page.more && (listed.items.length >= limit || bytes > MAX_BYTES)
    if (listed.cut) break
  }
  return listed
}

export async function readTable(api: Api, kind: Kind, options: TableOptions): Promise<Table> {
  const table: Table = { columns: [], rows: [], cut: false }
  const limit = options.limit ?? MAX_OBJECTS
  const include = options.whole ? { includeObject: 'Object' } : {}
  let next: string | undefined
  do {
    const path = options.name
      ? withQuery(objectPath(kind, options.namespace, options.name), include)
      : listPath(kind, options, { ...include, limit: Math.min(PAGE, limit - table.rows.length), continue: next })
    const asked = { accept: TABLE, signal: options.signal, timeoutMs: options.timeoutMs }
    const answer = (await api.json(path, asked)) as TableAnswer | null
    addRows(table, kind, answer)
    next = answer?.metadata?.continue || undefined
  } while (next !== undefined && table.rows.length < limit)
  table.cut = next !== undefined
  return table
}

interface TableAnswer {
  kind?: string
  columnDefinitions?: { name?: string; type?: string; priority?: number }[]
  rows?: { cells?: unknown[]; object?: KubeObject }[]
  items?: KubeObject[]
  metadata?: { continue?: string; name?: string }
}

function addRows(table: Table, kind: Kind, answer: TableAnswer | null): void {
  if (answer?.kind !== 'Table') {
    // a server that knows no tables answers with the objects: kubectl shows their names and ages
    const objects = Array.isArray(answer?.items)
      ? answer.items
      : answer?.metadata?.name
        ? [answer as unknown as KubeObject]
        : []
    table.columns = [
      { name: 'Name', type: 'string', priority: 0 },
      { name: 'Age', type: 'date', priority: 0 },
    ]
    for (const object of objects.filter(isNamed)) {
      const typed = { ...object, apiVersion: object.apiVersion ?? kind.apiVersion, kind: object.kind ?? kind.kind }
      table.rows.push({ cells: [object.metadata.name, object.metadata.creationTimestamp], object: typed })
    }
    return
  }
  if (table.columns.length === 0) {
    table.columns = (answer.columnDefinitions ?? []).map(({ name = '', type = 'string', priority = 0 }) => ({
      name,
      type,
      priority,
    }))
  }
  for (const row of answer.rows ?? []) table.rows.push({ cells: row.cells ?? [], object: row.object })
}

export function isNamed(object: KubeObject): boolean {
  return typeof object?.metadata?.name === 'string'
}

/** Enough to bound memory: the size of the first object stands for the page. */
function roughBytes(items: KubeObject[]): number {
  return items.length > 0 ? JSON.stringify(items[0]).length * items.length : 0
}
