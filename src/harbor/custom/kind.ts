// What a custom kind's definition says about selectable fields, columns and how its lists are owned.
import { ageText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { FieldRules } from '../../objects/patch-fields.ts'
import { builtInListRule } from '../../objects/patch-keys.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../kinds/columns.ts'
import type { Column } from '../kinds/kind.ts'
import { type Json, own } from '../plain.ts'
import type { Resource } from '../registry.ts'

/** selectableFields of the definition: ".spec.schedule" may be selected as "spec.schedule". */
export function customFields(resource: Resource): Record<string, (object: KubeObject) => string> {
  const fields: { jsonPath?: string }[] = resource.custom?.version.selectableFields ?? []
  return Object.fromEntries(
    fields.flatMap(({ jsonPath }) => {
      const path = jsonPath?.replace(/^\./, '')
      return path ? [[path, (object: KubeObject) => textOf(valueAt(object, path))]] : []
    }),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}

/** The value at a dotted path, own properties only. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) found = own(found, key)
  return found
}

const STANDARD_AGE = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: AGE_COLUMN.description },
]

/** Name and the additionalPrinterColumns of the definition; without any, the age. */
export function customColumns(resource: Resource): Column[] {
  const own: PrinterColumn[] = resource.custom?.version.additionalPrinterColumns ?? []
  const columns = own.length > 0 ? own : STANDARD_AGE
  return [NAME_COLUMN, ...columns.map(customColumn)]
}

interface PrinterColumn {
  name: string
  type: string
  jsonPath: string
  description?: string
  format?: string
  priority?: number
}

function customColumn({ name, type, jsonPath, description, format, priority }: PrinterColumn): Column {
  return {
    name,
    type: type as Column['type'],
    ...(format ? { format } : {}),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority ? { wide: true } : {}),
    value(object, now) {
      const [value] = evaluateJsonPath(object, jsonPath)
      if (value === undefined || value === null) return null
      if (typeof value === 'object') return JSON.stringify(value)
      if (type === 'date') return ageText(String(value as string), now)
      return value as string | number | boolean
    },
  }
}

/** The simple JSONPaths of printer columns: dotted names, ['quoted/names'], [0], [*] and [?(@.type=="Ready")]. */
function evaluateJsonPath(root: unknown, path: string): unknown[] {
  let values: unknown[] = [root]
  const steps = path
    .slice(0, 512)
    .matchAll(/\.([\w-]+)|\['([^']+)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/g)
  for (const [, name, quoted, index, field, wanted] of steps) {
    values = values.flatMap((value) => {
      const key = name ?? quoted
      if (key !== undefined) return [own(value, key)]
      if (!Array.isArray(value)) return []
      if (index === '*') return value
      if (index !== undefined) return [value[Number(index)]]
      return value.filter((item) => String(valueAt(item, field ?? '')) === wanted)
    })
  }
  return values.filter((value) => value !== undefined)
}

/** How lists and maps of a custom kind are owned, as its schema says; undefined for built-in kinds. */
export function customFieldRules(resource: Resource): FieldRules | undefined {
  const schema = resource.custom?.schema
  if (!schema) return undefined
  const at = (path: readonly string[]) => schemaAt(schema, path)
  return {
    list(path) {
      const found = at(path)
      if (path[0] === 'metadata') return builtInListRule(path)
      if (found?.['x-kubernetes-list-type'] === 'set') return { set: true }
      if (found?.['x-kubernetes-list-type'] !== 'map') return {}
      return { keys: found['x-kubernetes-list-map-keys'] ?? [] }
    },
    atomic: (path) => at(path)?.['x-kubernetes-map-type'] === 'atomic',
    implicit: (path) => path.length === 0 || (path.length === 1 && path[0] === 'metadata'),
  }
}

function schemaAt(schema: Json, path: readonly string[]): Json {
  let found = schema
  for (const field of path) {
    if (found?.items) found = found.items
    found = own(found?.properties, field) ?? found?.additionalProperties
  }
  return found
}
