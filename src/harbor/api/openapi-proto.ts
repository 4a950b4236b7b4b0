// The OpenAPI v2 document as kubectl asks for it: in protobuf (gnostic's openapi_v2.Document), with no other form accepted.
// Only what kubectl reads is written: definitions with their types, and the parameters of patches.
import { stringify } from 'yaml'
import { isMap, type Json } from '../plain.ts'

export const PROTO_TYPE = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
/** what is answered: media types have no "@" */
export const PROTO_ANSWER = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

// field numbers of openapiv2/OpenAPIv2.proto in github.com/google/gnostic
const DOCUMENT = { swagger: 1, info: 2, paths: 8, definitions: 9 }
const INFO = { title: 1, version: 2 }
const NAMED = { name: 1, value: 2 }
const SCHEMA = {
  ref: 1,
  format: 2,
  description: 4,
  required: 19,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extension: 31,
}
const PATHS = { item: 2 }
const PATH_ITEM = { get: 2, patch: 8 }
const OPERATION = { parameters: 8, responses: 9, extension: 13 }
const QUERY = { in: 2, name: 4, type: 6 }

type Part = Buffer

/** `document` is the JSON form (api/openapi.ts). */
export function encodeOpenApi(document: Json): Buffer {
  const { title, version } = document.info
  return message([
    text(DOCUMENT.swagger, document.swagger),
    part(DOCUMENT.info, message([text(INFO.title, title), text(INFO.version, version)])),
    part(
      DOCUMENT.paths,
      message(entries(document.paths).map(([name, item]) => named(PATHS.item, name, pathItem(item)))),
    ),
    part(
      DOCUMENT.definitions,
      message(entries(document.definitions).map(([name, item]) => named(1, name, schema(item)))),
    ),
  ])
}

function pathItem(item: Json): Buffer {
  return message([
    ...(item.get ? [part(PATH_ITEM.get, operation(item.get))] : []),
    ...(item.patch ? [part(PATH_ITEM.patch, operation(item.patch))] : []),
  ])
}

function operation(item: Json): Buffer {
  const parameters: Json[] = item.parameters ?? []
  return message([
    ...parameters.map((parameter) => part(OPERATION.parameters, queryParameter(parameter))),
    part(OPERATION.responses, message([])),
    ...extensions(OPERATION.extension, item),
  ])
}

// ParametersItem > Parameter > NonBodyParameter > QueryParameterSubSchema
function queryParameter({ name, type }: Json): Buffer {
  const query = message([text(QUERY.in, 'query'), text(QUERY.name, name), text(QUERY.type, type)])
  return message([part(1, message([part(2, message([part(3, query)]))]))])
}

function schema(item: Json): Buffer {
  const { $ref, format, description, required = [], additionalProperties, type, items, properties } = item
  return message([
    ...($ref ? [text(SCHEMA.ref, $ref)] : []),
    ...(format ? [text(SCHEMA.format, format)] : []),
    ...(description ? [text(SCHEMA.description, description)] : []),
    ...required.map((name: string) => text(SCHEMA.required, name)),
    ...(isMap(additionalProperties)
      ? [part(SCHEMA.additionalProperties, message([part(1, schema(additionalProperties))]))]
      : []),
    ...(type ? [part(SCHEMA.type, message([text(1, type)]))] : []),
    ...(isMap(items) ? [part(SCHEMA.items, message([part(1, schema(items))]))] : []),
    ...(isMap(properties)
      ? [part(SCHEMA.properties, message(entries(properties).map(([name, inner]) => named(1, name, schema(inner)))))]
      : []),
    ...extensions(SCHEMA.extension, item),
  ])
}

// vendor extensions travel as YAML: NamedAny { name, value: Any { yaml = 2 } }
function extensions(field: number, item: Json): Part[] {
  return entries(item)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => named(field, name, message([text(2, stringify(value))])))
}

function entries(value: Json): [string, Json][] {
  return Object.entries(value ?? {})
}

function named(field: number, name: string, value: Buffer): Part {
  return part(field, message([text(NAMED.name, name), part(NAMED.value, value)]))
}

function text(field: number, value: string): Part {
  return part(field, Buffer.from(String(value)))
}

// a length-delimited field
function part(field: number, bytes: Buffer): Part {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}

function message(parts: Part[]): Buffer {
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
