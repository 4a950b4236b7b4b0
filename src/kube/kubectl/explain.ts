// kubectl explain: a kind and its fields, from the cluster's own OpenAPI documents.
import { NotFoundError, UsageError } from '../../core/errors.ts'
import type { ServedKind } from '../discovery.ts'
import { nearest, quote } from '../names.ts'
import { flag, isSet, type ReadContext } from './command.ts'

interface Schema {
  $ref?: string
  allOf?: Schema[]
  type?: string
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  enum?: unknown[]
  'x-kubernetes-group-version-kind'?: { group?: string; version?: string; kind?: string }[]
}
type Schemas = Record<string, Schema>

const MAX_LINES = 2000
const MAX_DEPTH = 20

export async function explain(context: ReadContext): Promise<string> {
  const { command, reader } = context
  const [path] = command.args
  if (!path) throw new UsageError('Explain what? For example: kubectl explain deployment.spec.replicas.')
  const wantedVersion = flag(command, 'api-version')
  const kinds = await reader.kinds()
  const { type, fields } = splitPath(path, (name) => kinds.byName(name) !== undefined)
  const named = kinds.byName(type)
  const kind = named && wantedVersion ? kinds.byKind(named.kind, wantedVersion) : named
  if (!kind) {
    const near = nearest(
      type,
      kinds.all.flatMap(({ plural, singular, short }) => [plural, singular, ...short]),
    )
    throw new UsageError(
      `The cluster has no resource type ${quote(type)}${wantedVersion ? ` in ${quote(wantedVersion)}` : ''}${near && near !== type ? `; did you mean ${near}?` : '.'}`,
    )
  }
  const { schemas, root } = await schemaOf(context, kind)
  let schema: Schema = root
  for (const [index, field] of fields.entries())
    schema = step(schemas, schema, field, [kind.kind, ...fields.slice(0, index)].join('.'))
  return page(kind, fields, schema, schemas, isSet(command, 'recursive'))
}

/** `certificates.cert-manager.io.spec.dnsNames`: the longest prefix that names a kind. */
function splitPath(path: string, isKind: (name: string) => boolean): { type: string; fields: string[] } {
  const parts = path.split('.')
  for (let count = Math.min(parts.length, 8); count > 1; count--) {
    const type = parts.slice(0, count).join('.')
    if (isKind(type)) return { type, fields: parts.slice(count) }
  }
  return { type: parts[0] ?? '', fields: parts.slice(1) }
}

async function schemaOf(context: ReadContext, kind: ServedKind): Promise<{ schemas: Schemas; root: Schema }> {
  const schemas = (await schemasV3(context, kind)) ?? (await schemasV2(context))
  const [group, version] = kind.apiVersion.includes('/') ? kind.apiVersion.split('/') : ['', kind.apiVersion]
  const root = Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (gvk) => gvk.kind === kind.kind && gvk.version === version && (gvk.group ?? '') === group,
    ),
  )
  if (root) return { schemas, root }
  throw new NotFoundError(
    `Cluster ${context.cluster.name} publishes no description of ${kind.kind} in ${kind.apiVersion}.`,
  )
}

