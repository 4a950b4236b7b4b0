// One HTTP request as the handlers see it, and what its path means.
import type { IncomingHttpHeaders } from 'node:http'
import type { User } from '../world.ts'

export interface ApiRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
  user: User
  /** field manager of requests that name none: the first word of User-Agent */
  agent: string
}

/** /api/v1/namespaces/{namespace}/pods/{name}/{subresource} and its cluster-scoped and grouped relatives */
export interface ResourcePath {
  group: string
  version: string
  plural: string
  namespace: string | undefined
  name: string | undefined
  subresource: string | undefined
  /** the deprecated /watch/ prefix */
  watch: boolean
}

/** undefined when the path is not below /api/VERSION or /apis/GROUP/VERSION, or malformed. */
export function parsePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  let group = ''
  const root = parts.shift()
  if (root === 'apis') group = parts.shift() ?? ''
  else if (root !== 'api') return undefined
  const version = parts.shift()
  if (!version || parts.length === 0) return undefined
  const watch = parts[0] === 'watch'
  if (watch) parts.shift()
  let namespace: string | undefined
  // /namespaces/{name}, /namespaces/{name}/status and /finalize are about the namespace itself
  const itself = parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize') && group === ''
  if (parts[0] === 'namespaces' && parts.length >= 3 && !itself) {
    namespace = decode(parts[1])
    if (namespace === undefined) return undefined
    parts.splice(0, 2)
  }
  const [plural, rawName, ...rest] = parts
  if (!plural) return undefined
  const name = rawName === undefined ? undefined : decode(rawName)
  if (rawName !== undefined && name === undefined) return undefined
  const subresource = rest.length > 0 ? rest.join('/') : undefined
  return { group, version, plural, namespace, name, subresource, watch }
}

function decode(text: string | undefined): string | undefined {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return undefined
  }
}

export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== 'false' && value !== '0' && value !== 'False' && value !== 'f'
}
