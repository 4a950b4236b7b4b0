// OpenAPI: enough for kubectl to explain fields and to validate what it applies. Version 3 per group version, version 2 as one document.
import { createHash } from 'node:crypto'
import { builtInListRule } from '../../objects/patch-keys.ts'
import { type Json } from '../plain.ts'
import type { Registry, Resource } from '../registry.ts'
import { docsOf, fieldsOf, goName } from '../schema/schema.ts'
import { encodeOpenApi, PROTO_ANSWER, PROTO_TYPE } from './openapi-proto.ts'
import type { Answer } from './respond.ts'

interface Built {
  generation: number
  documents: Map<string, string>
}

const built = new WeakMap<Registry, Built>()

function documents(registry: Registry): Map<string, string> {
  let known = built.get(registry)
  if (known?.generation !== registry.generation()) {
    known = { generation: registry.generation(), documents: new Map() }
    built.set(registry, known)
  }
  return known.documents
}

const INDEX = ['api', 'apis', 'version']

/** undefined: the path is no OpenAPI document. */
export function openApi(registry: Registry, path: string, accept: string | undefined): Answer | undefined {
  if (path === '/openapi/v2') {
    const inJson = document(registry, path, () => version2(registry))
    if (!accept?.includes(PROTO_TYPE)) return inJson
    return { code: 200, bytes: encodeOpenApi(JSON.parse(inJson.json ?? '{}')), contentType: PROTO_ANSWER }
  }
  if (path === '/openapi/v3' || path === '/openapi/v3/') return index(registry)
  if (!path.startsWith('/openapi/v3/')) return undefined
  const name = path.slice('/openapi/v3/'.length)
  const groupVersion = name.startsWith('api/') ? name.slice(4) : name.startsWith('apis/') ? name.slice(5) : ''
  const resources = registry.all().filter((resource) => resource.apiVersion === groupVersion)
  if (resources.length > 0) return document(registry, path, () => version3(resources))
  if (INDEX.includes(name) || registry.all().some(({ group }) => group && name === `apis/${group}`)) {
    return document(registry, path, () => ({ openapi: '3.0.0', info: INFO, paths: {} }))
  }
  return undefined
}

const INFO = { title: 'Kubernetes (practice cluster)', version: 'v1.36.2' }

function document(registry: Registry, path: string, make: () => object): Answer {
  const known = documents(registry)
  let text = known.get(path)
  if (text === undefined) {
    text = JSON.stringify(make())
    known.set(path, text)
  }
  return { code: 200, json: text }
}

function index(registry: Registry): Answer {
  const names = new Set(INDEX)
  for (const { group, apiVersion } of registry.all()) {
    if (group) names.add(`apis/${group}`)
    names.add(group ? `apis/${apiVersion}` : `api/${apiVersion}`)
  }
  const entries = [...names].map((name) => {
    const hash = createHash('sha512').update(`${name}/${registry.generation()}`).digest('hex').toUpperCase()
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }]
  })
  const text = JSON.stringify({ paths: Object.fromEntries(entries) })
  // the server says text/plain, and clients know it
  return { code: 200, text, contentType: 'text/plain; charset=utf-8' }
}

interface Shape {
  /** where definitions are: "#/components/schemas/" or "#/definitions/" */
  prefix: string
  schemas: Record<string, Json>
}

function version3(resources: Resource[]): object {
  const shape: Shape = { prefix: '#/components/schemas/', schemas: {} }
  const paths: Record<string, Json> = {}
  const query = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })
  for (const resource of resources) {
    const schema = { $ref: shape.prefix + addKind(shape, resource) }
    const ok = { description: 'OK', content: { 'application/json': { schema } } }
    const write = [query('dryRun'), query('fieldManager'), query('fieldValidation')]
    paths[pathOf(resource)] = {
      get: operation(resource, 'list', { description: 'OK' }),
      post: { ...operation(resource, 'post', ok), parameters: write },
    }
    paths[`${pathOf(resource)}/{name}`] = {
      get: operation(resource, 'get', ok),
      put: { ...operation(resource, 'put', ok), parameters: write },
      // kubectl asks here whether the server knows dry runs and validates fields
      patch: { ...operation(resource, 'patch', ok), parameters: [...write, query('force')] },
    }
  }
  return { openapi: '3.0.0', info: INFO, paths, components: { schemas: shape.schemas } }
}

