// What a request changes, element by element, in words a person reads: from its own bytes, or from the server's dry run of them. Pure.

import type { Request } from '../../core/plan.ts'
import { redactValue } from '../../core/redact.ts'
import { sourceText } from '../../objects/env.ts'
import { sameJson } from '../../objects/same.ts'

type Path = (string | number)[]
type Json = Record<string, unknown>

const VALUE_LENGTH = 120
/** a change of one value stands on one line while it is this short */
const LINE_LENGTH = 100
const MAX_DEPTH = 30
// said elsewhere on the card, or written by the server itself
const IDENTITY = new Set(['apiVersion', 'kind', 'status'])
const SERVER_FIELDS = new Set([
  'creationTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
])
const POD_SPEC = /^(spec\.jobTemplate\.)?spec\.template\.spec$/
const CONTAINERS: Record<string, string> = {
  containers: '',
  initContainers: 'init ',
  ephemeralContainers: 'ephemeral ',
}

/** `+ …` for what comes, `- …` for what goes, `field: before → after` for what changes. Empty for deletions and evictions. */
export function diffOfRequest({ method, body }: Request): string[] {
  if (method === 'DELETE' || body === undefined) return []
  if (Array.isArray(body)) return diffOfPatch(body.filter(isRecord))
  return isRecord(body) && body.kind !== 'Eviction' ? diffOfObjects(undefined, body) : []
}

/** Two states of one object, without what the server writes by itself. */
export function diffOfObjects(before: unknown, after: unknown): string[] {
  return compare([], redactValue(plain(before)), redactValue(plain(after)))
}

/** A JSON Patch says what was before by its tests, and names elements of lists by testing their names. */
function diffOfPatch(operations: Json[]): string[] {
  const tests = new Map(operations.filter(({ op }) => op === 'test').map(({ path, value }) => [String(path), value]))
  const edits = operations.filter(({ op }) => op !== 'test')
  return edits.flatMap(({ op, path, value }) => {
    const at = String(path)
    const isParent = isEmpty(value) && edits.some((other) => String(other.path).startsWith(`${at}/`))
    if (isParent) return []
    const before = tests.get(at) ?? undefined
    return compare(named(at, tests), redactValue(before), op === 'remove' ? undefined : redactValue(value))
  })
}

/** `/spec/template/spec/containers/0/image` → spec, template, spec, containers, web, image; an appended element has its name in its value. */
function named(pointer: string, tests: ReadonlyMap<string, unknown>): Path {
  const parts = pointer.split('/').slice(1)
  return parts.map((part, index) => {
    const name = tests.get(`/${parts.slice(0, index + 1).join('/')}/name`)
    if (/^\d+$/.test(part)) return typeof name === 'string' ? name : Number(part)
    return part.replaceAll('~1', '/').replaceAll('~0', '~')
  })
}

function compare(path: Path, before: unknown, after: unknown): string[] {
  if (sameJson(before ?? null, after ?? null)) return []
  if (path.length > MAX_DEPTH) return [`${label(path)}: deeper than can be shown`]
  const [last] = path.slice(-1)
  // an element that is appended or replaced as a whole brings its own name
  const name = nameOf(after) ?? nameOf(before)
  if (name !== undefined && (last === '-' || typeof last === 'number'))
    return compare([...path.slice(0, -1), name], before, after)
  if (isVariable(path)) return lines(path, variable(before), variable(after))
  if (isRecord(before ?? after) && isRecord(after ?? before)) return compareRecords(path, before as Json, after as Json)
  if (Array.isArray(before ?? after) && Array.isArray(after ?? before))
    return compareLists(path, (before ?? []) as unknown[], (after ?? []) as unknown[])
  if (isPage(before) && isPage(after)) return compareLists(path, before.split('\n'), after.split('\n'))
  return lines(path, text(before), text(after))
}

function compareRecords(path: Path, before: Json | undefined, after: Json | undefined): string[] {
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    // an element of a list is called by its name already
    (key) => !(key === 'name' && (nameOf(after) ?? nameOf(before)) === path.at(-1)),
  )
  if (keys.length === 0) return lines(path, text(before), text(after))
  return keys.flatMap((key) => compare([...path, key], own(before, key), own(after, key)))
}

