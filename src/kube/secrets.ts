// Secret values never leave this room: they are masked where an answer is parsed, whatever path or form it came by.
import type { KubeObject } from '../objects/object.ts'

const MAX_DEPTH = 100

/** `(hidden, 12 bytes)` instead of a value; keys, names and types stay. */
function hiddenValue(bytes: number): string {
  return `(hidden, ${bytes} ${bytes === 1 ? 'byte' : 'bytes'})`
}

/** The size in a value made by `hiddenValue`, in bytes. */
export function hiddenSize(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^\(hidden, (\d+) bytes?\)$/.exec(value) : null
  return match ? Number(match[1]) : undefined
}

/**
 * Masks in place every Secret inside a parsed answer: single objects, typed lists, rows of a Table, watch events, and
 * Secrets embedded in other objects. `secretPath` says that the answer came from a path of secrets, whose items carry no kind.
 */
export function maskSecrets<T>(answer: T, secretPath = false): T {
  visit(answer, secretPath, 0)
  return answer
}

/** Whether the text can hold a Secret at all: a cheap look before the walk. */
export function mayHoldSecrets(text: Buffer | string): boolean {
  return text.includes('Secret') || text.includes('\\u')
}

export function isSecretPath(path: string): boolean {
  const [pathname = ''] = path.split('?')
  return pathname.split('/').some((segment) => segment.toLowerCase() === 'secrets')
}

function visit(value: unknown, secret: boolean, depth: number): void {
  if (value === null || typeof value !== 'object') return
  // deeper than any real object: nothing below can be trusted to have been looked at
  if (depth > MAX_DEPTH) return clear(value)
  if (Array.isArray(value)) {
    for (const item of value) visit(item, secret, depth + 1)
    return
  }
  const object = value as Record<string, unknown>
  const kind = object.kind
  if (kind === 'Secret' || (secret && looksLikeObject(object))) maskSecret(object)
  const inside = kind === 'SecretList' || (secret && !looksLikeObject(object))
  for (const item of Object.values(object)) visit(item, inside, depth + 1)
}

/** An item of a list, or the partial object in a row of a Table: metadata with a name. */
function looksLikeObject(object: Record<string, unknown>): boolean {
  const metadata = object.metadata as { name?: unknown } | undefined
  return typeof metadata === 'object' && metadata !== null && typeof metadata.name === 'string'
}

function maskSecret(secret: Record<string, unknown>): void {
  if (isMap(secret.data)) {
    const chain = secret.type === 'kubernetes.io/tls' ? publicChain(secret.data['tls.crt']) : undefined
    secret.data = { ...maskMap(secret.data, base64Size), ...(chain === undefined ? {} : { 'tls.crt': chain }) }
  } else if (secret.data !== undefined && secret.data !== null) secret.data = hiddenValue(0)
  if (isMap(secret.stringData)) secret.stringData = maskMap(secret.stringData, textSize)
  else if (secret.stringData !== undefined && secret.stringData !== null) secret.stringData = hiddenValue(0)
  const metadata = secret.metadata as KubeObject['metadata'] | undefined
  if (!isMap(metadata?.annotations)) return
  metadata.annotations = mapValues(metadata.annotations, (value, key) => {
    // copies of the whole object: last-applied-configuration and its cousins of other tools
    const copy = /last-applied|original|configuration/i.test(key) || /^\s*[[{]/.test(String(value))
    return copy && hiddenSize(value) === undefined ? hiddenValue(textSize(value)) : (value as string)
  })
}

const MAX_CHAIN = 64 * 1024
const CERTIFICATES = /^\s*(?:-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----\s*)+$/

/**
 * The certificates of a TLS Secret are shown to every client that connects, and their dates are worth knowing: they stay.
 * Only when the value is nothing but certificates, so that a key pasted into the wrong field is masked like any other value.
 */
function publicChain(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2 * MAX_CHAIN) return undefined
  const text = Buffer.from(value, 'base64')
  if (text.length > MAX_CHAIN || !CERTIFICATES.test(text.toString('latin1'))) return undefined
  return text.toString('base64')
}

function maskMap(map: Record<string, unknown>, size: (value: unknown) => number): Record<string, string> {
  return mapValues(map, (value) => (hiddenSize(value) === undefined ? hiddenValue(size(value)) : String(value)))
}

// fromEntries defines own properties: a key called __proto__ stays an ordinary key
function mapValues(map: Record<string, unknown>, to: (value: unknown, key: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, to(value, key)]))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function base64Size(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value, 'base64') : textSize(value)
}

function textSize(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}

function clear(value: object): void {
  if (Array.isArray(value)) value.length = 0
  else for (const key of Object.keys(value)) delete (value as Record<string, unknown>)[key]
}