function version2(registry: Registry): object {
  const shape: Shape = { prefix: '#/definitions/', schemas: {} }
  const paths: Record<string, Json> = {}
  for (const resource of registry.all()) {
    const name = addKind(shape, resource)
    const schema = { $ref: shape.prefix + name }
    const patch = { ...operation(resource, 'patch', { description: 'OK', schema }), parameters: [DRY_RUN] }
    paths[`${pathOf(resource)}/{name}`] = { get: operation(resource, 'get', { description: 'OK', schema }), patch }
  }
  return { swagger: '2.0', info: INFO, paths, definitions: shape.schemas }
}

// kubectl looks for this parameter before it tries a server-side dry run
const DRY_RUN = { uniqueItems: true, type: 'string', name: 'dryRun', in: 'query' }

function pathOf({ group, apiVersion, namespaced, plural }: Resource): string {
  return `/${group ? 'apis' : 'api'}/${apiVersion}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`
}

function operation({ group, version, kind }: Resource, action: string, response: Json): Json {
  return {
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    responses: { 200: response },
  }
}

/** Adds a kind and all it is made of; returns the name of its definition. */
function addKind(shape: Shape, resource: Resource): string {
  const { group, version, kind, type, custom } = resource
  const gvk = [{ group, version, kind }]
  if (custom || !type) {
    const name = `${group.split('.').reverse().join('.')}.${version}.${kind}`
    shape.schemas[name] = { ...(custom?.schema ?? { type: 'object' }), 'x-kubernetes-group-version-kind': gvk }
    return name
  }
  const name = definitionName(type, resource)
  addType(shape, type, name)
  shape.schemas[name] = { ...shape.schemas[name], 'x-kubernetes-group-version-kind': gvk }
  return name
}

function definitionName(type: string, { group, version }: Resource): string {
  const pack = group === '' ? 'core' : (group.split('.')[0] ?? '')
  return `io.k8s.api.${pack}.${version}.${goName(type)}`
}

function addType(shape: Shape, type: string, name: string): void {
  if (Object.hasOwn(shape.schemas, name)) return
  const docs = docsOf(type)
  const schema: Json = { type: 'object', ...(docs[''] ? { description: docs[''] } : {}), properties: {} }
  shape.schemas[name] = schema
  const required: string[] = []
  for (const [field, spelled] of fieldsOf(type) ?? []) {
    const plain = spelled.endsWith('!') ? spelled.slice(0, -1) : spelled
    if (plain !== spelled) required.push(field)
    const inner = fieldSchema(shape, plain)
    if (plain.startsWith('[]')) Object.assign(inner, mergeMarks(type, field))
    schema.properties[field] = inner.$ref
      ? { ...described(docs[field]), ...wrapped(shape, inner) }
      : { ...described(docs[field]), ...inner }
  }
  if (required.length > 0) schema.required = required
}

// how kubectl pairs the elements of a list when it computes a patch
function mergeMarks(type: string, field: string): object {
  const name = goName(type)
  const above = name.endsWith('Container')
    ? 'containers'
    : name.endsWith('Status')
      ? 'status'
      : name.endsWith('Spec')
        ? 'spec'
        : ''
  const { patch, set } = builtInListRule([above, field])
  if (set) return { 'x-kubernetes-patch-strategy': 'merge' }
  return patch ? { 'x-kubernetes-patch-merge-key': patch, 'x-kubernetes-patch-strategy': 'merge' } : {}
}

function described(text: string | undefined): object {
  return text ? { description: text } : {}
}

// version 3 allows no siblings of $ref
function wrapped({ prefix }: Shape, inner: Json): Json {
  return prefix === '#/definitions/' ? inner : { allOf: [inner], default: {} }
}

const SCALARS: Record<string, Json> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  micro: { type: 'string', format: 'date-time' },
  quantity: { type: 'string' },
  IntOrString: { type: 'string', format: 'int-or-string' },
}

function fieldSchema(shape: Shape, type: string): Json {
  if (type.startsWith('[]')) return { type: 'array', items: fieldSchema(shape, type.slice(2)) }
  if (type.startsWith('{}')) return { type: 'object', additionalProperties: fieldSchema(shape, type.slice(2)) }
  if (Object.hasOwn(SCALARS, type)) return { ...SCALARS[type] }
  if (!fieldsOf(type)) return { type: 'object' }
  // clients show the last part
  const name = `io.k8s.api.${type}.${goName(type)}`
  addType(shape, type, name)
  return { $ref: shape.prefix + name }
}
