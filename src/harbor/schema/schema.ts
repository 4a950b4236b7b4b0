// The fields of the built-in kinds: which there are and of what type. Generated from the Kubernetes 1.36 models
// (test/harbor/support/schema-from-client.ts); read when first needed.
import { readFileSync } from 'node:fs'

/** "string", "int32", "[]V1Container", "{}quantity", "V1PodSpec"; a trailing "!" marks a required field. */
export type FieldType = string
type TypeFields = Record<string, FieldType>

interface Schema {
  roots: Map<string, string>
  types: Map<string, Map<string, FieldType>>
}

let loaded: Schema | undefined
let loadedDocs: Map<string, Record<string, string>> | undefined

function read(file: string): [string, unknown][] {
  return Object.entries(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')))
}

function schema(): Schema {
  loaded ??= {
    roots: new Map(read('roots.json') as [string, string][]),
    types: new Map(read('types.json').map(([name, fields]) => [name, new Map(Object.entries(fields as TypeFields))])),
  }
  return loaded
}

/** The type of a kind's objects: "V1Pod" for v1 Pod; undefined for custom kinds. */
export function rootType(apiVersion: string, kind: string): string | undefined {
  return schema().roots.get(`${apiVersion}/${kind}`)
}

export function fieldsOf(type: string): ReadonlyMap<string, FieldType> | undefined {
  return schema().types.get(type)
}

/** The API's own descriptions by field; '' is the type's. Read only for explain. */
export function docsOf(type: string): Record<string, string> {
  loadedDocs ??= new Map(read('docs.json') as [string, Record<string, string>][])
  return loadedDocs.get(type) ?? {}
}

/** "V1PodSpec" → "PodSpec", as the API's Go types are called. */
export function goName(type: string): string {
  return type.replace(/^([A-Z][a-z]+)?V\d+((alpha|beta)\d+)?(?=[A-Z])/, '')
}
