// The machine-readable forms of -o: json, yaml, name, jsonpath, custom-columns.
import { UsageError } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import { compilePath, compileTemplate, printValue } from './jsonpath.ts'
import { cell, columns, objectName, yamlText } from './print.ts'

export interface Printed {
  object: KubeObject
  kind: { singular: string; apiVersion: string }
}

/** Prints whole objects; `single` when exactly one was named. */
export type Printer = (items: Printed[], single: boolean) => string

/** The printer for a value of -o; undefined for the human forms ('', wide). */
export function printerFor(output: string | undefined, template: string | undefined): Printer | undefined {
  if (output === undefined || output === '' || output === 'wide') return undefined
  const [form, inline] = splitOnce(output)
  const text = inline ?? template
  switch (form) {
    case 'json':
      return (items, single) => JSON.stringify(sorted(document(items, single)), null, 4)
    case 'yaml':
      return (items, single) => yamlText(sorted(document(items, single)))
    case 'name':
      return (items) => items.map(({ kind, object }) => objectName(kind, object.metadata.name)).join('\n')
    case 'jsonpath':
    case 'jsonpath-as-json':
      if (!text) throw new UsageError(`-o ${form} needs a template: -o ${form}='{.items[*].metadata.name}'.`)
      return jsonpathPrinter(text, form === 'jsonpath-as-json')
    case 'custom-columns':
      if (!text) throw new UsageError('-o custom-columns needs columns: -o custom-columns=NAME:.metadata.name.')
      return columnsPrinter(text)
    default:
      throw new UsageError(
        `-o ${form.slice(0, 40)} is not known here; allowed are wide, name, json, yaml, jsonpath=…, jsonpath-as-json=… and custom-columns=….`,
      )
  }
}

function jsonpathPrinter(template: string, asJson: boolean): Printer {
  if (!asJson) {
    const render = compileTemplate(template)
    return (items, single) => render(document(items, single))
  }
  const path = compilePath(template)
  return (items, single) => JSON.stringify(path(document(items, single)), null, 4)
}

function columnsPrinter(spec: string): Printer {
  const parts = splitColumns(spec).map((part) => {
    const at = part.indexOf(':')
    if (at < 1)
      throw new UsageError(
        `"${part.slice(0, 60)}" is no column: columns are written NAME:.json.path, separated by commas.`,
      )
    return { header: part.slice(0, at), path: compilePath(part.slice(at + 1)) }
  })
  return (items) => {
    const rows = items.map(({ object }) =>
      parts.map(({ path }) => {
        const found = path(object)
        return found.length === 0 ? '<none>' : cell(found.map(printValue).join(','))
      }),
    )
    return columns([parts.map(({ header }) => header), ...rows])
  }
}

/** At commas outside brackets: `A:.x[?(@.a=="b,c")],B:.y`. */
function splitColumns(spec: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < spec.length; at++) {
    const char = spec[at]
    if (char === '[' || char === '(') depth++
    else if (char === ']' || char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(spec.slice(start, at))
      start = at + 1
    }
  }
  parts.push(spec.slice(start))
  return parts
}

function document(items: Printed[], single: boolean): unknown {
  const [first] = items
  if (single && first) return first.object
  return { apiVersion: 'v1', items: items.map(({ object }) => object), kind: 'List', metadata: { resourceVersion: '' } }
}

/** Keys in the order of the alphabet, as kubectl prints them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
