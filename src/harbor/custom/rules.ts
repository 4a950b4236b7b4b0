// Walks an object of a custom kind and its schema, and asks every rule on the way. Runs only for objects that fit the schema otherwise.
import type { FieldErrors } from '../invalid.ts'
import { isMap, type Json, own, same } from '../plain.ts'
import { evaluate, faultOf, type Rule } from './cel.ts'

const MAX_DEPTH = 60
// what one object may cost, in elements looked at; the API server has such a budget too
const BUDGET = 1_000_000

interface Walk {
  errors: FieldErrors
  left: number
}

/** `old` is the object before an update. */
export function checkRules(object: Json, old: Json, schema: Json, errors: FieldErrors): void {
  visit(rooted(object), old === undefined ? undefined : rooted(old), schema, '', { errors, left: BUDGET }, 0)
}

// of metadata, rules may speak of the name alone
function rooted(object: Json): Json {
  const { name, generateName } = object.metadata ?? {}
  return { ...object, metadata: { name, ...(generateName === undefined ? {} : { generateName }) } }
}

function visit(value: Json, old: Json, schema: Json, path: string, walk: Walk, depth: number): void {
  if (depth > MAX_DEPTH || !schema || value === undefined || value === null) return
  for (const rule of (schema['x-kubernetes-validations'] ?? []) as Rule[]) ask(rule, value, old, schema, path, walk)
  if (Array.isArray(value)) {
    // elements have a past only where the schema says what makes them the same
    const keys: string[] | undefined = schema['x-kubernetes-list-map-keys']
    value.forEach((item, index) => {
      const before =
        keys && Array.isArray(old) ? old.find((one) => keys.every((key) => same(one?.[key], item?.[key]))) : undefined
      visit(item, before, schema.items, `${path}[${index}]`, walk, depth + 1)
    })
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    const listed = own(schema.properties, key)
    const inner = listed ?? (isMap(schema.additionalProperties) ? schema.additionalProperties : undefined)
    const below = listed ? (path ? `${path}.${key}` : key) : `${path}[${key}]`
    visit(value[key], own(old, key), inner, below, walk, depth + 1)
  }
}

const SPEAKS_OF_OLD = /\boldSelf\b/

function ask(rule: Rule, value: Json, old: Json, schema: Json, path: string, walk: Walk): void {
  if (walk.left < 0 || typeof rule.rule !== 'string') return
  // a rule of change has nothing to say about what is new, any other nothing about what did not change
  if (SPEAKS_OF_OLD.test(rule.rule) ? old === undefined : old !== undefined && same(old, value)) return
  walk.left -= costOf(rule.rule, value)
  if (walk.left < 0) {
    const why = 'validation failed due to running out of cost budget, no further validation rules will be run'
    walk.errors.failed('FieldValueInvalid', path || '<nil>', why)
    return
  }
  const outcome = evaluate(rule, schema, value, old)
  if (outcome.holds) return
  const field = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>'
  if (outcome.fault !== undefined) {
    const about = rule.message?.trim() || rule.rule.trim()
    walk.errors.invalid(field, schema.type ?? 'object', `${outcome.fault} evaluating rule: ${about}`)
    return
  }
  const reason = rule.reason ?? 'FieldValueInvalid'
  // an object's text would say too much
  if (reason === 'FieldValueInvalid' && typeof value !== 'object') walk.errors.invalid(field, value, outcome.message)
  else walk.errors.failed(reason, field, outcome.message)
}

/** A bound of the work: macros within macros multiply. */
function costOf(rule: string, value: Json): number {
  return Math.max(1, longestIn(value, 0)) ** nestedMacros(rule) + rule.length
}

function longestIn(value: Json, depth: number): number {
  if (typeof value === 'string') return value.length / 100
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 1
  const items = Object.values(value as object)
  return items.reduce((most: number, item) => Math.max(most, longestIn(item, depth + 1)), items.length)
}

const MACRO = /\.\s*(?:all|exists|exists_one|existsOne|map|filter|transformList|transformMap)\s*$/

function nestedMacros(rule: string): number {
  const open: boolean[] = []
  let most = 0
  // a string may hold brackets
  const text = rule.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''")
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') open.push(MACRO.test(text.slice(Math.max(0, at - 20), at)))
    else if (text[at] === ')') open.pop()
    most = Math.max(most, open.filter(Boolean).length)
  }
  return most
}

/** The rules that a definition brings: refused when they are no CEL. `path` is that of the schema. */
export function checkDefinitionRules(schema: Json, path: string, errors: FieldErrors, depth = 0): void {
  if (depth > MAX_DEPTH || !isMap(schema)) return
  const rules: Json[] = Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'] : []
  for (const [index, rule] of rules.entries()) {
    const at = `${path}.x-kubernetes-validations[${index}].rule`
    const text: unknown = rule?.rule
    if (typeof text !== 'string' || text.trim() === '') errors.required(at, 'rule is not specified')
    else {
      const fault = faultOf(text)
      if (fault) errors.failed('FieldValueInvalid', at, `${goText(rule)}: ${fault}`)
    }
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    checkDefinitionRules(inner, `${path}.properties[${name}]`, errors, depth + 1)
  }
  checkDefinitionRules(schema.items, `${path}.items`, errors, depth + 1)
  checkDefinitionRules(schema.additionalProperties, `${path}.additionalProperties`, errors, depth + 1)
}

// the rule as Go prints its struct
function goText({ rule, message = '', messageExpression = '', reason, fieldPath = '' }: Rule): string {
  const shown = {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason,
    FieldPath: fieldPath,
  }
  return JSON.stringify({ ...shown, OptionalOldSelf: null })
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
}
