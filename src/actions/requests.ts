// Builds the exact requests: JSON Patch whose tests are part of the bytes, deletes and evictions by uid, creations.

import { canonicalJson } from '../core/canonical.ts'
import { ConflictError, UsageError } from '../core/errors.ts'
import type { Request, Step } from '../core/plan.ts'
import { redactValue } from '../core/redact.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { pathOf } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import { sameJson } from '../objects/same.ts'
import { type ApiKind, type Found, kubectlName } from './objects.ts'

/** One field that gets a value; `undefined` removes it. Numbers in a path are list indexes, `-` appends. */
export interface Edit {
  path: (string | number)[]
  value: unknown
}

interface Operation {
  op: 'test' | 'add' | 'replace' | 'remove'
  path: string
  value?: unknown
}

/** The object already is as asked. Of several objects the others are changed all the same. */
export class AsAskedError extends ConflictError {}

/** A PATCH of one existing object. Throws a UsageError when nothing would change, or when a secret would be in the bytes. */
export function patchStep(
  found: Found,
  edits: readonly Edit[],
  words: string,
  kubectl: string,
  subresource?: string,
): Step {
  const operations: Operation[] = [{ op: 'test', path: '/metadata/uid', value: found.uid }]
  const changes: Step['changes'] = []
  const made = new Set<string>()
  for (const { path, value } of edits) {
    const before = valueAt(found.live, path)
    if (before === undefined && value === undefined) continue
    if (before !== undefined && value !== undefined && sameJson(before, value)) continue
    const at = pointer(path)
    operations.push(...elementTests(found.live, path, made))
    if (before !== undefined) operations.push({ op: 'test', path: at, value: before })
    else operations.push(...absenceTests(found.live, path, made), ...parents(found.live, path, made))
    if (value === undefined) operations.push({ op: 'remove', path: at })
    else operations.push({ op: before === undefined ? 'add' : 'replace', path: at, value })
    changes.push({ path: dotted(path), before: shown(before), after: shown(value) })
  }
  if (changes.length === 0) throw new AsAskedError(`${refText(found.ref)} already is as asked: nothing would change`)
  const request: Request = {
    method: 'PATCH',
    path: pathOf(found.kind, found.ref.namespace, found.ref.name, subresource),
    contentType: 'application/json-patch+json',
    body: operations,
  }
  return step({ request, object: found.ref, words, kubectl, changes, rule: 'plain' })
}

/** A list index means the element that the card shows: its name is tested, so that a reordered list is not another target. */
function elementTests(live: unknown, path: (string | number)[], made: Set<string>): Operation[] {
  return path.flatMap((key, depth): Operation[] => {
    const element = path.slice(0, depth + 1)
    const name = valueAt(live, [...element, 'name'])
    const at = `${pointer(element)}/name`
    if (typeof key !== 'number' || typeof name !== 'string' || made.has(at)) return []
    made.add(at)
    return [{ op: 'test', path: at, value: name }]
  })
}

/** What the card shows as absent must be absent: the API server takes a test for null as met by a field that is not there. */
function absenceTests(live: unknown, path: (string | number)[], made: Set<string>): Operation[] {
  const depth = path.findIndex((_, index) => valueAt(live, path.slice(0, index + 1)) === undefined)
  const at = pointer(path.slice(0, depth + 1))
  // an appended element has no place yet
  if (path[depth] === '-' || made.has(at)) return []
  return [{ op: 'test', path: at, value: null }]
}

/** Empty maps and lists on the way to a field that is not there yet; `made` remembers them over the edits of one patch. */
function parents(live: unknown, path: (string | number)[], made: Set<string>): Operation[] {
  const operations: Operation[] = []
  for (let depth = 1; depth < path.length; depth++) {
    const part = path.slice(0, depth)
    const at = pointer(part)
    if (valueAt(live, part) !== undefined || made.has(at)) continue
    made.add(at)
    const next = path[depth]
    operations.push({ op: 'add', path: at, value: next === '-' || typeof next === 'number' ? [] : {} })
  }
  return operations
}

export interface DeleteOptions {
  graceSeconds?: number | undefined
  cascade?: 'background' | 'foreground' | 'orphan' | undefined
}

const PROPAGATION = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const

