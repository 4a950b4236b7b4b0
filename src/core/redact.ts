// Takes secret-shaped text out of anything that leaves a room. Linear in the text's length, and it fails closed.
import { Buffer } from 'node:buffer'
import { isSecretValue, namesSecretObject, secretKind } from './secret-keys.ts'
import { SHAPES } from './secret-shapes.ts'

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
    return copy({ ...Object.fromEntries(Object.entries(value)), name: value.name, message: value.message, cause: value.cause }, level + 1, budget)
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

function mask(kind: string): string {
  return `[redacted: ${kind}]`
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

// ── private keys ────────────────────────────────────────────────────────────────────────────────────────────────────

const KEY_BLOCK = /-{4,5} ?(BEGIN|END) (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g
/** what the inside of a key looks like when its end was cut off: base64, line ends (also as `\n`), armour headers */
const KEY_BODY =
  /(?:[A-Za-z0-9+/=]{16,}|\\[nrt]|[\s"'|>,]|(?:Proc-Type|DEK-Info|Version|Comment)[^\n\\]{0,200}|[A-Za-z0-9+/=]{1,15}(?=\s|\\n|["']|$))*/y

function maskPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE KEY')) return maskPutty(text)
  let out = ''
  let from = 0
  const marks = [...text.matchAll(KEY_BLOCK)]
  for (let i = 0; i < marks.length; i++) {
    const mark = marks[i]
    if (!mark || mark.index < from) continue
    if (mark[1] === 'END') {
      // the head was cut off, as in the last lines of a log: what stands before it is the key
      out += `${maskTail(text.slice(from, mark.index))}${mask('private key')}`
      from = mark.index + mark[0].length
      continue
    }
    out += text.slice(from, mark.index) + mask('private key')
    const end = marks[i + 1]
    if (end?.[1] === 'END' && end.index - mark.index < 65_536) {
      from = end.index + end[0].length
      continue
    }
    KEY_BODY.lastIndex = mark.index + mark[0].length
    from = KEY_BODY.lastIndex + (KEY_BODY.exec(text)?.[0].length ?? 0)
  }
  return maskPutty(out + text.slice(from))
}

function maskTail(text: string): string {
  const bounded = Math.max(0, text.length - 16_384)
  const tail = text.slice(bounded).split('\n')
  let keep = tail.length
  while (keep > 0 && /^[\s"']*[A-Za-z0-9+/=\\]*[\s"']*$/.test(tail[keep - 1] ?? '')) keep--
  const kept = tail.slice(0, keep).join('\n')
  return text.slice(0, bounded) + (keep > 0 ? `${kept}\n` : '')
}

function maskPutty(text: string): string {
  if (!text.includes('Private-Lines:')) return text
  return text.replace(/(?<=Private-Lines: \d{1,4}\s{1,4})[A-Za-z0-9+/=\s]+/g, mask('private key'))
}

// ── Secret objects as text ──────────────────────────────────────────────────────────────────────────────────────────

const DATA_BLOCK_JSON = /(\\{0,8}")(?:data|stringData)\1\s{0,64}:\s{0,64}\{[^{}]*\}?/g

function maskSecretDocuments(text: string): string {
  let out = text
  if (/\\{0,8}"kind\\{0,8}"\s{0,64}:\s{0,64}\\{0,8}"Secret\\{0,8}"/.test(out)) {
    out = out.replace(DATA_BLOCK_JSON, (block) => {
      const brace = block.indexOf('{')
      return (
        block.slice(0, brace) +
        block.slice(brace).replace(/(\\{0,8}")(\s{0,64}:\s{0,64})\1[^"]*?\1/g, `$1$2$1${mask('secret')}$1`)
      )
    })
  }
  return /^[ \t-]{0,64}kind:[ \t]{0,16}["']?Secret["']?[ \t\r]{0,16}$/m.test(out) ? maskSecretYaml(out) : out
}

/** Values below `data:` and `stringData:` of each object whose kind is Secret; other objects in the same text stay. */
function maskSecretYaml(text: string): string {
  const objects: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (/^---|^[ \t]{0,64}- (?:apiVersion|kind|data|metadata|stringData):/.test(line)) objects.push([])
    objects.at(-1)?.push(line)
  }
  return objects.map((lines) => (lines.some(isSecretKindLine) ? maskDataLines(lines) : lines).join('\n')).join('\n')
}

function isSecretKindLine(line: string): boolean {
  return /^[ \t-]{0,64}kind:[ \t]{0,16}["']?Secret["']?[ \t\r]{0,16}$/.test(line)
}

function maskDataLines(lines: string[]): string[] {
  let block = -1
  let value = -1
  return lines.flatMap((line) => {
    const indent = /^[ \t]*(?:- )?/.exec(line)?.[0].length ?? 0
    if (line.trim() === '') return [line]
    if (/^[ \t]{0,64}(?:- )?(?:data|stringData):/.test(line)) {
      block = indent
      value = -1
      // flow style on the same line, or nothing: `data: {password: aHVudGVyMg==}`
      return [line.replace(/(data:|stringData:)[ \t]{0,16}\S[^\n]*/i, `$1 ${mask('secret')}`)]
    }
    if (block < 0 || indent <= block) {
      block = -1
      return [line]
    }
    // further lines of a block scalar whose first line is masked already
    if (value >= 0 && indent > value) return []
    value = indent
    const colon = line.indexOf(':')
    return [colon < 0 ? `${line.slice(0, indent)}${mask('secret')}` : `${line.slice(0, colon)}: ${mask('secret')}`]
  })
}

// ── URLs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const DATABASE_SCHEME =
  /(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|sqlserver|mssql|clickhouse|nats|smtps?|ldaps?|s?ftp|kafka|jdbc|couchbase|neo4j|bolt)$/i

/** `scheme://user:password@host` keeps scheme and host. Passwords with an unescaped `/` or `@` are understood where a port cannot be meant. */
function maskUserinfo(text: string): string {
  let out = ''
  let from = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const start = at + 3
    const next = text.indexOf('://', start)
    const limit = Math.min(next < 0 ? text.length : next, start + 2048)
    const run = text.slice(start, limit)
    const space = run.search(/[\s"'`<>\\]/)
    const part = space < 0 ? run : run.slice(0, space)
    const length = userinfoLength(text.slice(Math.max(0, at - 16), at), part)
    if (length === 0) continue
    out += `${text.slice(from, start)}${mask('userinfo')}`
    from = start + length
  }
  return out + text.slice(from)
}

function userinfoLength(before: string, part: string): number {
  const path = part.search(/[/?#]/)
  const authority = path < 0 ? part : part.slice(0, path)
  const at = authority.lastIndexOf('@')
  if (at >= 0) {
    const user = authority.slice(0, at)
    if (user.startsWith('[redacted')) return 0
    if (user.includes(':') || user.includes('%3A')) return at
    // a name alone is no secret (`ssh://git@host`); a long mixed one is a token
    return user.length >= 16 && /\d/.test(user) && /[A-Za-z]/.test(user) ? at : 0
  }
  const colon = authority.indexOf(':')
  const later = part.lastIndexOf('@')
  if (colon < 0 || later < 0) return 0
  const isPort = /^\d{1,5}$/.test(authority.slice(colon + 1))
  return isPort && !DATABASE_SCHEME.test(before) ? 0 : later
}

// ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Three base64url parts of which the first two open a JSON object: also service account tokens; a missing signature does not help. */
function maskJwts(text: string): string {
  if (!text.includes('ey')) return text
  return text.replace(/[A-Za-z0-9_.-]{20,}/g, (run) => {
    if (!run.includes('.') || !run.includes('ey')) return run
    const parts = run.split('.')
    for (let i = 0; i + 1 < parts.length; i++) {
      const head = /ey[A-Z][A-Za-z0-9_-]{8,}$|ew[o0][A-Za-z0-9_-]{8,}$/.exec((parts[i] ?? '').slice(-2000))
      if (!head || !/^(?:ey[A-Z]|ew[o0])[A-Za-z0-9_-]*/.test(parts[i + 1] ?? '')) continue
      const first = parts[i] ?? ''
      const open = first.search(/ey[A-Z]|ew[o0]/)
      parts.splice(i, 3, `${first.slice(0, open)}${mask('jwt')}`)
    }
    return parts.join('.')
  })
}

/** A secret access key has no prefix of its own; beside a key id it is what is 40 characters long and mixed. */
function maskAwsSecrets(text: string): string {
  if (!/A[KS]IA[A-Z0-9]{16}/.test(text)) return text
  return text.replace(
    /(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])([\s\S]{0,200})/g,
    (_all, after: string) =>
      `${mask('aws key id')}${after.replace(/(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])/g, (key) =>
        /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) ? mask('aws secret key') : key,
      )}`,
  )
}

// ── headers, flags, commands ────────────────────────────────────────────────────────────────────────────────────────

const AUTHORIZATION =
  /((?:proxy-)?authorization\\{0,8}["']?[ \t]{0,16}[:=,][ \t]{0,16}\\{0,8}["'[]{0,2}(?:(?:bearer|basic|digest|token|negotiate|ntlm|apikey|api-key|key|aws4-hmac-sha256|splunk|genie-?key)[ \t]{1,16}|(?=[A-Za-z0-9_.+/=-]{20})))(?!\[redacted)[^\s"'\\]+(?:,[ \t]?[^\s"'\\]+=[^\s"'\\]+){0,8}/gi
const BEARER = /(\bbearer[ \t]{1,16})([A-Za-z0-9._~+/=-]{16,})/gi
const BASIC = /(\bbasic[ \t]{1,16})([A-Za-z0-9+/_-]{6,}={0,2})/gi
const COOKIE =
  /((?:^|[\s"'{,>])(?:set-)?cookie\\{0,8}["']?[ \t]{0,16}:[ \t]{0,16}\\{0,8}["']?)(?!\[redacted)([^\s"'\\=]{1,128}=[^\r\n"'\\]*)/gi

function maskHeaders(text: string): string {
  let out = text
  if (/authorization/i.test(out)) out = out.replace(AUTHORIZATION, `$1${mask('authorization')}`)
  if (/bearer/i.test(out)) {
    out = out.replace(BEARER, (all, scheme: string, token: string) =>
      /[\dA-Z]/.test(token) || token.length >= 24 ? scheme + mask('token') : all,
    )
  }
  if (/basic/i.test(out)) {
    out = out.replace(BASIC, (all, scheme: string, value: string) =>
      isUserPassword(value) ? scheme + mask('basic auth') : all,
    )
  }
  return /cookie/i.test(out) ? out.replace(COOKIE, `$1${mask('cookie')}`) : out
}

/** base64 of `user:password`, as in Basic auth and in the `auth` of a docker config */
function isUserPassword(value: string): boolean {
  if (value.length > 4096) return true
  const decoded = Buffer.from(value, 'base64').toString('latin1')
  return /^[\x20-\x7e]{1,256}:[\x20-\x7e\x80-\xff]*$/.test(decoded)
}

/** Programs whose password argument has no telling name. */
const COMMANDS: readonly [hint: string, pattern: RegExp][] = [
  ['curl', /(\bcurl\b[^\n|;]{0,400}?\s(?:-u|--user|--proxy-user)[ =]{0,2}["']?[^\s:"']{1,128}:)([^\s"']+)/g],
  ['mysql', /(\bmysql(?:dump|admin)?\b[^\n|;]{0,200}?\s-p["']?)([^\s"']+)/g],
  ['sshpass', /(\bsshpass\s{1,8}-p\s{0,8}["']?)([^\s"']+)/g],
  ['redis-cli', /(\bredis-cli\b[^\n|;]{0,200}?\s-a\s{1,8}["']?)([^\s"']+)/g],
  ['login', /(\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8})(\S+)/g],
  ['requirepass', /(\brequirepass\s{1,8}["']?)([^\s"']+)/g],
  ['masterauth', /(\bmasterauth\s{1,8}["']?)([^\s"']+)/g],
  ['@tcp(', /((?<![\w.-])[\w.-]{1,64}:)([^\s:@"'\\]{1,256})(?=@tcp\()/g],
  ['@unix(', /((?<![\w.-])[\w.-]{1,64}:)([^\s:@"'\\]{1,256})(?=@unix\()/g],
]
const SQL_PASSWORD = /(\b(?:identified\s{1,8}by|(?:encrypted\s{1,8})?password)\s{1,8})'[^']{1,256}'/gi
const PASSWORD_IS = /(\b(?:password|passphrase|passwd)\s{1,4}(?:is|was)\s{1,4}["']?)([^\s"']{1,256})/gi
const ARGUMENT =
  /(--?[A-Za-z][\w.-]{1,64})(["'],?\s{0,32}(?:-\s{1,4})?["']|\s{1,4}["']?|\s{0,16}\n\s{0,32}-\s{1,4}["']?)([^\s"'\\-][^\s"'\\]{0,4096})/g
const ELEMENT = /(<([A-Za-z][\w.:-]{1,64})>)([^<>]{1,4096})(?=<\/)/g

function maskCommands(text: string): string {
  let out = text
  for (const [hint, pattern] of COMMANDS) {
    if (out.includes(hint))
      out = out.replace(pattern, (all, head: string, value: string) =>
        value.startsWith('[redacted') ? all : head + mask('password'),
      )
  }
  if (/password|passwd|passphrase|identified/i.test(out)) {
    out = out.replace(SQL_PASSWORD, `$1'${mask('password')}'`)
    out = out.replace(PASSWORD_IS, (all, head: string, value: string) =>
      isSecretValue('password', value, true) ? head + mask('password') : all,
    )
  }
  if (out.includes('--')) {
    out = out.replace(ARGUMENT, (all, flag: string, gap: string, value: string) => {
      const kind = flag.startsWith('--') ? secretKind(flag) : undefined
      // `use --token to sign in` is a sentence; an array of arguments is not
      const quoted = /["']|\n/.test(gap)
      return kind && isSecretValue(kind, value, !quoted && /^[a-z]{1,12}$/.test(value)) ? flag + gap + mask(kind) : all
    })
  }
  if (out.includes('</')) {
    out = out.replace(ELEMENT, (all, open: string, name: string, value: string) => {
      const kind = secretKind(name)
      return kind && isSecretValue(kind, value.trim()) ? open + mask(kind) : all
    })
  }
  return out
}

// ── name and value pairs ────────────────────────────────────────────────────────────────────────────────────────────

/** `- name: DB_PASSWORD` + `value: x`, the same as JSON (escaped, too) and as Go prints it: `{Name:DB_PASSWORD Value:x ValueFrom:nil}`. */
const NAMED_VALUE =
  /((?<![A-Za-z])(?:name|key)\\{0,8}["']?\s{0,16}[:=]\s{0,16}\\{0,8}["']?)([A-Za-z_][\w.-]{0,127})(\\{0,8}["']?\s{0,64},?\s{0,64}\\{0,8}["']?value\\{0,8}["']?\s{0,16}[:=][ \t]{0,16})(\\{0,8}"(?:[^"\\]|\\+[^"\\])*\\{0,8}"?|'[^'\n]*'?|\S[^\n,}]*)/gi

function maskNamedValues(text: string): string {
  if (!/value/i.test(text)) return text
  return text.replace(NAMED_VALUE, (all, head: string, name: string, between: string, value: string) => {
    const kind = secretKind(name)
    if (!kind) return all
    const quote = /^\\{0,8}["']/.exec(value)?.[0] ?? ''
    const rest = /^(.*?)(\s+ValueFrom:.*)?$/s.exec(value) ?? [value, value, '']
    const bare =
      quote === '' ? (rest[1] ?? value) : value.slice(quote.length, value.endsWith(quote) ? -quote.length : undefined)
    if (bare === '' || !isSecretValue(kind, bare.trim())) return all
    return `${head}${name}${between}${quote}${mask(kind)}${quote}${quote === '' ? (rest[2] ?? '') : ''}`
  })
}

// ── key = value, in all its spellings ───────────────────────────────────────────────────────────────────────────────

const KEYWORD = /pass|pwd|pw\b|secret|token|key|cred|auth|psk|connectionstring/gi
const SEPARATOR = /(\\{0,8}["'`]\]?|\])?([ \t]{0,64})(=>|:=|={1,3}|:|%3[aAdD])([ \t]{0,64})/y
const KEY_CHARACTER = /[\w.-]/
const KEY_SIDE = 64

function maskFields(text: string): string {
  let out = ''
  let from = 0
  KEYWORD.lastIndex = 0
  for (let found = KEYWORD.exec(text); found; found = KEYWORD.exec(text)) {
    let start = found.index
    while (start > from && start > found.index - KEY_SIDE && KEY_CHARACTER.test(text[start - 1] ?? '')) start--
    let end = found.index + found[0].length
    while (end < text.length && end < found.index + KEY_SIDE && KEY_CHARACTER.test(text[end] ?? '')) end++
    KEYWORD.lastIndex = end
    SEPARATOR.lastIndex = end
    const separator = SEPARATOR.exec(text)
    if (!separator) continue
    const name = text.slice(start, end).replace(/^-+|[.-]+$/g, '')
    const at = end + separator[0].length
    const kind =
      secretKind(name) ?? (/^_?auth$/i.test(name) && isUserPassword(bareValue(text, at)) ? 'auth' : undefined)
    if (!kind) continue
    const value = readValue(text, at, {
      start,
      quotedKey: separator[1] !== undefined,
      colon: separator[3] === ':',
      spaced: separator[4] !== '' || (separator[2] ?? '') !== '',
    })
    if (!value || !shouldMask(kind, name, value)) continue
    out += text.slice(from, value.from) + value.before + mask(kind) + value.after
    from = value.to
    KEYWORD.lastIndex = Math.max(end, from)
  }
  return out + text.slice(from)
}

interface Value {
  from: number
  to: number
  text: string
  /** the value stood in a sentence, not in a field */
  prose: boolean
  /** put around the mask, where the bare value needs quotes to stay JSON, or a line end */
  before: string
  after: string
}

function shouldMask(kind: string, name: string, value: Value): boolean {
  if (value.text === '' || value.text.startsWith('[redacted')) return false
  if (namesSecretObject(name, value.text)) return false
  return isSecretValue(kind, value.text, value.prose)
}

function bareValue(text: string, at: number): string {
  return /[A-Za-z0-9+/=_-]+/y.exec(text.slice(at, at + 4200).replace(/^[\s\\"']{1,16}/, ''))?.[0] ?? ''
}

const BARE = /[^\s"'`<>\\]+/y

function readValue(
  text: string,
  at: number,
  key: { start: number; quotedKey: boolean; colon: boolean; spaced: boolean },
): Value | undefined {
  const plain = { before: '', after: '', prose: false }
  const gap = key.quotedKey ? (/\s{0,64}/y.exec(text.slice(at, at + 64))?.[0].length ?? 0) : 0
  const from = at + gap
  const quote = /^(?:b|u|r)?(\\{0,8}["'`])/.exec(text.slice(from, from + 12))
  if (quote) return { ...plain, ...readQuoted(text, from + quote[0].length, quote[1] ?? '"') }
  const first = text[from]
  if (first === undefined || first === '{' || first === '\n' || first === '\r') return undefined
  if (first === '[' && !text.startsWith('[redacted', from)) return readArray(text, from)

  const before = text.slice(Math.max(0, key.start - 256), key.start)
  const lead = before.slice(before.lastIndexOf('\n') + 1)
  const alone = /^[\s\-"'{,]*(?:export\s+)?$/.test(lead)
  if (key.colon && alone && (first === '|' || first === '>')) return readBlock(text, from, lead.length)
  BARE.lastIndex = from
  const run = BARE.exec(text)?.[0] ?? ''
  if (run === '') return first === '<' ? undefined : { ...plain, from, to: from, text: '' }
  if (key.colon && key.spaced && alone && !key.quotedKey) {
    const line =
      /[^\r\n]{0,4096}/
        .exec(text.slice(from, from + 4096))?.[0]
        .replace(/\s+#.*$/, '')
        .trimEnd() ?? run
    // one word, or a pass phrase of several: the field is the line; a sentence is read as prose below
    if (
      line === run ||
      (!/\s(?:is|was|not|for|failed|has|have|cannot|could|the|to|in|from|at|on|by|and|or|with)\s|[:;"']\s/i.test(
        ` ${line} `,
      ) &&
        /pass/i.test(text.slice(key.start, at)))
    ) {
      return { ...plain, from, to: from + line.length, text: line }
    }
  }
  const cut = run.search(/[&;,|](?=[\w.%-]{0,64}[=:]|$)/)
  const word = (cut < 0 ? run : run.slice(0, cut)).replace(/[)\]},.;]{1,8}$/, '')
  const needsQuotes = key.quotedKey && /^["']/.test(text[at - 1] ?? '') === false && /^-?\d+(?:\.\d+)?$/.test(word)
  const marks = needsQuotes ? (/(\\{0,8}["'])[\s:=>]*$/.exec(text.slice(Math.max(0, at - 80), at))?.[1] ?? '') : ''
  return {
    from,
    to: from + word.length,
    text: word,
    prose: key.colon && key.spaced && !key.quotedKey,
    before: marks,
    after: marks,
  }
}

/** Up to the same quote, escaped as deep; an end that never comes takes the rest of the line. */
function readQuoted(text: string, from: number, quote: string): Pick<Value, 'from' | 'to' | 'text'> {
  const escapes = quote.length - 1
  const mark = quote.at(-1) ?? '"'
  for (let at = text.indexOf(mark, from); at >= 0 && at - from < 1_048_576; at = text.indexOf(mark, at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\' && at - 1 - slashes >= from) slashes++
    if (escapes === 0 ? slashes % 2 === 0 : slashes <= escapes) {
      const to = escapes === 0 ? at : at - slashes
      return { from, to, text: text.slice(from, to) }
    }
  }
  const line = text.indexOf('\n', from)
  const to = line < 0 ? text.length : line
  return { from, to, text: text.slice(from, to) }
}

/** `passwords: [a, b]`: the inside, when it is a flat list of strings */
function readArray(text: string, from: number): Value | undefined {
  const inside = /^\[([^[\]{}]{1,4096})\]/.exec(text.slice(from, from + 4100))?.[1]
  if (inside === undefined || !/["']/.test(inside)) return undefined
  return { from: from + 1, to: from + 1 + inside.length, text: inside, prose: false, before: '"', after: '"' }
}

/** A YAML block scalar: every line that is indented deeper than its key. */
function readBlock(text: string, from: number, indent: number): Value | undefined {
  const head = /^[|>][-+0-9]{0,3}[ \t]{0,16}\r?\n/.exec(text.slice(from, from + 32))?.[0]
  if (head === undefined) return undefined
  let to = from + head.length
  while (to < text.length) {
    const end = text.indexOf('\n', to)
    const line = text.slice(to, end < 0 ? text.length : end)
    if (line.trim() !== '' && line.search(/\S/) <= indent) break
    to = end < 0 ? text.length : end + 1
  }
  const after = text[to - 1] === '\n' ? '\n' : ''
  return { from, to, text: text.slice(from + head.length, to).trim(), prose: false, before: '', after }
}

// ── base64 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const ENCODED =
  /[A-Za-z0-9+/_-]{20,}(?:(?:\\n|\r?\n[ \t]{0,64})[A-Za-z0-9+/_-]{40,})*(?:(?:\\n|\r?\n[ \t]{0,64})[A-Za-z0-9+/_-]{1,80}(?==))?={0,2}/g

/** Secret-shaped text stays so when it is encoded; certificates and other harmless base64 are left alone. */
function maskEncoded(text: string, depth: number): string {
  if (depth >= MAX_DECODE) return text
  return text.replace(ENCODED, (run) => {
    if (hidesSecret(run.replace(/\\n|\s/g, ''), depth)) return mask('base64 secret')
    // lines that only happened to stand together
    return /\s|\\n/.test(run)
      ? run.replace(/[A-Za-z0-9+/_-]{20,}={0,2}/g, (line) => (hidesSecret(line, depth) ? mask('base64 secret') : line))
      : run
  })
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
