// Secrets that their names give away: `password=…`, `"token": …`, `- name: DB_PASSWORD`, in all the spellings that logs and manifests have.
import { isSecretValue, namesSecretObject, secretKind } from './secret-keys.ts'
import { mask } from './secret-shapes.ts'
import { isUserPassword } from './secret-text.ts'

// ── name and value pairs ────────────────────────────────────────────────────────────────────────────────────────────

/** `- name: DB_PASSWORD` + `value: x`, the same as JSON (escaped, too) and as Go prints it: `{Name:DB_PASSWORD Value:x ValueFrom:nil}`. */
const NAMED_VALUE =
  /((?<![A-Za-z])(?:name|key)\\{0,8}["']?\s{0,16}[:=]\s{0,16}\\{0,8}["']?)([A-Za-z_][\w.-]{0,127})(\\{0,8}["']?\s{0,64},?\s{0,64}\\{0,8}["']?value\\{0,8}["']?\s{0,16}[:=][ \t]{0,16})(\\{0,8}"(?:[^"\\]|\\+[^"\\])*\\{0,8}"?|'[^'\n]*'?|\S[^\n,}]*)/gi

/** The same pair with its value first, as JSON in another order has it. */
const VALUE_FIRST =
  /((?<![A-Za-z])value\\{0,8}["']?[ \t]{0,16}:[ \t]{0,16}\\{0,8}["']?)([^\s"'\\,{}[\]][^"'\\\n]{0,4096})(\\{0,8}["']?\s{0,64},?\s{0,64}\\{0,8}["']?name\\{0,8}["']?[ \t]{0,16}:[ \t]{0,16}\\{0,8}["']?)([A-Za-z_][\w.-]{0,127})/gi

function maskValueFirst(text: string): string {
  return text.replace(VALUE_FIRST, (all, head: string, value: string, between: string, name: string) => {
    const kind = secretKind(name)
    return kind && isSecretValue(kind, value.trim()) ? head + mask(kind) + between + name : all
  })
}

export function maskNamedValues(text: string): string {
  if (!/value/i.test(text)) return text
  return maskValueFirst(text).replace(
    NAMED_VALUE,
    (all, head: string, name: string, between: string, value: string) => {
      const kind = secretKind(name)
      if (!kind) return all
      const quote = /^\\{0,8}["']/.exec(value)?.[0] ?? ''
      const rest = /^(.*?)(\s+ValueFrom:.*)?$/s.exec(value) ?? [value, value, '']
      const bare =
        quote === '' ? (rest[1] ?? value) : value.slice(quote.length, value.endsWith(quote) ? -quote.length : undefined)
      if (bare === '' || !isSecretValue(kind, bare.trim())) return all
      return `${head}${name}${between}${quote}${mask(kind)}${quote}${quote === '' ? (rest[2] ?? '') : ''}`
    },
  )
}

// ── key = value, in all its spellings ───────────────────────────────────────────────────────────────────────────────

const KEYWORD = /pass|pwd|pw\b|secret|token|key|cred|auth|psk|connectionstring/gi
const SEPARATOR = /(\\{0,8}["'`]\]?|\])?([ \t]{0,64})(=>|->|:=|={1,3}|:|%3[aAdD])([ \t]{0,64})/y
const KEY_CHARACTER = /[\w.-]/
const KEY_SIDE = 64

export function maskFields(text: string): string {
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
  if (value.text === '') return false
  if (namesSecretObject(name, value.text)) return false
  return isSecretValue(kind, value.text, value.prose)
}

function bareValue(text: string, at: number): string {
  return /[A-Za-z0-9+/=_-]+/y.exec(text.slice(at, at + 4200).replace(/^[\s\\"']{1,16}/, ''))?.[0] ?? ''
}

/** a mask that stands there already is read with what follows it, so that nothing hides behind one */
const BARE = /(?:\[redacted[^\]\n]{0,60}\])?[^\s"'`<>\\]*/y

function readValue(
  text: string,
  at: number,
  key: { start: number; quotedKey: boolean; colon: boolean; spaced: boolean },
): Value | undefined {
  const plain = { before: '', after: '', prose: false }
  const gap = key.quotedKey ? (/\s{0,64}/y.exec(text.slice(at, at + 64))?.[0].length ?? 0) : 0
  const from = at + gap
  const quote = /^(?:b|u|r)?(\\{0,8}["'`])/.exec(text.slice(from, from + 12))
  // `password=` in a text that quotes code: that mark closes, it opens nothing
  if (quote?.[1] === '`' && text[key.start - 1] === '`') return undefined
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
