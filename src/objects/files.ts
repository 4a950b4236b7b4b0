// Snapshot files: multi-document YAML or JSON of ordinary objects, as `kubectl get -o yaml` prints them; lists are flattened.
// Container logs are objects of kind PodLog (firstmate.dev/v1alpha1).
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { UsageError } from '../core/errors.ts'
import type { KubeObject } from './object.ts'

export interface PodLog {
  namespace: string
  pod: string
  container: string
  previous: boolean
  text: string
}

export interface LoadedFiles {
  objects: KubeObject[]
  logs: PodLog[]
}

const MAX_BYTES = 256 * 1024 * 1024

/** Files, folders (every .yaml, .yml and .json in them, recursively) and `-` for standard input. Nothing at all in one of them is a mistake: it would pass for a healthy cluster. */
export async function loadFiles(
  paths: string[],
  stdin: AsyncIterable<Buffer | string> = process.stdin,
): Promise<LoadedFiles> {
  const loaded: LoadedFiles = { objects: [], logs: [] }
  for (const path of paths) {
    let documents = 0
    for (const { name, text } of await readTexts(path, stdin)) documents += addDocuments(text, name, loaded)
    if (documents === 0)
      throw new UsageError(`${path === '-' ? 'standard input' : path} holds no Kubernetes object in YAML or JSON`)
  }
  return loaded
}

export function parseObjects(text: string, name = 'input'): LoadedFiles {
  const loaded: LoadedFiles = { objects: [], logs: [] }
  addDocuments(text, name, loaded)
  return loaded
}

export function printObjects(objects: KubeObject[], logs: PodLog[] = []): string {
  const documents = [...objects, ...logs.map(podLogObject)]
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}

function podLogObject(log: PodLog): KubeObject {
  return {
    apiVersion: 'firstmate.dev/v1alpha1',
    kind: 'PodLog',
    metadata: { namespace: log.namespace, name: log.pod },
    container: log.container,
    previous: log.previous,
    text: log.text,
  }
}

async function readTexts(
  path: string,
  stdin: AsyncIterable<Buffer | string>,
): Promise<{ name: string; text: string }[]> {
  if (path === '-') {
    const chunks: Buffer[] = []
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
    return [{ name: 'standard input', text: Buffer.concat(chunks).toString('utf8') }]
  }
  const info = await stat(path).catch(() => undefined)
  if (!info) throw new UsageError(`${path} cannot be read: there is no such file or folder`)
  if (!info.isDirectory()) {
    if (info.size > MAX_BYTES) throw new UsageError(`${path} is larger than 256 MiB, the most a snapshot file may be`)
    return [{ name: path, text: await readFile(path, 'utf8') }]
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return (await Promise.all(files.map((file) => readTexts(file, stdin)))).flat()
}

/** How many documents there were; an empty list is one. */
function addDocuments(text: string, name: string, into: LoadedFiles): number {
  const values = parseDocuments(text, name).filter((value) => value !== null && value !== undefined)
  for (const value of values) addValue(value, name, into)
  return values.length
}

function parseDocuments(text: string, name: string): unknown[] {
  const trimmed = text.trimStart()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      return [JSON.parse(trimmed)]
    } catch {
      // several JSON documents, or flow-style YAML: the YAML parser reads both
    }
  }
  // maxAliasCount stops a "billion laughs" document; a plain dump has no aliases
  const documents = parseAllDocuments(text, { version: '1.2', uniqueKeys: false })
  if (!Array.isArray(documents)) return []
  return documents.map((document) => {
    const [error] = document.errors
    if (error) throw new UsageError(`${name} is no valid YAML: ${error.message.split('\n')[0]}`)
    try {
      return document.toJS({ maxAliasCount: 100 })
    } catch (error) {
      throw new UsageError(`${name} is refused: ${(error as Error).message}`)
    }
  })
}

function addValue(value: unknown, name: string, into: LoadedFiles): void {
  if (Array.isArray(value)) {
    for (const item of value) addValue(item, name, into)
    return
  }
  const object = value as Partial<KubeObject>
  if (typeof object !== 'object' || typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') {
    throw new UsageError(
      `${name} holds something that is no Kubernetes object: every document needs apiVersion and kind`,
    )
  }
  if (object.kind.endsWith('List') && Array.isArray(object.items)) {
    const kind = object.kind.slice(0, -'List'.length)
    for (const item of object.items) {
      // items of a typed list come without their own kind
      addValue({ apiVersion: object.apiVersion, ...(kind ? { kind } : {}), ...item }, name, into)
    }
    return
  }
  if (typeof object.metadata?.name !== 'string') {
    throw new UsageError(`${name} holds a ${object.kind} without metadata.name`)
  }
  if (object.kind === 'PodLog' && object.apiVersion.startsWith('firstmate.dev/')) {
    into.logs.push({
      namespace: object.metadata.namespace ?? 'default',
      pod: object.metadata.name,
      container: String(object.container ?? ''),
      previous: object.previous === true,
      text: String(object.text ?? ''),
    })
    return
  }
  into.objects.push(object as KubeObject)
}
