// metadata.managedFields: who wrote which field last, by ordinary writes and by server-side apply.
import type { KubeObject } from '../objects/object.ts'
import { type Owner } from '../objects/patch-apply.ts'
import {
  compareValues,
  difference,
  type FieldRules,
  type FieldSet,
  isEmptySet,
  parseFields,
  printFields,
  printValue,
  union,
  without,
} from '../objects/patch-fields.ts'
import { builtInIsImplicit, builtInListRule, builtInMapIsAtomic } from '../objects/patch-keys.ts'
import type { Clock } from './clock.ts'
import { customFieldRules } from './custom/kind.ts'
import { copy, freeze, isMap, type Json, same } from './plain.ts'
import type { VerbOptions } from './realm.ts'
import type { Resource } from './registry.ts'

export interface ManagedEntry {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  subresource?: string
  fields: FieldSet
}

export function fieldRules(resource: Resource): FieldRules {
  return (
    customFieldRules(resource) ?? {
      list: builtInListRule,
      atomic: builtInMapIsAtomic,
      implicit: builtInIsImplicit,
    }
  )
}

const OWNED_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'generateName']

/** What can be owned: everything but the name of the object and what the server keeps itself. */
export function ownable(object: KubeObject | undefined): Json {
  if (!object) return {}
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object
  const owned: Json = {}
  for (const key of OWNED_METADATA) {
    const value = metadata[key as keyof typeof metadata]
    if (value !== undefined) owned[key] = value
  }
  return Object.keys(owned).length > 0 ? { metadata: owned, ...rest } : rest
}

export function entriesOf(object: KubeObject | undefined): ManagedEntry[] {
  const list = object?.metadata.managedFields
  if (!Array.isArray(list)) return []
  return list.filter(isMap).map((entry) => ({
    manager: String(entry.manager ?? ''),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry.apiVersion ?? ''),
    ...(typeof entry.time === 'string' ? { time: entry.time } : {}),
    ...(typeof entry.subresource === 'string' && entry.subresource ? { subresource: entry.subresource } : {}),
    fields: setOf(entry.fieldsV1),
  }))
}

export function setEntries(object: KubeObject, entries: ManagedEntry[]): void {
  const kept = entries.filter((entry) => !isEmptySet(entry.fields))
  if (kept.length === 0) {
    delete object.metadata.managedFields
    return
  }
  kept.sort((a, b) => order(a).localeCompare(order(b)))
  object.metadata.managedFields = kept.map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
    manager,
    operation,
    apiVersion,
    ...(time ? { time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: textOf(fields),
    ...(subresource ? { subresource } : {}),
  }))
}

// Fields as they are stored, and as a set to reckon with. Both live as long as the object they are of; neither is ever changed.
const sets = new WeakMap<object, FieldSet>()
const prints = new WeakMap<FieldSet, object>()

function setOf(fieldsV1: Json): FieldSet {
  if (!isMap(fieldsV1)) return parseFields(fieldsV1)
  const known = sets.get(fieldsV1)
  if (known) return known
  const parsed = parseFields(fieldsV1)
  if (Object.isFrozen(fieldsV1)) sets.set(fieldsV1, parsed)
  return parsed
}

function textOf(fields: FieldSet): object {
  const known = prints.get(fields)
  if (known) return known
  const printed = shared(printFields(fields))
  prints.set(fields, printed)
  return printed
}

// objects of one shape have the same fields: thousands of pods share a few of these
const SHARED_MAX = 2000
const sharedFields = new Map<string, object>()
const fieldsByShape = new Map<string, object>()
const LONGEST_SHAPE = 4096

/** The fields of a new object, reckoned once for all objects of its shape. */
function fieldsOfNew(value: Json, resource: Resource): object {
  // what a custom kind's lists are keyed by is up to its definition
  if (resource.custom) return shared(printValue(value, fieldRules(resource)))
  const shape = shapeOf(value, false)
  const known = fieldsByShape.get(shape)
  if (known) return known
  const fields = shared(printValue(value, fieldRules(resource)))
  if (shape.length > LONGEST_SHAPE) return fields
  if (fieldsByShape.size >= SHARED_MAX) fieldsByShape.clear()
  fieldsByShape.set(shape, fields)
  return fields
}

// field names, and of list elements the values too, as elements are named by them
function shapeOf(value: Json, listed: boolean): string {
  if (typeof value !== 'object' || value === null) return listed ? JSON.stringify(value) : ''
  if (Array.isArray(value)) return `[${value.map((item) => shapeOf(item, true)).join()}]`
  let text = '{'
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item === undefined) continue
    // a map within an element has a shape of its own: elements are keyed by their scalars
    text +=
      typeof item === 'object' || listed
        ? `${JSON.stringify(key)}:${shapeOf(item, listed && typeof item !== 'object')},`
        : `${JSON.stringify(key)},`
  }
  return `${text}}`
}

