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

/** A path whose segments mean what they say: no dot segments, no empty ones, no encoded slashes, dots or control characters. */
export function assertPlainPath(pathname: string): void {
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
  const segments = pathname.split('/').slice(1)
  if (segments[0] !== 'api' && segments[0] !== 'apis') return undefined
  const rest = segments.slice(segments[0] === 'api' ? 2 : 3)
  const scoped = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  if (scoped[0]?.toLowerCase() === 'proxy') return 'proxy'
  return scoped.slice(2).find((segment) => ACTING.has(segment.toLowerCase()))
}

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