export function deleteStep(
  found: Found,
  words: string,
  { graceSeconds, cascade = 'background' }: DeleteOptions = {},
): Step {
  const request: Request = {
    method: 'DELETE',
    path: pathOf(found.kind, found.ref.namespace, found.ref.name),
    contentType: 'application/json',
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: found.uid },
      propagationPolicy: PROPAGATION[cascade],
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    },
  }
  const options = [
    ...(cascade === 'background' ? [] : [`--cascade=${cascade}`]),
    ...(graceSeconds === undefined ? [] : [`--grace-period=${graceSeconds}${graceSeconds === 0 ? ' --force' : ''}`]),
  ]
  const changes = [{ path: '', before: keptText(found.live), after: null }]
  return step({
    request,
    object: found.ref,
    words,
    kubectl: ['kubectl delete', kubectlName(found.ref), ...options].join(' '),
    changes,
    rule: 'plain',
  })
}

// what a lookup gives out is read-only: however many deletes are judged, the same object is written down once
const kept = new WeakMap<object, string>()

// a plan deletes up to 50 objects, and its record is written with every step
const MAX_KEPT = 131_072

/** For the way back; never what is secret: put back without it, the object would be another one. */
function keptText(live: KubeObject): string {
  const known = kept.get(live)
  if (known !== undefined) return known
  const whole = live.kind === 'Secret' || holdsSecret(live) ? '(holds a secret, not kept)' : canonicalJson(live)
  const text = whole.length > MAX_KEPT ? '(too large to be kept)' : whole
  kept.set(live, text)
  return text
}

export function evictStep(pod: Found, words: string): Step {
  const { name, namespace } = pod.ref
  const request: Request = {
    method: 'POST',
    path: pathOf(pod.kind, namespace, name, 'eviction'),
    contentType: 'application/json',
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid: pod.uid } },
    },
  }
  // kubectl has no verb for one eviction; the raw request is the same
  const kubectl = `kubectl create --raw ${request.path} -f -`
  return step({ request, object: pod.ref, words, kubectl, changes: [], rule: 'evict' })
}

export function createStep(
  kind: ApiKind,
  ref: ObjectRef,
  manifest: Record<string, unknown>,
  words: string,
  kubectl: string,
): Step {
  const request: Request = {
    method: 'POST',
    path: pathOf(kind, ref.namespace),
    contentType: 'application/json',
    body: manifest,
  }
  return step({
    request,
    object: ref,
    words,
    kubectl,
    changes: [{ path: '', before: null, after: shown(manifest) }],
    rule: 'plain',
  })
}

/** Every step leaves through here: bytes that hold a secret are never proposed, so they are in no card, store or audit either. */
export function step(made: Step): Step {
  const { body } = made.request
  if (holdsSecret(body)) {
    throw new UsageError(
      `the change of ${refText(made.object)} holds Secret data or text that looks like a secret; refer to a Secret by name instead`,
    )
  }
  return made
}

function holdsSecret(body: unknown): boolean {
  if (body === undefined) return false
  if (isRecord(body) && body.kind === 'Secret' && (body.data !== undefined || body.stringData !== undefined))
    return true
  return !sameJson(redactValue(body), body)
}

/** The edits that turn one JSON value into another. Lists whose elements keep their names are followed, others are replaced whole. */
export function editsBetween(before: unknown, after: unknown, path: (string | number)[] = []): Edit[] {
  if (before !== undefined && after !== undefined && sameJson(before, after)) return []
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => editsBetween(ownValue(before, key), ownValue(after, key), [...path, key]))
  }
  if (Array.isArray(before) && Array.isArray(after) && sameNames(before, after)) {
    return after.flatMap((item, index) => editsBetween(before[index], item, [...path, index]))
  }
  return [{ path, value: after }]
}

function sameNames(before: unknown[], after: unknown[]): boolean {
  return (
    before.length === after.length &&
    before.every((item, index) => {
      const other = after[index]
      return isRecord(item) && isRecord(other) && typeof item.name === 'string' && item.name === other.name
    })
  )
}

/** RFC 6901 */
function pointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function valueAt(object: unknown, path: readonly (string | number)[]): unknown {
  let value = object
  for (const key of path) {
    if (Array.isArray(value)) value = typeof key === 'number' || /^\d+$/.test(key) ? value[Number(key)] : undefined
    else value = isRecord(value) ? ownValue(value, String(key)) : undefined
  }
  return value
}

function ownValue(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function dotted(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`)).join('')
}

const MAX_SHOWN = 65_536

function shown(value: unknown): string | null {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : canonicalJson(redactValue(value))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (cut, ${text.length} characters)` : text
}

/** A word as a person may paste it behind a prompt. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
