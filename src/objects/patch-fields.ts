// Sets of fields, as metadata.managedFields records them (fieldsV1): "f:spec" a field, 'k:{"name":"web"}' a list element by its keys,
// 'v:"x"' an element of a set, "." the thing itself.
import type { ListRule } from './patch-keys.ts'

/** How lists and maps are owned: as a whole or by parts. */
export interface FieldRules {
  list(path: readonly string[]): ListRule
  atomic(path: readonly string[]): boolean
  /** fields that every object of the kind has even when nobody wrote them: they are never owned themselves */
  implicit(path: readonly string[]): boolean
}

export interface FieldSet {
  /** the field itself is in the set */
  member: boolean
  children: Map<string, FieldSet>
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Json = any

function emptySet(): FieldSet {
  return { member: false, children: new Map() }
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0
}

export function parseFields(value: Json, depth = 0): FieldSet {
  const set = emptySet()
  if (typeof value !== 'object' || value === null || depth > 100) return set
  const keys = Object.keys(value)
  set.member = keys.length === 0 || Object.hasOwn(value, '.')
  for (const key of keys) if (key !== '.') set.children.set(key, parseFields(value[key], depth + 1))
  return set
}

export function printFields(set: FieldSet): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  if (set.member && set.children.size > 0) result['.'] = {}
  for (const key of [...set.children.keys()].sort()) {
    const child = set.children.get(key) as FieldSet
    if (!isEmptySet(child)) result[key] = printFields(child)
  }
  return result
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { member: a.member || b.member, children: new Map(a.children) }
  for (const [key, child] of b.children) {
    const present = result.children.get(key)
    result.children.set(key, present ? union(present, child) : child)
  }
  return result
}

/** Returns `a` itself when nothing of it is in `b`: most writes leave most owners alone. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, a.member && !b.member, difference)
}

/** a without what is in b or below it. Returns `a` itself when nothing of it is. */
export function without(a: FieldSet, b: FieldSet): FieldSet {
  return b.member ? emptySet() : subtract(a, b, a.member, without)
}

function subtract(a: FieldSet, b: FieldSet, member: boolean, below: typeof difference): FieldSet {
  const children = new Map<string, FieldSet>()
  let isWhole = member === a.member
  for (const [key, child] of a.children) {
    const other = b.children.get(key)
    const left = other ? below(child, other) : child
    if (left !== child) isWhole = false
    if (!isEmptySet(left)) children.set(key, left)
  }
  return isWhole ? a : { member, children }
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { member: a.member && b.member, children: new Map() }
  for (const [key, child] of a.children) {
    const other = b.children.get(key)
    const both = other ? intersection(child, other) : emptySet()
    if (!isEmptySet(both)) result.children.set(key, both)
  }
  return result
}

/** `.spec.template.spec.containers[name="web"].image` for every member. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const own = set.member && prefix !== '' ? [prefix] : []
  const below = [...set.children].flatMap(([key, child]) => pathsOf(child, prefix + pathStep(key)))
  return [...own, ...below].sort()
}

function pathStep(key: string): string {
  const rest = key.slice(2)
  if (key.startsWith('f:')) return `.${rest}`
  if (key.startsWith('v:')) return `[=${rest}]`
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
}

/** The key of a list element: its key fields with their defaults, in order of name; undefined when one is missing. */
export function elementKey(item: Json, { keys = [], defaults = {} }: ListRule): string | undefined {
  const pairs: Record<string, unknown> = {}
  for (const key of [...keys].sort()) {
    const value = item?.[key] ?? defaults[key]
    if (value === undefined) return undefined
    pairs[key] = value
  }
  return `k:${JSON.stringify(pairs)}`
}

/** The parts of a list by element key; undefined when the list is owned as a whole. */
export function elementsOf(list: Json[], rule: ListRule): Map<string, Json> | undefined {
  if (rule.set) return new Map(list.map((item) => [`v:${JSON.stringify(item)}`, item]))
  if (!rule.keys) return undefined
  const elements = new Map<string, Json>()
  for (const item of list) {
    const key = elementKey(item, rule)
    if (key === undefined || elements.has(key)) return undefined
    elements.set(key, item)
  }
  return elements
}

