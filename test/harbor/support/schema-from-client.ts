// Derives the field schema of the built-in kinds from the Kubernetes client library, whose models are generated from the 1.36 OpenAPI document.
// Run it directly to write src/harbor/schema/*.json anew after the library was updated: node test/harbor/support/schema-from-client.ts
import { readFileSync, writeFileSync } from 'node:fs'
import * as models from '@kubernetes/client-node'
import { KINDS } from '../../../src/objects/kinds.ts'

const MODELS = new URL('./gen/models/', import.meta.resolve('@kubernetes/client-node'))
const OUT = new URL('../../../src/harbor/schema/', import.meta.url)

interface Attribute {
  name: string
  baseName: string
  type: string
  format: string
}
export interface Schema {
  roots: Record<string, string>
  types: Record<string, Record<string, string>>
}
export type Docs = Record<string, Record<string, string>>

const EXTRA_ROOTS: Record<string, string> = {
  'autoscaling/v1/HorizontalPodAutoscaler': 'V1HorizontalPodAutoscaler',
  'autoscaling/v1/Scale': 'V1Scale',
  'policy/v1/Eviction': 'V1Eviction',
  'v1/Binding': 'V1Binding',
  'authentication.k8s.io/v1/TokenRequest': 'AuthenticationV1TokenRequest',
  'authentication.k8s.io/v1/TokenReview': 'V1TokenReview',
  'authentication.k8s.io/v1/SelfSubjectReview': 'V1SelfSubjectReview',
  'authorization.k8s.io/v1/SelfSubjectAccessReview': 'V1SelfSubjectAccessReview',
  'authorization.k8s.io/v1/SubjectAccessReview': 'V1SubjectAccessReview',
  'authorization.k8s.io/v1/LocalSubjectAccessReview': 'V1LocalSubjectAccessReview',
  'authorization.k8s.io/v1/SelfSubjectRulesReview': 'V1SelfSubjectRulesReview',
}
const ROOT_NAMES: Record<string, string> = { 'v1/Event': 'CoreV1Event', 'events.k8s.io/v1/Event': 'EventsV1Event' }

// the models know a quantity only as a string: these fields are quantities
const QUANTITY_MAPS =
  /^(limits|requests|capacity|allocatable|hard|used|_default|default|defaultRequest|max|min|maxLimitRequestRatio|overhead|podFixed|allocatedResources|resources)$/
const QUANTITIES: Record<string, string[]> = {
  V1EmptyDirVolumeSource: ['sizeLimit'],
  V1ResourceFieldSelector: ['divisor'],
  V2MetricTarget: ['averageValue', 'value'],
  V2MetricValueStatus: ['averageValue', 'value'],
  V1CSIStorageCapacity: ['capacity', 'maximumVolumeSize'],
}

export function schemaFromClient(): { schema: Schema; docs: Docs } {
  const schema: Schema = { roots: {}, types: {} }
  const docs: Docs = {}
  for (const { apiVersion, kind } of KINDS) {
    const version = /v\d+$/.exec(apiVersion)?.[0]?.toUpperCase() ?? ''
    const key = `${apiVersion}/${kind}`
    const type = ROOT_NAMES[key] ?? `${version}${kind}`
    if (attributesOf(type)) schema.roots[key] = type
  }
  Object.assign(schema.roots, EXTRA_ROOTS)
  const queue = Object.values(schema.roots)
  for (let type = queue.pop(); type; type = queue.pop()) {
    if (Object.hasOwn(schema.types, type)) continue
    const attributes = attributesOf(type)
    if (!attributes) continue
    const text = readFileSync(new URL(`${type}.d.ts`, MODELS), 'utf8')
    const fields: Record<string, string> = {}
    const descriptions: Record<string, string> = {}
    const about = /\/\*\*\n\* ([^\n]*)\n\*\/\nexport declare class/.exec(text)?.[1]
    if (about) descriptions[''] = clean(about)
    for (const attribute of attributes) {
      const inner = fieldType(type, attribute)
      const optional = text.includes(`'${attribute.name}'?:`)
      fields[attribute.baseName] = optional ? inner : `${inner}!`
      const before = text.split(`'${attribute.name}'`)[0] ?? ''
      const doc = /\/\*\*\n\s*\* ([^\n]*)\n\s*\*\/\n\s*$/.exec(before)?.[1]
      if (doc) descriptions[attribute.baseName] = clean(doc)
      const name = inner.replace(/^(\[\]|\{\})+/, '')
      if (/^[A-Z]/.test(name) && attributesOf(name)) queue.push(name)
    }
    schema.types[type] = fields
    docs[type] = descriptions
  }
  return { schema: sorted(schema), docs: sorted(docs) }
}

function fieldType(owner: string, { baseName, type, format }: Attribute): string {
  if (QUANTITIES[owner]?.includes(baseName)) return 'quantity'
  if (QUANTITY_MAPS.test(baseName) && type === '{ [key: string]: string; }') return '{}quantity'
  if (owner === 'V1JSONSchemaProps' && type === 'any') return 'any'
  return convert(type, format)
}

function convert(type: string, format: string): string {
  const list = /^Array<(.*)>$/.exec(type)?.[1]
  if (list) return `[]${convert(list, format)}`
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1]
  if (map) return `{}${convert(map, format)}`
  if (type === 'number') return format === 'int64' ? 'int64' : format === 'double' ? 'float64' : 'int32'
  if (type === 'Date') return 'time'
  if (type === 'V1MicroTime') return 'micro'
  if (type === 'boolean') return 'bool'
  if (type === 'string') return format === 'byte' ? 'bytes' : format === 'date-time' ? 'time' : 'string'
  return type
}

function attributesOf(type: string): Attribute[] | undefined {
  const model = (models as unknown as Record<string, { attributeTypeMap?: Attribute[] } | undefined>)[type]
  return model?.attributeTypeMap
}

function clean(text: string): string {
  return text.replaceAll(/\\(["'])/g, '$1')
}

function sorted<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)])) as T
}

function lines(value: Record<string, unknown>): string {
  const rows = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`)
  return `{\n${rows.join(',\n')}\n}\n`
}

if (process.argv[1] === import.meta.filename) {
  const { schema, docs } = schemaFromClient()
  writeFileSync(new URL('roots.json', OUT), lines(schema.roots))
  writeFileSync(new URL('types.json', OUT), lines(schema.types))
  writeFileSync(new URL('docs.json', OUT), lines(docs))
}
