// Which requests a reader may send: GET, and POST to the review APIs. Asked by the transport itself, below every method of the Reader.
import { NotPermittedError } from '../core/errors.ts'
import { quote } from './names.ts'

const REVIEWS =
  /^\/apis\/(authorization\.k8s\.io\/v1\/(selfsubjectaccessreviews|selfsubjectrulesreviews|subjectaccessreviews)|authentication\.k8s\.io\/v1\/selfsubjectreviews)$/

// reading verbs that act: they open a way into a pod, a node or a service
const ACTING = new Set(['exec', 'attach', 'portforward', 'proxy'])

/** Throws when the request could change something or could mean another path than it says. */
export function assertReadOnly(method: string, path: string): void {
  const [pathname, query] = splitOnce(path, '?')
  assertPlainPath(pathname)
  if (method === 'POST' && REVIEWS.test(pathname) && query === '') return
  if (method !== 'GET') {
    throw new NotPermittedError(
      `not permitted: ${method} ${quote(pathname)}: the reader sends only GET and access reviews.`,
      `${method} ${pathname}`,
    )
  }
  const acting = actingPart(pathname)
  if (acting) {
    throw new NotPermittedError(
      `not permitted: ${acting} opens a way into the cluster, which a reader never does.`,
      acting,
    )
  }
}

/** What a writer may send: changes of named objects. Ways into a pod, credentials and whole collections are no plan. */
export function assertWrite(method: string, path: string): void {
  const [pathname] = splitOnce(path, '?')
  assertPlainPath(pathname)
  const { scoped } = apiParts(pathname) ?? {}
  const words = `${method} ${quote(pathname)}`
  if (!scoped || scoped.length === 0 || !/^(POST|PUT|PATCH|DELETE)$/.test(method)) {
    throw new NotPermittedError(`not permitted: ${words} is no change of an object.`, words)
  }
  const acting = actingPart(pathname)
  if (acting)
    throw new NotPermittedError(
      `not permitted: ${acting} opens a way into the cluster, which a plan never does.`,
      acting,
    )
  if (scoped[2]?.toLowerCase() === 'token') {
    throw new NotPermittedError('not permitted: a token is a credential, which a plan never makes.', 'create tokens')
  }
  if (method !== 'POST' && scoped.length < 2) {
    throw new NotPermittedError(`not permitted: ${words} would change a whole collection.`, words)
  }
}

/** A path whose segments mean what they say: no dot segments, no empty ones, no encoded slashes, dots or control characters. */
function assertPlainPath(pathname: string): void {
  const plain =
    pathname.startsWith('/') &&
    pathname.length <= 4096 &&
    /^[\x21-\x7e]+$/.test(pathname) &&
    !pathname.includes('//') &&
    !/[\\#?]/.test(pathname) &&
    pathname.split('/').every((segment) => {
      const decoded = decode(segment)
      return (
        decoded !== undefined &&
        decoded !== '.' &&
        decoded !== '..' &&
        /^[ -~]*$/.test(decoded) &&
        !/[/\\%?#]/.test(decoded)
      )
    })
  if (!plain)
    throw new NotPermittedError(`not permitted: ${quote(pathname)} is no plain path of the API.`, 'use that path')
}

/** `…/pods/proxy` is a pod called proxy, `…/pods/web/proxy` is its proxy: subresources stand behind resource and name. */
function actingPart(pathname: string): string | undefined {
  const { scoped } = apiParts(pathname) ?? { scoped: [] }
  if (scoped[0]?.toLowerCase() === 'proxy') return 'proxy'
  return scoped.slice(2).find((segment) => ACTING.has(segment.toLowerCase()))
}

/** The segments behind version and namespace: resource, name, subresource; undefined when the path is none of the API's objects. */
function apiParts(pathname: string): { scoped: string[] } | undefined {
  const segments = pathname.split('/').slice(1)
  if (segments[0] !== 'api' && segments[0] !== 'apis') return undefined
  const rest = segments.slice(segments[0] === 'api' ? 2 : 3)
  return {
    scoped: rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_PARTS.has(rest[2] ?? '') ? rest.slice(2) : rest,
  }
}
// subresources of a Namespace itself, not resources inside it
const NAMESPACE_PARTS = new Set(['finalize', 'status'])

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}
