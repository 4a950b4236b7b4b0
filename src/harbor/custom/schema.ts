// Structural schemas of custom kinds: what they do not know is pruned, defaults are filled in, values are checked.
import type { FieldErrors } from '../invalid.ts'
import { copy, isMap, type Json, own, put, same } from '../plain.ts'
import { NESTED_REPEAT } from './cel.ts'
import { checkRules } from './rules.ts'

const META = ['apiVersion', 'kind', 'metadata']
const MAX_DEPTH = 60

/** Drops unknown fields in place and returns their paths. */
export function prune(value: Json, schema: Json, path = '', depth = 0): string[] {
  if (depth > MAX_DEPTH || schema?.['x-kubernetes-preserve-unknown-fields']) return []
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => prune(item, schema?.items ?? {}, `${path}[${index}]`, depth + 1))
  }
  if (!isMap(value)) return []
  const unknown: string[] = []
  for (const key of Object.keys(value)) {
    if ((path === '' || schema?.['x-kubernetes-embedded-resource']) && META.includes(key)) continue
    const at = path ? `${path}.${key}` : key
    const known =
      own(schema?.properties, key) ?? (isMap(schema?.additionalProperties) ? schema.additionalProperties : undefined)
    if (known) unknown.push(...prune(value[key], known, at, depth + 1))
    else if (schema?.additionalProperties !== true) {
      unknown.push(at)
      delete value[key]
    }
  }
  return unknown
}

/** Fills in defaults in place; null where none may be is nothing. */
export function fillDefaults(value: Json, schema: Json, depth = 0): void {
  if (depth > MAX_DEPTH || !schema) return
  if (Array.isArray(value)) {
    for (const item of value) fillDefaults(item, schema.items, depth + 1)
    return
  }
  if (!isMap(value)) return
  for (const [key, inner] of Object.entries<Json>(schema.properties ?? {})) {
    if (own(value, key) === null && !inner.nullable) delete value[key]
    if (!Object.hasOwn(value, key)) {
      if (inner.default === undefined) continue
      put(value, key, copy(inner.default))
    }
    fillDefaults(value[key], inner, depth + 1)
  }
  if (!isMap(schema.additionalProperties)) return
  for (const item of Object.values(value)) fillDefaults(item, schema.additionalProperties, depth + 1)
}

/** The rules of the schema, in the wording of the API's validator. */
function validate(value: Json, schema: Json, path: string, errors: FieldErrors, depth = 0): void {
  if (depth > MAX_DEPTH || !schema) return
  if (value === null && schema.nullable) return
  if (!hasType(value, schema)) {
    const type = jsonType(value)
    const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type
    errors.typeInvalid(path, type, `${path} in body must be of type ${wanted}: "${type}"`)
    return
  }
  if (schema.enum && !schema.enum.some((item: Json) => same(item, value))) {
    errors.notSupported(path, value, schema.enum.map(String))
  }
  if (typeof value === 'number') validateNumber(value, schema, path, errors)
  else if (typeof value === 'string') validateString(value, schema, path, errors)
  else if (Array.isArray(value)) validateList(value, schema, path, errors, depth)
  else if (isMap(value)) validateMap(value, schema, path, errors, depth)
}

function hasType(value: Json, schema: Json): boolean {
  if (schema['x-kubernetes-int-or-string']) return typeof value === 'string' || Number.isInteger(value)
  switch (schema.type) {
    case 'string':
      return typeof value === 'string'
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isMap(value)
    default:
      return true
  }
}

function jsonType(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function validateNumber(value: number, schema: Json, path: string, errors: FieldErrors): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.invalid(
      path,
      value,
      `${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`,
    )
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.invalid(
      path,
      value,
      `${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
    )
  }
  if (multipleOf && value % multipleOf !== 0) {
    errors.invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`)
  }
}

function validateString(value: string, schema: Json, path: string, errors: FieldErrors): void {
  const { minLength, maxLength, pattern } = schema
  const length = Array.from(value).length
  if (maxLength !== undefined && length > maxLength) {
    errors.tooLong(path, `may not be more than ${maxLength} bytes`)
  } else if (minLength !== undefined && length < minLength) {
    errors.invalid(path, value, `${path} in body should be at least ${minLength} chars long`)
  } else if (pattern && !matchesPattern(value, pattern)) {
    errors.invalid(path, value, `${path} in body should match '${pattern}'`)
  }
}

// A client may define any pattern. Those that could take exponential time here (Go's cannot) are not evaluated.
const MAX_MATCHED = 2000

function matchesPattern(value: string, pattern: string): boolean {
  if (pattern.length > 500 || value.length > MAX_MATCHED || NESTED_REPEAT.test(pattern)) return true
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true
  }
}

function validateList(value: Json[], schema: Json, path: string, errors: FieldErrors, depth: number): void {
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    errors.tooMany(path, value.length, schema.maxItems)
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    errors.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`)
  }
  value.forEach((item, index) => {
    validate(item, schema.items, `${path}[${index}]`, errors, depth + 1)
  })
}

function validateMap(
  value: Record<string, Json>,
  schema: Json,
  path: string,
  errors: FieldErrors,
  depth: number,
): void {
  const below = (key: string) => (path ? `${path}.${key}` : key)
  for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) errors.required(below(key))
  for (const key of Object.keys(value)) {
    if (path === '' && META.includes(key)) continue
    const inner =
      own(schema.properties, key) ?? (isMap(schema.additionalProperties) ? schema.additionalProperties : undefined)
    if (inner) validate(value[key], inner, below(key), errors, depth + 1)
  }
}

const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** `old` is the object before an update. */
export function checkCustom(object: Json, schema: Json, errors: FieldErrors, old?: Json): void {
  const before = errors.list.length
  validate(object, schema, '', errors)
  if (!hasRules(schema)) return
  if (errors.list.length > before) errors.invalid('<nil>', null, NOT_CHECKED)
  else checkRules(object, old, schema, errors)
}

function hasRules(schema: Json, depth = 0): boolean {
  if (!isMap(schema) || depth > MAX_DEPTH) return false
  if (schema['x-kubernetes-validations']?.length) return true
  const below = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  return below.some((inner) => hasRules(inner, depth + 1))
}
