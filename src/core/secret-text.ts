// Secrets that what stands around them gives away: key blocks, Secret objects, URLs, tokens, headers, commands.
import { Buffer } from 'node:buffer'
import { isSecretValue, secretKind } from './secret-keys.ts'
import { mask } from './secret-shapes.ts'

// ── private keys ────────────────────────────────────────────────────────────────────────────────────────────────────

const KEY_BLOCK = /-{4,5} ?(BEGIN|END) (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g
/** what the inside of a key looks like when its end was cut off: base64, line ends (also as `\n`), armour headers */
const KEY_BODY =
  /(?:[A-Za-z0-9+/=]{16,}|\\[nrt]|[\s"'|>,]|(?:Proc-Type|DEK-Info|Version|Comment)[^\n\\]{0,200}|[A-Za-z0-9+/=]{1,15}(?=\s|\\n|["']|$))*/y

export function maskPrivateKeys(text: string): string {
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

export function maskSecretDocuments(text: string): string {
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
export function maskUserinfo(text: string): string {
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
export function maskJwts(text: string): string {
  if (!text.includes('ey')) return text
  return text.replace(/(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{20,}/g, (run) => {
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
export function maskAwsSecrets(text: string): string {
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

export function maskHeaders(text: string): string {
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
export function isUserPassword(value: string): boolean {
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
/** `user "shop" password "x"` */
const QUOTED_PASSWORD = /(\b(?:password|passwd|passphrase)[ \t]{1,4}")([^"\n]{1,256})(?=")/gi
const API_KEY = /(\b(?:api|access|secret|private|auth)[ -]key["']?[ \t]{0,8}[:=][ \t]{0,8}["']?)([^\s"']{1,4096})/gi
const PASSWORD_IS = /(\b(?:password|passphrase|passwd)\s{1,4}(?:is|was)\s{1,4}["']?)([^\s"']{1,256})/gi
const ARGUMENT =
  /(--?[A-Za-z][\w.-]{1,64})(["'],?\s{0,32}(?:-\s{1,4})?["']|\s{1,4}["']?|\s{0,16}\n\s{0,32}-\s{1,4}["']?)([^\s"'\\-][^\s"'\\]{0,4096})/g
const ELEMENT = /(<([A-Za-z][\w.:-]{1,64})>)([^<>]{1,4096})(?=<\/)/g

export function maskCommands(text: string): string {
  let out = text
  for (const [hint, pattern] of COMMANDS) {
    if (out.includes(hint))
      out = out.replace(pattern, (all, head: string, value: string) =>
        value.startsWith('[redacted') ? all : head + mask('password'),
      )
  }
  if (/password|passwd|passphrase|identified/i.test(out)) {
    out = out.replace(SQL_PASSWORD, `$1'${mask('password')}'`)
    out = out.replace(QUOTED_PASSWORD, (all, head: string, value: string) =>
      isSecretValue('password', value) ? head + mask('password') : all,
    )
    out = out.replace(PASSWORD_IS, (all, head: string, value: string) =>
      isSecretValue('password', value, true) ? head + mask('password') : all,
    )
  }
  if (/[ -]key/i.test(out)) {
    out = out.replace(API_KEY, (all, head: string, value: string) =>
      isSecretValue('key', value, true) ? head + mask('key') : all,
    )
  }
  if (out.includes('--')) {
    out = out.replace(ARGUMENT, (all, flag: string, gap: string, value: string) => {
      const kind = flag.startsWith('--') ? secretKind(flag) : undefined
      // `use --token to sign in` is a sentence; an array of arguments is not
      const quoted = /["']|\n/.test(gap)
      if (value.startsWith('[redacted')) return all
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
