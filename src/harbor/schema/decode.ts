// Reads a JSON value as a kind's type, as the API server's decoder does: wrong types are refused in its words, unknown fields reported and dropped,
// nulls and empty collections left out, quantities and times brought to one spelling.
import { isMap, type Json, put } from '../plain.ts'
import { canonicalQuantity, QUANTITY_ERROR } from './quantity.ts'
import { fieldsOf, goName } from './schema.ts'

/** The decoder's complaint, without the words around it. */
export class DecodeError extends Error {
  override name = 'DecodeError'
}

export interface Decoded {
  value: Json
  /** paths of fields that the type does not have: "spec.template.spec.containers[0].imagePullPolice" */
  unknown: string[]
}

interface Place {
  /** with indices, for unknown fields */
  path: string
  /** without, as Go names it: "ConfigMap.data" */
  go: string
  unknown: string[]
  depth: number
}

const MAX_DEPTH = 100

export function decode(type: string, value: unknown): Decoded {
  const unknown: string[] = []
  const decoded = readType(type, value, { path: '', go: '', unknown, depth: 0 })
  return { value: decoded, unknown }
}

function readType(type: string, value: unknown, place: Place): Json {
  if (place.depth > MAX_DEPTH) throw new DecodeError('json: exceeded max depth')
  if (type.startsWith('[]')) return readList(type, value, place)
  if (type.startsWith('{}')) return readMap(type, value, place)
  const fields = fieldsOf(type)
  if (fields) return readStruct(type, fields, value, place)
  return readScalar(type, value, place)
}

function readStruct(type: string, fields: ReadonlyMap<string, string>, value: unknown, place: Place): Json {
  if (!isMap(value)) throw mismatch(value, place, `v1.${goName(type)}`)
  const result: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    const path = place.path ? `${place.path}.${key}` : key
    const field = fields.get(key)
    if (!field) {
      place.unknown.push(path)
      continue
    }
    const inner = value[key]
    if (inner === null || inner === undefined) continue
    const plain = field.endsWith('!') ? field.slice(0, -1) : field
    const goPath = place.go ? `${place.go.slice(place.go.indexOf('.') + 1)}.${key}` : key
    const read = readType(plain, inner, {
      path,
      go: `${goName(type)}.${goPath}`,
      unknown: place.unknown,
      depth: place.depth + 1,
    })
    if (isEmpty(plain, read)) continue
    result[key] = read
  }
  return result
}

// Go leaves empty lists and maps out of what it prints
function isEmpty(type: string, value: Json): boolean {
  if (type.startsWith('[]')) return value.length === 0
  if (type.startsWith('{}')) return Object.keys(value).length === 0
  return false
}

function readList(type: string, value: unknown, place: Place): Json[] {
  const inner = type.slice(2)
  if (!Array.isArray(value)) throw mismatch(value, place, `[]${goType(inner)}`)
  return value
    .filter((item) => item !== undefined)
    .map((item, index) => {
      if (item === null) return inner === 'string' ? '' : readType(inner, {}, place)
      return readType(inner, item, { ...place, path: `${place.path}[${index}]`, depth: place.depth + 1 })
    })
}

function readMap(type: string, value: unknown, place: Place): Record<string, Json> {
  const inner = type.slice(2)
  if (!isMap(value)) throw mismatch(value, place, `map[string]${goType(inner)}`)
  const result: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    const read =
      item === null
        ? inner === 'string' || inner === 'bytes'
          ? ''
          : readType(inner, {}, place)
        : readType(inner, item, { ...place, path: `${place.path}.${key}`, depth: place.depth + 1 })
    put(result, key, read)
  }
  return result
}

function readScalar(type: string, value: unknown, place: Place): Json {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, place, 'string')
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, place, 'bool')
      return value
    case 'int32':
    case 'int64':
      return readInteger(type, value, place)
    case 'float64':
      if (typeof value !== 'number') throw mismatch(value, place, 'float64')
      return value
    case 'quantity':
      return readQuantity(value)
    case 'bytes':
      return readBytes(value, place)
    case 'time':
      return readTime(value, SECONDS, place)
    case 'micro':
      return readTime(value, MICRO, place)
    case 'IntOrString':
      if (typeof value === 'string') return value
      if (typeof value === 'number') return readInteger('int32', value, place)
      throw mismatch(value, { ...place, go: '' }, 'string')
    default:
      return value // "any": CRD defaults and examples, ControllerRevision data
  }
}

function readInteger(type: 'int32' | 'int64', value: unknown, place: Place): number {
  if (typeof value !== 'number') throw mismatch(value, place, type)
  const limit = type === 'int32' ? 2 ** 31 : 2 ** 63
  if (!Number.isInteger(value) || value >= limit || value < -limit) {
    throw mismatch(value, place, type, `number ${value}`)
  }
  return value
}

function readQuantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value
  const quantity = typeof text === 'string' ? canonicalQuantity(text) : undefined
  if (quantity === undefined) throw new DecodeError(QUANTITY_ERROR)
  return quantity
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function readBytes(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, place, '[]uint8')
  const text = value.replaceAll(/[\r\n]/g, '')
  if (BASE64.test(text)) return text
  const bad = text.search(/[^A-Za-z0-9+/]/)
  throw new DecodeError(`illegal base64 data at input byte ${bad < 0 ? text.length - (text.length % 4) : bad}`)
}

interface TimeForm {
  layout: string
  form: RegExp
  print: (at: Date, fraction: string) => string
}
const SECONDS: TimeForm = {
  layout: '2006-01-02T15:04:05Z07:00',
  form: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/,
  print: (at) => `${at.toISOString().slice(0, 19)}Z`,
}
const MICRO: TimeForm = {
  layout: '2006-01-02T15:04:05.000000Z07:00',
  form: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})(Z|[+-]\d{2}:\d{2})$/,
  print: (at, fraction) => `${at.toISOString().slice(0, 19)}${fraction}Z`,
}

function readTime(value: unknown, { layout, form, print }: TimeForm, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, { ...place, go: '' }, 'string')
  const match = form.exec(value)
  const at = new Date(value)
  if (match && !Number.isNaN(at.getTime())) return print(at, match[1] ?? '')
  throw new DecodeError(`parsing time ${JSON.stringify(value)} as "${layout}": ${cannotParse(value, layout)}`)
}

// the part where Go's parser gives up, for the cases people meet
function cannotParse(value: string, layout: string): string {
  const seconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.exec(value)
  if (seconds && layout.includes('.000000')) {
    return `cannot parse ${JSON.stringify(value.slice(seconds[0].length))} as ".000000"`
  }
  if (/^\d{4}/.test(value)) return `cannot parse ${JSON.stringify(value.slice(4))} as "-"`
  return `cannot parse ${JSON.stringify(value)} as "2006"`
}

function mismatch(value: unknown, place: Place, expected: string, shown = jsonType(value)): DecodeError {
  const where = place.go ? `Go struct field ${place.go}` : 'Go value'
  return new DecodeError(`json: cannot unmarshal ${shown} into ${where} of type ${expected}`)
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return value === null ? 'null' : typeof value
}

function goType(type: string): string {
  if (type.startsWith('[]')) return `[]${goType(type.slice(2))}`
  if (type.startsWith('{}')) return `map[string]${goType(type.slice(2))}`
  if (type === 'bytes') return '[]uint8'
  return /^[A-Z]/.test(type) ? `v1.${goName(type)}` : type
}