async function schemasV3(context: ReadContext, kind: ServedKind): Promise<Schemas | undefined> {
  const { reader, signal } = context
  const key = kind.apiVersion.includes('/') ? `apis/${kind.apiVersion}` : `api/${kind.apiVersion}`
  try {
    const index = (await reader.get('/openapi/v3', { signal })) as {
      paths?: Record<string, { serverRelativeURL?: string }>
    }
    const url = index.paths?.[key]?.serverRelativeURL
    if (typeof url !== 'string' || !url.startsWith('/openapi/')) return undefined
    const document = (await reader.get(url, { signal })) as { components?: { schemas?: Schemas } }
    return document.components?.schemas
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

async function schemasV2(context: ReadContext): Promise<Schemas> {
  const document = (await context.reader.get('/openapi/v2', { signal: context.signal })) as { definitions?: Schemas }
  return document.definitions ?? {}
}

/** A schema with its references and single allOf followed; the outer description wins, as it is about the field. */
function resolved(schemas: Schemas, schema: Schema): Schema {
  let found = schema
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const inner: Schema | undefined =
      found.$ref === undefined ? (found.allOf?.length === 1 ? found.allOf[0] : undefined) : target(schemas, found.$ref)
    if (!inner) return found
    found = { ...inner, description: found.description ?? inner.description }
  }
  return found
}

function target(schemas: Schemas, reference: string): Schema | undefined {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined
}

/** What a list or map holds, else the schema itself. */
function element(schemas: Schemas, schema: Schema): Schema {
  if (schema.items) return resolved(schemas, schema.items)
  if (typeof schema.additionalProperties === 'object') return resolved(schemas, schema.additionalProperties)
  return schema
}

function step(schemas: Schemas, schema: Schema, field: string, path: string): Schema {
  const properties = element(schemas, resolved(schemas, schema)).properties ?? {}
  const next = Object.hasOwn(properties, field) ? properties[field] : undefined
  if (next) return next
  const near = nearest(field, Object.keys(properties))
  throw new NotFoundError(`${path} has no field ${quote(field)}${near ? `; did you mean ${near}?` : '.'}`)
}

function page(kind: ServedKind, fields: string[], raw: Schema, schemas: Schemas, recursive: boolean): string {
  const [group, version] = kind.apiVersion.includes('/') ? kind.apiVersion.split('/') : ['', kind.apiVersion]
  const schema = resolved(schemas, raw)
  const last = fields.at(-1)
  const inner = element(schemas, schema)
  const own = inner.properties ? Object.keys(inner.properties) : []
  const lines = [
    ...(group ? [`GROUP:      ${group}`] : []),
    `KIND:       ${kind.kind}`,
    `VERSION:    ${version}`,
    '',
    ...(last === undefined
      ? []
      : [
          `FIELD: ${last} <${typeName(raw)}>`,
          ...(schema.enum ? [`ENUM: ${schema.enum.map(String).join(', ')}`] : []),
          '',
        ]),
    'DESCRIPTION:',
    ...wrap(schema.description ?? inner.description ?? '<empty>', 4),
    ...(own.length > 0
      ? ['', 'FIELDS:', ...(recursive ? tree(schemas, inner, 2, new Set()) : fieldLines(schemas, inner))]
      : []),
  ]
  return (
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), '(more fields are left out: name one of them)'] : lines
  ).join('\n')
}

function fieldLines(schemas: Schemas, schema: Schema): string[] {
  return sortedFields(schema).flatMap(([name, raw]) => {
    const field = resolved(schemas, raw)
    const required = schema.required?.includes(name) ? ' -required-' : ''
    return [`  ${name}\t<${typeName(raw)}>${required}`, ...wrap(field.description ?? '<no description>', 4), '']
  })
}

function tree(schemas: Schemas, schema: Schema, indent: number, above: ReadonlySet<string>): string[] {
  if (indent / 2 > MAX_DEPTH) return []
  const lines: string[] = []
  for (const [name, raw] of sortedFields(schema)) {
    if (lines.length > MAX_LINES) break
    const required = schema.required?.includes(name) ? ' -required-' : ''
    lines.push(`${' '.repeat(indent)}${name}\t<${typeName(raw)}>${required}`)
    const inner = element(schemas, resolved(schemas, raw))
    const type = typeName(raw)
    // a type that holds itself is shown once
    if (inner.properties && !above.has(type)) lines.push(...tree(schemas, inner, indent + 2, new Set(above).add(type)))
  }
  return lines
}

function sortedFields(schema: Schema): [string, Schema][] {
  return Object.entries(schema.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** `[]Container`, `map[string]string`, `PodSpec`, as kubectl writes them: a reference gives its name. */
function typeName(schema: Schema): string {
  if (schema.items) return `[]${typeName(schema.items)}`
  if (typeof schema.additionalProperties === 'object') return `map[string]${typeName(schema.additionalProperties)}`
  const [only] = schema.allOf ?? []
  if (only && schema.allOf?.length === 1 && !schema.properties) return typeName(only)
  if (schema.$ref !== undefined)
    return schema.$ref.slice(Math.max(schema.$ref.lastIndexOf('/'), schema.$ref.lastIndexOf('.')) + 1)
  return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.slice(0, 8000).split(/\n+/)) {
    let line = ''
    for (const word of paragraph.split(/\s+/).filter(Boolean)) {
      if (line && line.length + word.length + 1 > 76) {
        lines.push(line)
        line = word
      } else line = line ? `${line} ${word}` : word
    }
    if (line) lines.push(line)
  }
  return lines.map((line) => ' '.repeat(indent) + line)
}
