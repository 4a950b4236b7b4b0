// Content negotiation: JSON, YAML, and the three representations of lists and objects that clients ask for.
import { StatusError } from '../status.ts'

type Representation =
  | { as: 'object' }
  | { as: 'Table'; version: string }
  | { as: 'PartialObjectMetadata' | 'PartialObjectMetadataList'; version: string }

export interface Accepted {
  format: 'json' | 'yaml'
  representation: Representation
  /** the part of the Accept header that was met, for the content type of discovery documents */
  discovery: 'v2' | 'v2beta1' | undefined
}

const AVAILABLE =
  '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
const ONLY =
  'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** The first acceptable clause wins, as in the API server; protobuf is not spoken, so clients that list JSON too get JSON. */
export function negotiate(header: string | undefined): Accepted {
  const clauses = (header ?? '*/*').slice(0, 4096).split(',')
  let refusal = AVAILABLE
  for (const clause of clauses) {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim())
    const parameters = new Map(rest.map((part) => part.split('=', 2).map((text) => text.trim()) as [string, string]))
    const format = formatOf(type)
    if (!format) {
      // logs are text, but even they are asked for as JSON or anything
      if (type === 'text/plain') refusal = ONLY
      continue
    }
    const as = parameters.get('as')
    const version = parameters.get('v') ?? ''
    if (as === undefined) return { format, representation: { as: 'object' }, discovery: undefined }
    if (as === 'APIGroupDiscoveryList' && (version === 'v2' || version === 'v2beta1')) {
      return { format, representation: { as: 'object' }, discovery: version }
    }
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
    if (known && (version === 'v1' || version === 'v1beta1')) {
      return { format, representation: { as, version }, discovery: undefined }
    }
    refusal = ONLY
  }
  throw new StatusError(406, 'NotAcceptable', refusal, refusal === AVAILABLE ? {} : undefined)
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*' || type === '') return 'json'
  return type === 'application/yaml' ? 'yaml' : undefined
}
