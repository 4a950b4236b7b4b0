// Image references and the registries of a practice cluster: which images can be pulled, and what a registry says when not.
export interface ImageBook {
  /** full reference → what the registry said */
  refused: Map<string, string>
  /** full references that have run here */
  known: Set<string>
}

export function createImageBook(): ImageBook {
  return { refused: new Map(), known: new Set() }
}

/** `nginx` → `docker.io/library/nginx:latest` */
export function fullReference(image: string): string {
  const [name = '', digest] = image.split('@', 2)
  const slash = name.lastIndexOf('/')
  const tagged = name.indexOf(':', slash + 1) >= 0 || digest !== undefined ? name : `${name}:latest`
  const [first = '', ...rest] = tagged.split('/')
  const hasHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')
  const path = hasHost ? tagged : rest.length > 0 ? `docker.io/${tagged}` : `docker.io/library/${tagged}`
  return digest === undefined ? path : `${path}@${digest}`
}

export function repositoryOf(image: string): string {
  const name = fullReference(image).split('@', 1)[0] ?? ''
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon < 0 ? name : name.slice(0, colon)
}

const VALID =
  /^[a-z0-9]+([._-]+[a-z0-9]+)*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/
const ABSENT = /(does-?not-?exist|nonexistent|no-such-|missing|:bad\b|:broken)/i
const NO_HOST = /\.invalid(:\d+)?\//

export type PullProblem = { reason: 'ErrImagePull' | 'InvalidImageName'; message: string }

/** What is wrong with an image; undefined when it can be pulled. */
export function pullProblem(book: ImageBook, image: string): PullProblem | undefined {
  if (image.length > 500 || !VALID.test(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
    return { reason: 'InvalidImageName', message }
  }
  const reference = fullReference(image)
  const said = book.refused.get(reference)
  if (said !== undefined) return { reason: 'ErrImagePull', message: said }
  if (NO_HOST.test(reference)) return { reason: 'ErrImagePull', message: noSuchHost(reference) }
  if (ABSENT.test(image) || isUnheardOf(book, reference))
    return { reason: 'ErrImagePull', message: notFound(reference) }
  return undefined
}

// in a repository that has answered "not found" before, and from which something runs, only what has run exists
function isUnheardOf(book: ImageBook, reference: string): boolean {
  if (book.known.has(reference)) return false
  const repository = repositoryOf(reference)
  const refused = [...book.refused].some(([other, said]) => repositoryOf(other) === repository && isNotFound(said))
  return refused && [...book.known].some((other) => repositoryOf(other) === repository)
}

export function isNotFound(said: string): boolean {
  return /not found|manifest unknown|NotFound/.test(said)
}

export function notFound(reference: string): string {
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`
}

function noSuchHost(reference: string): string {
  const [host = '', ...rest] = reference.split('/')
  const path = rest.join('/')
  const colon = path.lastIndexOf(':')
  const [name, tag] = colon < 0 ? [path, 'latest'] : [path.slice(0, colon), path.slice(colon + 1)]
  return `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": failed to do request: Head "https://${host}/v2/${name}/manifests/${tag}": dial tcp: lookup ${host.split(':')[0]}: no such host`
}