function compareLists(path: Path, before: unknown[], after: unknown[]): string[] {
  const [left, right] = [byName(before), byName(after)]
  if (left && right) {
    const found = [...new Set([...left.keys(), ...right.keys()])].flatMap((name) =>
      compare([...path, name], left.get(name), right.get(name)),
    )
    return found.length > 0
      ? found
      : [`${label(path)}: another order (${[...right.keys()].join(', ').slice(0, LINE_LENGTH)})`]
  }
  const gone = before.filter((item) => !after.some((other) => sameJson(item, other)))
  const fresh = after.filter((item) => !before.some((other) => sameJson(item, other)))
  if (gone.length === 0 && fresh.length === 0) return lines(path, text(before), text(after))
  return [
    ...gone.flatMap((item) => lines(path, text(item), undefined)),
    ...fresh.flatMap((item) => lines(path, undefined, text(item))),
  ]
}

function lines(path: Path, before: string | undefined, after: string | undefined): string[] {
  const name = label(path)
  if (before === undefined && after === undefined) return []
  const said = (value: string) =>
    value.startsWith('from ') && isVariable(path) ? `${name} ${value}` : `${name}: ${value}`
  if (before === undefined) return [`+ ${said(short(after ?? ''))}`]
  if (after === undefined) return [`- ${said(short(before))}`]
  const line = `${said(before)} → ${after}`
  return line.length <= LINE_LENGTH && !line.includes('\n')
    ? [line]
    : [`- ${said(short(before))}`, `+ ${said(short(after))}`]
}

/** Paths as people say them: `web: env LOG_LEVEL`, `replicas`, `annotation owner`. */
function label(path: Path): string {
  const spec = path.findIndex((_, index) => POD_SPEC.test(path.slice(0, index + 1).join('.')))
  const rest = spec >= 0 ? path.slice(spec + 1) : path
  const [first, second, ...more] = rest
  const kind = Object.hasOwn(CONTAINERS, String(first)) ? CONTAINERS[String(first)] : undefined
  if (kind !== undefined && second !== undefined) {
    const inside =
      more[0] === 'env' && more.length === 2 ? `env ${more[1]}` : dotted(more[0] === 'resources' ? more.slice(1) : more)
    return `${kind}${typeof second === 'number' ? `container ${second + 1}` : second}${inside ? `: ${inside}` : ''}`
  }
  const mark = /^(.*?)metadata\.(annotation|label)s$/.exec(path.slice(0, -1).join('.'))
  if (mark) return `${mark[1] ? 'pod ' : ''}${mark[2]} ${path.at(-1)}`
  return dotted(first === 'spec' && rest.length > 1 ? rest.slice(1) : rest) || 'the object'
}

function dotted(path: Path): string {
  // an appended element has no place yet
  const shown = path.at(-1) === '-' ? path.slice(0, -1) : path
  return shown
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('')
}

function isVariable(path: Path): boolean {
  return path.at(-2) === 'env' && path.at(-1) !== '-' && typeof path.at(-1) === 'string'
}

/** What a variable holds: its value, or where it comes from. */
function variable(entry: unknown): string | undefined {
  if (!isRecord(entry)) return entry === undefined || entry === null ? undefined : text(entry)
  const from = entry.valueFrom
  return isRecord(from) ? sourceText(from) : text(entry.value ?? '')
}

/** Undefined unless every element has a name of its own. */
function byName(list: unknown[]): Map<string, unknown> | undefined {
  const found = new Map(list.map((item) => [nameOf(item), item]))
  return found.size === list.length && !found.has(undefined) ? (found as Map<string, unknown>) : undefined
}

function nameOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.name === 'string' ? value.name : undefined
}

function text(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? (value === '' ? '""' : value) : JSON.stringify(value)
}

function short(value: string): string {
  const line = value.replaceAll('\n', '⏎')
  return line.length > VALUE_LENGTH ? `${line.slice(0, VALUE_LENGTH)}… (cut, ${value.length} characters)` : line
}

function plain(object: unknown): unknown {
  if (!isRecord(object)) return object
  const { metadata, ...rest } = Object.fromEntries(Object.entries(object).filter(([key]) => !IDENTITY.has(key)))
  if (!isRecord(metadata)) return rest
  const kept = Object.entries(metadata).filter(([key]) => !SERVER_FIELDS.has(key))
  return { ...rest, ...(kept.length > 0 ? { metadata: Object.fromEntries(kept) } : {}) }
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (isRecord(value) && Object.keys(value).length === 0)
}

function isPage(value: unknown): value is string {
  return typeof value === 'string' && value.includes('\n')
}

function own(record: Json | undefined, key: string): unknown {
  return record && Object.hasOwn(record, key) ? record[key] : undefined
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
