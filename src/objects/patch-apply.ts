// Server-side apply on plain objects: merge a configuration by its fields, give up what it no longer says, find whom it contradicts.
import {
  compareValues,
  difference,
  elementKey,
  elementsOf,
  type FieldRules,
  type FieldSet,
  fieldsOfValue,
  intersection,
  isEmptySet,
  union,
} from './patch-fields.ts'

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Json = any

export interface Owner {
  /** how conflicts name the owner */
  label: string
  fields: FieldSet
}

export interface Applied {
  object: Json
  /** the fields of the configuration: what its manager owns from now on */
  fields: FieldSet
  /** the fields that would change although others own them */
  conflicts: { owner: Owner; fields: FieldSet }[]
}

/** `previous` is what the manager applied last; `others` everybody else who owns fields. */
export function applyConfiguration(
  live: Json,
  configuration: Json,
  previous: FieldSet | undefined,
  others: Owner[],
  rules: FieldRules,
): Applied {
  const fields = fieldsOfValue(configuration, rules)
  const merged = mergeTyped(live, configuration, rules, [])
  const { changed } = compareValues(live, merged, rules)
  const conflicts = others.flatMap((owner) => {
    const clash = intersection(intersection(changed, fields), owner.fields)
    return isEmptySet(clash) ? [] : [{ owner, fields: clash }]
  })
  const givenUp = previous ? difference(previous, fields) : undefined
  if (!givenUp || isEmptySet(givenUp)) return { object: merged, fields, conflicts }
  const kept = others.reduce((set, owner) => union(set, owner.fields), fields)
  return { object: prune(merged, givenUp, kept, rules, []), fields, conflicts }
}

function mergeTyped(live: Json, value: Json, rules: FieldRules, path: string[]): Json {
  if (live === undefined || live === null) return value
  if (Array.isArray(value) && Array.isArray(live)) {
    const rule = rules.list(path)
    const mine = elementsOf(value, rule)
    const present = elementsOf(live, rule)
    if (!mine || !present) return value
    const merged = new Map(present)
    for (const [key, item] of mine) merged.set(key, rule.set ? item : mergeTyped(present.get(key), item, rules, path))
    return orderLike(merged, [...present.keys()], [...mine.keys()])
  }
  if (!isMap(value) || !isMap(live) || rules.atomic(path)) return value
  const result: Record<string, Json> = {}
  for (const key of Object.keys(live)) define(result, key, live[key])
  for (const key of Object.keys(value)) {
    const below = Object.hasOwn(live, key) ? live[key] : undefined
    define(result, key, mergeTyped(below, value[key], rules, [...path, key]))
  }
  return result
}

// elements that were there keep their order unless the configuration orders them otherwise; new ones follow
function orderLike(merged: Map<string, Json>, before: string[], wanted: string[]): Json[] {
  const applied = wanted.filter((key) => before.includes(key))
  const order = before.map((key) => (wanted.includes(key) ? (applied.shift() as string) : key))
  return [...order, ...wanted.filter((key) => !before.includes(key))].map((key) => merged.get(key))
}

// removes what is in `gone` and in nobody's `kept`
function prune(value: Json, gone: FieldSet, kept: FieldSet | undefined, rules: FieldRules, path: string[]): Json {
  if (Array.isArray(value)) {
    const rule = rules.list(path)
    if (!rule.keys && !rule.set) return value
    return value.flatMap((item) => {
      const key = rule.set ? `v:${JSON.stringify(item)}` : elementKey(item, rule)
      const child = key === undefined ? undefined : gone.children.get(key)
      if (!child) return [item]
      const others = kept?.children.get(key as string)
      if (child.member && !others) return []
      return rule.set ? [item] : [prune(item, child, others, rules, path)]
    })
  }
  if (!isMap(value)) return value
  const result: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    const child = gone.children.get(`f:${key}`)
    const others = kept?.children.get(`f:${key}`)
    if (!child) define(result, key, value[key])
    else if (!child.member || others) define(result, key, prune(value[key], child, others, rules, [...path, key]))
  }
  return result
}

function isMap(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function define(target: Record<string, Json>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
