// Objects and lists in the representation a client asked for: as they are, as a Table, or metadata only.
import type { KubeObject } from '../../objects/object.ts'
import { badRequest } from '../status.ts'
import type { ResourceContext } from './context.ts'
import type { Answer } from './respond.ts'
import { type ListMeta, tableOf } from './table.ts'

const texts = new WeakMap<KubeObject, string>()

/** JSON of an object, kept for as long as the object lives: watchers and lists share it. */
export function jsonOf(object: KubeObject): string {
  let text = texts.get(object)
  if (text === undefined) {
    text = JSON.stringify(object)
    texts.set(object, text)
  }
  return text
}

export function objectAnswer(context: ResourceContext, object: KubeObject, code = 200): Answer {
  const { representation } = context.accepted
  const shown = context.resource.fromStored(object)
  const version = shown.metadata.resourceVersion
  switch (representation.as) {
    case 'Table':
      return { code, body: tableOf(context, [shown], { resourceVersion: version }) }
    case 'PartialObjectMetadata':
      return { code, body: partial(shown, representation.version) }
    case 'PartialObjectMetadataList':
      throw badRequest('you requested PartialObjectMetadataList, but the requested object is not a list')
    default:
      return Object.isFrozen(shown) ? { code, json: jsonOf(shown), body: shown } : { code, body: shown }
  }
}

export function listAnswer(context: ResourceContext, objects: KubeObject[], metadata: ListMeta): Answer {
  const { resource, accepted } = context
  const { representation } = accepted
  const shown = objects.map(resource.fromStored)
  if (representation.as === 'Table') {
    return { code: 200, body: tableOf(context, shown, metadata) }
  }
  if (representation.as !== 'object') {
    const items = shown.map((object) => partial(object, representation.version))
    const apiVersion = `meta.k8s.io/${representation.version}`
    return { code: 200, body: { kind: 'PartialObjectMetadataList', apiVersion, metadata, items } }
  }
  const head = { kind: resource.listKind, apiVersion: resource.apiVersion, metadata: listMeta(context, metadata) }
  if (accepted.format === 'yaml')
    return { code: 200, body: { ...head, items: shown.map((item) => listItem(context, item)) } }
  const items = shown.map((item) => itemText(context, item)).join(',')
  return { code: 200, json: `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}` }
}

// lists of custom kinds always carry continue, and their items kind and apiVersion
function listMeta({ resource }: ResourceContext, metadata: ListMeta): ListMeta {
  return resource.custom ? { continue: '', ...metadata } : metadata
}

function listItem({ resource }: ResourceContext, object: KubeObject): object {
  if (resource.custom) return object
  const { kind: _kind, apiVersion: _version, ...item } = object
  return item
}

function itemText(context: ResourceContext, object: KubeObject): string {
  if (context.resource.custom || !Object.isFrozen(object)) return JSON.stringify(listItem(context, object))
  const text = jsonOf(object)
  // objects are stored with apiVersion and kind first or last; cutting the text is only done where it is certain
  const head = `{"apiVersion":${JSON.stringify(object.apiVersion)},"kind":${JSON.stringify(object.kind)},`
  return text.startsWith(head) ? `{${text.slice(head.length)}` : JSON.stringify(listItem(context, object))
}

export function partial(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}
