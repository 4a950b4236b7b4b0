// Takes secret-shaped text out of anything that leaves a room. Linear in the text's length, and it fails closed.
import { Buffer } from 'node:buffer'
import { maskFields, maskNamedValues } from './secret-fields.ts'
import { isSecretValue, namesSecretObject, secretKind } from './secret-keys.ts'
import { mask, SHAPES } from './secret-shapes.ts'
import {
  isUserPassword,
  maskAwsSecrets,
  maskCommands,
  maskHeaders,
  maskJwts,
  maskPrivateKeys,
  maskSecretDocuments,
  maskUserinfo,
} from './secret-text.ts'

const FAILED = '[redacted: this text could not be checked for secrets]'
/** base64 within base64 is looked into this often */
const MAX_DECODE = 3

/** The text with every secret-shaped part replaced by `[redacted: KIND]`. Never throws; what cannot be checked is not given out. */
export function redact(text: string): string {
  try {
    if (typeof text !== 'string') return FAILED
    return redactText(text, 0)
  } catch {
    return FAILED
  }
}

/** Would `redact` take something out? */
export function looksSecret(text: string): boolean {
  return redact(text) !== text
}

const MAX_LEVELS = 40
const MAX_VALUES = 200_000

/**
 * The same for structured data: a JSON-like copy in which strings are redacted, values of telling names (`password`, `token`, …; also
 * `{name: 'DB_PASSWORD', value}` and `['--password', value]`) are masked, and Secret objects keep their keys only. Bounded in depth and count.
 */
export function redactValue(value: unknown): unknown {
  try {
    return copy(value, 0, { left: MAX_VALUES })
  } catch {
    return FAILED
  }
}

function copy(value: unknown, level: number, budget: { left: number }): unknown {
  if (typeof value === 'string') return redact(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return undefined
  if (level >= MAX_LEVELS || budget.left-- <= 0) return mask('too large to check')
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return mask('bytes')
  if (value instanceof Error)
    return copy(
      { ...Object.fromEntries(Object.entries(value)), name: value.name, message: value.message, cause: value.cause },
      level + 1,
      budget,
    )
  if (value instanceof Map) return copy(Object.fromEntries(value), level, budget)
  if (value instanceof Set) return copy([...value], level, budget)
  if (Array.isArray(value))
    return value.map((item, i) => maskArgument(value[i - 1], item) ?? copy(item, level + 1, budget))
  const fields = value as Record<string, unknown>
  const isSecret =
    fields.kind === 'Secret' ||
    ('type' in fields &&
      'data' in fields &&
      typeof fields.type === 'string' &&
      fields.type.startsWith('kubernetes.io/'))
  const entries = Object.entries(fields).map(([key, item]): [string, unknown] => {
    if (isSecret && (key === 'data' || key === 'stringData')) return [key, maskData(item)]
    if (key === 'items' && fields.kind === 'SecretList' && Array.isArray(item)) {
      return [key, item.map((one: object) => copy({ ...one, kind: 'Secret' }, level + 1, budget))]
    }
    return [redact(key), maskField(key, item, fields) ?? copy(item, level + 1, budget)]
  })
  return Object.fromEntries(entries)
}

function maskData(data: unknown): unknown {
  if (data === null || data === undefined) return data
  if (typeof data !== 'object') return mask('secret')
  return Object.fromEntries(Object.keys(data).map((key) => [redact(key), mask('secret')]))
}

/** the masked value of a field whose name promises a secret, or undefined when it is to be looked into instead */
function maskField(key: string, item: unknown, fields: Record<string, unknown>): unknown {
  if (typeof item !== 'string' && typeof item !== 'number' && !Array.isArray(item)) return undefined
  const named = key === 'value' && typeof fields.name === 'string' ? secretKind(fields.name) : undefined
  const kind =
    named ??
    secretKind(key) ??
    (/^_?auth$/i.test(key) && typeof item === 'string' && isUserPassword(item) ? 'auth' : undefined)
  if (!kind) return undefined
  if (Array.isArray(item))
    return item.length > 0 &&
      item.every((one) => typeof one === 'string') &&
      !kind.endsWith('s') &&
      !/secrets?$|tokens?$/i.test(key)
      ? item.map(() => mask(kind))
      : undefined
  const text = String(item)
  if (text === '' || namesSecretObject(key, text) || !isSecretValue(kind, text)) return undefined
  return mask(kind)
}

function maskArgument(flag: unknown, item: unknown): string | undefined {
  if (
    typeof flag !== 'string' ||
    typeof item !== 'string' ||
    !flag.startsWith('--') ||
    flag.includes('=') ||
    item.startsWith('-')
  )
    return undefined
  const kind = secretKind(flag)
  return kind && isSecretValue(kind, item) ? mask(kind) : undefined
}

function redactText(text: string, depth: number): string {
  if (text.length < 6) return text
  let out = maskPrivateKeys(text)
  out = maskSecretDocuments(out)
  out = maskUserinfo(out)
  out = maskJwts(out)
  out = maskAwsSecrets(out)
  for (const { kind, hints, pattern } of SHAPES) {
    if (hints.some((hint) => out.includes(hint))) out = out.replace(pattern, mask(kind))
  }
  out = maskHeaders(out)
  out = maskNamedValues(out)
  out = maskCommands(out)
  out = maskFields(out)
  return maskEncoded(out, depth)
}

// ── base64 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const ENCODED =
  /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}(?:(?:\\n|\r?\n[ \t]{0,64})[A-Za-z0-9+/_-]{40,})*(?:(?:\\n|\r?\n[ \t]{0,64})[A-Za-z0-9+/_-]{1,80}(?==))?={0,2}/g

/** Secret-shaped text stays so when it is encoded; certificates and other harmless base64 are left alone. */
function maskEncoded(text: string, depth: number): string {
  if (depth >= MAX_DECODE) return text
  return text.replace(ENCODED, (run) => {
    if (!/\s|\\n/.test(run)) return hidesSecret(run, depth) ? mask('base64 secret') : run
    return maskWrapped(run, depth)
  })
}

/** Lines of one length (the last may be shorter) are one value; lines that only happened to stand together are not. */
function maskWrapped(run: string, depth: number): string {
  const pieces = run.split(/((?:\\n|\r?\n)[ \t]{0,64})/)
  let out = ''
  let group: string[] = []
  const close = () => {
    const joined = group.filter((_, i) => i % 2 === 0).join('')
    out += hidesSecret(joined, depth) ? mask('base64 secret') : group.join('')
    group = []
  }
  // odd pieces are the line ends
  for (let i = 0; i < pieces.length; i += 2) {
    const line = pieces[i] ?? ''
    const end = pieces[i - 1] ?? ''
    const width = group[0]?.length
    if (width !== undefined && line.length <= width && group.at(-1)?.length === width) group.push(end, line)
    else {
      if (width !== undefined) close()
      out += end
      group = [line]
    }
  }
  close()
  return out
}

function hidesSecret(run: string, depth: number): boolean {
  const decoded = Buffer.from(run, 'base64')
  if (decoded.length < 12 || !isPrintable(decoded)) return false
  const text = decoded.toString('utf8')
  return redactText(text, depth + 1) !== text
}

function isPrintable(bytes: Buffer): boolean {
  let odd = 0
  const look = Math.min(bytes.length, 256)
  for (let i = 0; i < look; i++) {
    const byte = bytes[i] ?? 0
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
    if (byte > 127) odd++
  }
  return odd <= look / 8
}
