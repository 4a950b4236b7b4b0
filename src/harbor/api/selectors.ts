// Label and field selectors of list, watch and deletecollection, refused in the API's words.
import type { KubeObject } from '../../objects/object.ts'
import { matchesAll, parseSelector, type Requirement } from '../../objects/selector.ts'
import { customFields } from '../custom/kind.ts'
import type { Resource } from '../registry.ts'
import { badRequest } from '../status.ts'

type Matcher = (object: KubeObject) => boolean

export interface Selection {
  matches: Matcher
  /** true when something was asked for */
  filtered: boolean
  /** the one name that a field selector asks for */
  name: string | undefined
}

export function selectionOf(query: URLSearchParams, resource: Resource): Selection {
  const labels = parseLabels(query.get('labelSelector') ?? '')
  const fields = parseFields(query.get('fieldSelector') ?? '', resource)
  const name = fields.find((term) => term.field === 'metadata.name' && term.equal)?.value
  return {
    filtered: labels.length + fields.length > 0,
    name,
    matches: (object) =>
      (labels.length === 0 || matchesAll(labels, object.metadata.labels)) &&
      fields.every((term) => (term.read(object) === term.value) === term.equal),
  }
}

function parseLabels(text: string): Requirement[] {
  if (text.trim() === '') return []
  const wording = labelFault(text)
  if (wording) throw badRequest(`unable to parse requirement: ${wording}`)
  try {
    return parseSelector(text)
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${(error as Error).message}`)
  }
}

// the commonest mistakes, as the API's own parser words them
function labelFault(text: string): string | undefined {
  if (/={3,}/.test(text) || /!={2,}/.test(text)) return "found '=', expected: identifier"
  const operator = /^\s*[^\s=!<>,()]+\s+([a-z]+)\s*\(/.exec(text)?.[1]
  if (operator && operator !== 'in' && operator !== 'notin') {
    return `found '${operator}', expected: in, notin, =, ==, !=, gt, lt`
  }
  if (/\b(in|notin)\s*\([^)]*$/.test(text)) return "found '', expected: ',' or ')'"
  return undefined
}

interface FieldTerm {
  field: string
  value: string
  equal: boolean
  read(object: KubeObject): string
}

function parseFields(text: string, resource: Resource): FieldTerm[] {
  if (text === '') return []
  return splitTerms(text).map((part) => {
    const match = /^([^=!]+)(==|!=|=)(.*)$/s.exec(part)
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
    const [, field = '', operator, value = ''] = match
    return { field, value: value.replaceAll(/\\(.)/g, '$1'), equal: operator !== '!=', read: readerOf(field, resource) }
  })
}

function splitTerms(text: string): string[] {
  return text.split(/(?<!\\),/).filter((part) => part !== '')
}

function readerOf(field: string, resource: Resource): FieldTerm['read'] {
  if (field === 'metadata.name') return (object) => object.metadata.name
  if (field === 'metadata.namespace' && resource.namespaced) return (object) => object.metadata.namespace ?? ''
  const own = { ...resource.rules.fields, ...customFields(resource) }
  if (Object.hasOwn(own, field)) return own[field] as FieldTerm['read']
  if (resource.rules.fieldWording === 'label' || resource.custom) {
    throw badRequest(`field label not supported: ${field}`)
  }
  const known = resource.namespaced ? '"metadata.name", "metadata.namespace"' : '"metadata.name"'
  throw badRequest(`"${field}" is not a known field selector: only ${known}`)
}