/** The fields of an applied configuration: its leaves, and every list element itself. */
export function fieldsOfValue(value: Json, rules: FieldRules, path: string[] = []): FieldSet {
  const leaf: FieldSet = { member: true, children: new Map() }
  if (Array.isArray(value)) {
    const rule = rules.list(path)
    const elements = elementsOf(value, rule)
    if (!elements || elements.size === 0) return leaf
    const set = emptySet()
    for (const [key, item] of elements) {
      set.children.set(key, rule.set ? leaf : { ...fieldsOfValue(item, rules, path), member: true })
    }
    return set
  }
  if (typeof value !== 'object' || value === null) return leaf
  const keys = Object.keys(value)
  if (keys.length === 0 || rules.atomic(path)) return leaf
  const set = emptySet()
  for (const key of keys) set.children.set(`f:${key}`, fieldsOfValue(value[key], rules, [...path, key]))
  return set
}

export interface Comparison {
  /** added or changed, with everything below what is new */
  changed: FieldSet
  removed: FieldSet
}

/** What differs between two states of an object. */
export function compareValues(
  before: Json,
  after: Json,
  rules: FieldRules,
  path: string[] = [],
  element = false,
): Comparison {
  if (before === after) return { changed: emptySet(), removed: emptySet() }
  if (before === undefined) return { changed: everything(after, rules, path, element), removed: emptySet() }
  if (after === undefined) return { changed: emptySet(), removed: everything(before, rules, path, element) }
  const left = partsOf(before, rules, path)
  const right = partsOf(after, rules, path)
  if (!left || !right) {
    const member = JSON.stringify(before) !== JSON.stringify(after)
    return { changed: { member, children: new Map() }, removed: emptySet() }
  }
  const comparison: Comparison = { changed: emptySet(), removed: emptySet() }
  const compare = (key: string, one: Json, other: Json) => {
    if (one === other) return
    const isField = key.startsWith('f:')
    const inner = compareValues(one, other, rules, isField ? [...path, key.slice(2)] : path, !isField)
    if (!isEmptySet(inner.changed)) comparison.changed.children.set(key, inner.changed)
    if (!isEmptySet(inner.removed)) comparison.removed.children.set(key, inner.removed)
  }
  for (const [key, one] of left) compare(key, one, right.get(key))
  for (const [key, other] of right) if (!left.has(key)) compare(key, undefined, other)
  return comparison
}

// the parts that are owned one by one; undefined for scalars and for what is owned as a whole
function partsOf(value: Json, rules: FieldRules, path: string[]): Map<string, Json> | undefined {
  if (Array.isArray(value)) return elementsOf(value, rules.list(path))
  if (typeof value !== 'object' || value === null || rules.atomic(path)) return undefined
  return new Map(Object.keys(value).map((key) => [`f:${key}`, value[key]]))
}

// `element`: of a list, which is there only since somebody put it in
function everything(value: Json, rules: FieldRules, path: string[], element = false): FieldSet {
  const parts = partsOf(value, rules, path)
  const implicit = !element && parts !== undefined && rules.implicit(path)
  const set: FieldSet = { member: !implicit, children: new Map() }
  for (const [key, part] of parts ?? []) {
    const isField = key.startsWith('f:')
    set.children.set(key, everything(part, rules, isField ? [...path, key.slice(2)] : path, !isField))
  }
  return set
}

/** What managedFields say of a value that one manager wrote as a whole: printFields of all of it, without the set in between. */
export function printValue(value: Json, rules: FieldRules): Record<string, unknown> {
  return printPart(value, rules, [], false) ?? {}
}

// undefined: nothing of it is anybody's
function printPart(
  value: Json,
  rules: FieldRules,
  path: string[],
  element: boolean,
): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return {}
  const implicit = !element && rules.implicit(path)
  const result: Record<string, unknown> = implicit ? {} : { '.': {} }
  const nothing = implicit ? undefined : {}
  if (Array.isArray(value)) {
    const elements = elementsOf(value, rules.list(path))
    if (!elements) return {}
    if (elements.size === 0) return nothing
    for (const key of [...elements.keys()].sort()) result[key] = printPart(elements.get(key), rules, path, true) ?? {}
    return result
  }
  const keys = Object.keys(value)
  if (keys.length === 0) return nothing
  if (rules.atomic(path)) return {}
  for (const key of keys.sort()) {
    if (value[key] === undefined) continue
    path.push(key)
    const printed = printPart(value[key], rules, path, false)
    if (printed) result[`f:${key}`] = printed
    path.pop()
  }
  return result
}