function shared(printed: object): object {
  const text = JSON.stringify(printed)
  const known = sharedFields.get(text)
  if (known) return known
  if (sharedFields.size >= SHARED_MAX) sharedFields.clear()
  sharedFields.set(text, freeze(printed))
  return printed
}

function order({ operation, time = '', manager }: ManagedEntry): string {
  return `${operation}|${time}|${manager}`
}

/** Notes what an ordinary write changed: its manager owns that now, nobody else does. */
export function trackUpdate(
  draft: KubeObject,
  old: KubeObject | undefined,
  resource: Resource,
  options: VerbOptions,
  clock: Clock,
): void {
  if (!old) return trackCreate(draft, resource, options, clock)
  // an explicitly empty list resets ownership
  const reset = Array.isArray(draft.metadata.managedFields) && isReset(draft.metadata.managedFields)
  // a client may hand ownership on, as kubectl does when it turns to server-side apply
  const sent = options.subresource ? [] : entriesOf(draft)
  const entries = reset ? [] : sent.length > 0 ? sent : entriesOf(old)
  const { changed, removed } = compareValues(ownable(old), ownable(draft), fieldRules(resource))
  if (isEmptySet(changed) && isEmptySet(removed)) {
    setEntries(draft, entries)
    return
  }
  const mine: ManagedEntry = {
    manager: options.manager ?? 'unknown',
    operation: 'Update',
    apiVersion: resource.apiVersion,
    ...(options.subresource ? { subresource: options.subresource } : {}),
    time: clock.iso(),
    fields: changed,
  }
  const kept = entries.map((entry) => {
    const left = without(entry.fields, removed)
    if (!isSame(entry, mine)) return { ...entry, fields: difference(left, changed) }
    return { ...entry, fields: left }
  })
  const own = kept.find((entry) => isSame(entry, mine))
  if (own) Object.assign(own, { fields: union(own.fields, changed), time: mine.time })
  else kept.push(mine)
  setEntries(draft, kept)
}

// a new object is its creator's as a whole
function trackCreate(draft: KubeObject, resource: Resource, options: VerbOptions, clock: Clock): void {
  const fields = fieldsOfNew(ownable(draft), resource)
  delete draft.metadata.managedFields
  if (Object.keys(fields).length === 0) return
  const { manager = 'unknown', subresource } = options
  draft.metadata.managedFields = [
    {
      manager,
      operation: 'Update',
      apiVersion: resource.apiVersion,
      time: clock.iso(),
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
      ...(subresource ? { subresource } : {}),
    },
  ]
}

function isReset(list: unknown[]): boolean {
  return list.every((entry) => isMap(entry) && Object.keys(entry).length === 0)
}

export function isSame(a: ManagedEntry, b: ManagedEntry): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.apiVersion === b.apiVersion &&
    (a.subresource ?? '') === (b.subresource ?? '')
  )
}

/** Everybody but the applying manager, named as conflicts name them. */
export function ownersBeside(entries: ManagedEntry[], mine: ManagedEntry): (Owner & { entry: ManagedEntry })[] {
  return entries
    .filter((entry) => !isSame(entry, mine))
    .map((entry) => ({ entry, label: labelOf(entry), fields: entry.fields }))
}

function labelOf({ manager, subresource, operation, apiVersion }: ManagedEntry): string {
  const through = subresource ? ` with subresource "${subresource}"` : ''
  return `"${manager}"${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}

/** A copy to work on. Who owns what stays shared: it is replaced as a whole or not at all. */
export function draftOf(object: KubeObject): KubeObject {
  const { managedFields } = object.metadata
  if (!managedFields) return copy(object)
  const draft = copy({ ...object, metadata: { ...object.metadata, managedFields: undefined } }) as KubeObject
  draft.metadata.managedFields = managedFields
  return draft
}

/** A copy in which metadata and status may be changed; the rest stays shared, as a write of status leaves it alone. */
export function statusDraftOf(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, status } = object
  const draft: KubeObject = { ...object, metadata: draftOf({ apiVersion, kind, metadata }).metadata }
  if (status !== undefined) draft.status = copy(status)
  return draft
}

/** Equal but for the revision and for when managers wrote. */
export function sameButManaged(draft: KubeObject, old: KubeObject): boolean {
  const { managedFields: a, resourceVersion: _a, ...left } = draft.metadata
  const { managedFields: b, resourceVersion: _b, ...right } = old.metadata
  if (!same({ ...draft, metadata: left }, { ...old, metadata: right })) return false
  return same(timeless(a), timeless(b))
}

function timeless(list: unknown[] | undefined): unknown {
  return (list ?? []).map((entry) => ({ ...(entry as object), time: undefined }))
}
