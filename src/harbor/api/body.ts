// Reading bodies: JSON or YAML, as the kind's type, with the server's own complaints about what is wrong.
import { parseDocument } from 'yaml'
import type { KubeObject } from '../../objects/object.ts'
import { checkCustom } from '../custom/schema.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { isMap, type Json } from '../plain.ts'
import type { Resource } from '../registry.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { rootType } from '../schema/schema.ts'
import { badRequest, StatusError } from '../status.ts'
import { duplicateFields, parseJson } from './json-text.ts'
import { readProtobuf } from './protobuf.ts'
import type { ApiRequest } from './request.ts'

type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const ACCEPTED =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'

export interface ParsedBody {
  value: Json
  /** the body as text */
  text: string
  duplicates: string[]
}

/** application/json, application/yaml or nothing; anything else is a 415. `subject` words a body that is not JSON. */
export function parseBody(request: ApiRequest, subject: string): ParsedBody {
  const type = mediaType(request)
  if (type === PROTOBUF) {
    const value = readProtobuf(request.body)
    if (value !== undefined) return { value, text: '', duplicates: [] }
  }
  const text = request.body.toString('utf8')
  if (type === 'application/yaml') return { value: parseYaml(text), text, duplicates: [] }
  if (type !== 'application/json' && type !== '') throw new StatusError(415, 'UnsupportedMediaType', ACCEPTED)
  const { value, fault } = parseJson(text)
  if (fault !== undefined) {
    const shown = text === '' ? '<empty>' : text.slice(0, 512)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${subject}): couldn't get version/kind; json parse error: ${fault} (${shown})`,
    )
  }
  return { value, text, duplicates: duplicateFields(text) }
}

export function mediaType(request: ApiRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

// go-yaml's own bound on flow nesting is 10,000; the parser here is slower with depth
const MAX_YAML_DEPTH = 1000
// looking for keys that appear twice takes the square of their number
const MAX_CHECKED_KEYS = 40_000

export function parseYaml(text: string): Json {
  // JSON is YAML, and most of what is sent as YAML is JSON
  const { value, fault } = text.startsWith('{') ? parseJson(text) : { value: undefined, fault: '' }
  if (fault === undefined) return value
  if (isTooDeep(text)) throw badRequest(`error converting YAML to JSON: yaml: exceeded max depth of ${MAX_YAML_DEPTH}`)
  const options = { version: '1.2', uniqueKeys: text.length <= MAX_CHECKED_KEYS, logLevel: 'error' } as const
  const document = parseDocument(text, options)
  const [error] = document.errors
  if (error) throw badRequest(`error converting YAML to JSON: yaml: ${error.message.split('\n')[0]}`)
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    throw badRequest('error converting YAML to JSON: yaml: document contains excessive aliasing')
  }
}

// brackets that are open at once, or "- - -" in one line; those within strings count too, which no honest text notices
function isTooDeep(text: string): boolean {
  let depth = 0
  let dashes = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === '-') dashes++
    else if (char === '\n') dashes = 0
    if (depth > MAX_YAML_DEPTH || (dashes > MAX_YAML_DEPTH && text[at + 1] === ' ' && text[at - 2] === '-')) return true
  }
  return false
}

function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const asked = query.get('fieldValidation')
  return asked === 'Ignore' || asked === 'Strict' ? asked : 'Warn'
}

/** The body as an object of this resource. Unknown and duplicate fields are refused, warned about or ignored, as asked. */
export function readObject(request: ApiRequest, resource: Resource, warn: (text: string) => void): KubeObject {
  const { value, text, duplicates } = parseBody(request, resource.kind)
  checkType(value, resource, text, warn)
  const { object, unknown } = decodeObject(value, resource)
  report([...unknown.map(unknownField), ...duplicates.map(duplicateField)], request.query, warn, (text) =>
    badRequest(`${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${text}`),
  )
  return object
}

export const unknownField = (path: string) => `unknown field "${path}"`
const duplicateField = (path: string) => `duplicate field "${path}"`

export function report(
  faults: string[],
  query: URLSearchParams,
  warn: (text: string) => void,
  refuse: (text: string) => StatusError,
): void {
  const mode = fieldValidationOf(query)
  if (faults.length === 0 || mode === 'Ignore') return
  if (mode === 'Strict') throw refuse(`strict decoding error: ${faults.join(', ')}`)
  for (const fault of faults) warn(fault)
}

/** Decodes by the kind's type. Throws 400 in the words of a failed create or update. */
function decodeObject(value: Json, resource: Resource): { object: KubeObject; unknown: string[] } {
  if (!resource.type) return decodeCustom(value, resource)
  try {
    const { value: object, unknown } = decode(resource.type, value)
    return { object: withType(object, resource), unknown }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${error.message}`,
    )
  }
}

function decodeCustom(value: Json, resource: Resource): { object: KubeObject; unknown: string[] } {
  if (!isMap(value)) throw badRequest(`${resource.kind} must be a JSON object`)
  if (resource.custom) {
    const { object, unknown } = resource.custom.decode(value)
    return { object: withType(object, resource), unknown }
  }
  return { object: withType({ ...value }, resource), unknown: [] }
}

function withType(object: Json, { apiVersion, kind }: Resource): KubeObject {
  return { ...object, apiVersion, kind, metadata: object.metadata ?? {} }
}

function checkType(value: Json, resource: Resource, text: string, warn: (text: string) => void): void {
  const { kind, apiVersion, version } = resource
  if (!isMap(value)) {
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal into Go value`,
    )
  }
  if (resource.custom) return checkCustomType(value, resource, text, warn)
  const asKind = typeof value.kind === 'string' && value.kind !== '' ? value.kind : kind
  const asVersion = typeof value.apiVersion === 'string' && value.apiVersion !== '' ? value.apiVersion : apiVersion
  if (asKind === kind && asVersion === apiVersion) return
  const why = otherType(asVersion, asKind, resource)
  throw badRequest(`${asKind} in version "${version}" cannot be handled as a ${kind}: ${why}`)
}

/** Why a body of another type is none of this resource. */
export function otherType(apiVersion: string, kind: string, resource: Resource): string {
  return rootType(apiVersion, kind)
    ? `converting (${goPackage(apiVersion)}.${kind}) to (${internalPackage(resource)}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`
}

function checkCustomType(value: Json, resource: Resource, text: string, warn: (text: string) => void): void {
  const { apiVersion, kind, group, custom } = resource
  for (const [field, name] of [
    ['kind', 'Kind'],
    ['apiVersion', 'apiVersion'],
  ] as const) {
    if (value[field]) continue
    const shown = text.slice(0, 512)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object '${name}' is missing in '${shown}' (${shown})`,
    )
  }
  if (value.apiVersion !== apiVersion) {
    // the fields of another version are not known
    for (const key of Object.keys(value)) if (!META.has(key)) warn(unknownField(key))
    throw badRequest(
      `the API version in the data (${value.apiVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  if (value.kind === kind) return
  const errors = new FieldErrors()
  errors.invalid('kind', value.kind, `must be ${kind}`)
  if (custom) checkCustom(custom.decode(value).object, custom.schema, errors)
  throw invalid(String(value.kind), group, String(value.metadata?.name ?? ''), errors)
}

const META = new Set(['apiVersion', 'kind', 'metadata'])

function goPackage(apiVersion: string): string {
  return apiVersion.split('/').at(-1) ?? ''
}

function internalPackage({ group }: Resource): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? '')
}
