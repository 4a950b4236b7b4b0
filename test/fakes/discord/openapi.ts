// Whether a request is one that Discord's published OpenAPI document knows: its path, its query, and its body to the last property.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Schema {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minimum?: number
  maximum?: number
  pattern?: string
  format?: string
}

interface Operation {
  query: Record<string, Schema>
  body?: Schema
}

interface Document {
  operations: Record<string, Operation>
  schemas: Record<string, Schema>
}

const DOCUMENT = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8')) as Document

/** In the document an emoji's name or an id is a parameter; here each becomes one step of the path. */
const OPERATIONS = Object.entries(DOCUMENT.operations).map(([name, operation]) => {
  const [method = '', path = ''] = name.split(' ')
  return {
    method,
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
    operation,
    literal: path.replace(/\{[^}]+\}/g, '').length,
  }
})

/** Where and why the document does not accept it; undefined when it does. */
export function refusedBy(method: string, path: string, query: URLSearchParams, body: unknown): string | undefined {
  const [found] = OPERATIONS.filter((one) => one.method === method && one.pattern.test(path)).sort(
    (a, b) => b.literal - a.literal,
  )
  if (!found) return `${method} ${path} is not in the document`
  const { operation } = found
  for (const [name, value] of query) {
    const schema = operation.query[name]
    if (!schema) return `the query ${name} is not in the document`
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : { true: true, false: false }[value]
    const wrong = mismatch(value, schema, name) && mismatch(parsed, schema, name)
    if (wrong) return wrong
  }
  if (!operation.body) return undefined
  return mismatch(body, operation.body, '')
}

function mismatch(value: unknown, schema: Schema, at: string): string | undefined {
  const here = at || 'the body'
  if (schema.$ref) {
    const wrong = mismatch(value, DOCUMENT.schemas[schema.$ref.split('/').at(-1)!]!, at)
    if (wrong) return wrong
  }
  for (const part of schema.allOf ?? []) {
    const wrong = mismatch(value, part, at)
    if (wrong) return wrong
  }
  // the document says "one of" where several shapes allow the same value
  for (const choices of [schema.anyOf, schema.oneOf]) {
    if (!choices) continue
    const reasons = choices.map((choice) => mismatch(value, choice, at))
    if (reasons.every((reason) => reason !== undefined)) return closest(reasons as string[])
  }
  if (schema.const !== undefined && value !== schema.const) return `${here} is not ${JSON.stringify(schema.const)}`
  if (schema.enum && !schema.enum.includes(value)) return `${here} is none of ${JSON.stringify(schema.enum)}`
  return typeMismatch(value, schema, at) ?? boundsMismatch(value, schema, here)
}

function typeMismatch(value: unknown, schema: Schema, at: string): string | undefined {
  const here = at || 'the body'
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOf(value, type))) return `${here} is not ${types.join(' or ')}`
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const wrong = schema.items && mismatch(item, schema.items, `${at}.${index}`)
      if (wrong) return wrong
    }
    return undefined
  }
  if (typeof value !== 'object' || value === null || !schema.properties) return undefined
  const given = value as Record<string, unknown>
  const missing = schema.required?.find((name) => given[name] === undefined)
  if (missing) return `${at}.${missing} is missing`
  for (const [name, one] of Object.entries(given)) {
    if (one === undefined) continue
    const known = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    if (!known && !schema.additionalProperties) return `${at}.${name} is not in the document`
    const wrong = known && mismatch(one, known, `${at}.${name}`)
    if (wrong) return wrong
  }
  return undefined
}

function boundsMismatch(value: unknown, schema: Schema, here: string): string | undefined {
  const { minLength = 0, maxLength = Infinity, minItems = 0, maxItems = Infinity } = schema
  if (typeof value === 'string') {
    const length = Array.from(value).length
    if (length < minLength || length > maxLength) return `${here} has ${length} characters`
    if (schema.pattern && !new RegExp(schema.pattern).test(value)) return `${here} is not ${schema.pattern}`
    if (schema.format === 'uri' && !URL.canParse(value)) return `${here} is no address`
    if (schema.format === 'snowflake' && !/^\d{1,21}$/.test(value)) return `${here} is no snowflake`
  }
  if (Array.isArray(value) && (value.length < minItems || value.length > maxItems))
    return `${here} has ${value.length} items`
  const { minimum = -Infinity, maximum = Infinity } = schema
  if (typeof value === 'number' && (value < minimum || value > maximum)) return `${here} is ${value}`
  return undefined
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

/** Of the reasons why no shape fits, the one that got furthest into the value. */
function closest(reasons: string[]): string {
  return reasons.reduce((best, one) => (depth(one) > depth(best) ? one : best))
}

function depth(reason: string): number {
  return reason.split(' ', 1)[0]!.split('.').length
}
