// Words → flags and arguments, as spf13/pflag reads them: `--flag=value`, `--flag value`, `-nshop`, `-n=shop`, `-it`, `--`.
import type { FlagSpec, FlagTable } from './grammar-flags.ts'

export interface ReadFlags {
  args: string[]
  /** behind `--` */
  rest: string[]
  flags: Map<string, string[]>
  /** the first thing the table does not know */
  unknown?: string
  /** the first thing that is never taken */
  denied?: string
}

/** Flags whose value is free text: any printable character may be in it. Every other value is ASCII. */
const FREE_TEXT = new Set(
  'patch overrides template output env from-literal set set-string set-json set-literal description for jsonpath'.split(
    ' ',
  ),
)
const ASCII = /^[\x20-\x7e]*$/
// Go's strconv.ParseBool
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])
const DURATION = /^[-+]?(?:0|(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/

export function readFlags(words: readonly string[], table: FlagTable, program: string): ReadFlags {
  const read: ReadFlags = { args: [], rest: [], flags: new Map() }
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') {
      read.rest = words.slice(index + 1)
      break
    }
    if (!word.startsWith('-') || word === '-') {
      read.args.push(word)
    } else if (word.startsWith('--')) {
      index += readLong(word, words[index + 1], table, program, read)
    } else {
      index += readShort(word, words[index + 1], table, read)
    }
  }
  return read
}

/** The number of further words taken. */
function readLong(word: string, next: string | undefined, table: FlagTable, program: string, read: ReadFlags): number {
  const equal = word.indexOf('=')
  const written = equal < 0 ? word.slice(2) : word.slice(2, equal)
  const name = program === 'kubectl' ? written.replaceAll('_', '-') : written
  const value = equal < 0 ? undefined : word.slice(equal + 1)
  const spec = table.long.get(name)
  if (spec) return take(spec, value, next, read)
  if (!/^[a-zA-Z][\w.-]*$/.test(name)) deny(read, `"${clip(word)}" is no flag`)
  unknown(read, `the flag --${clip(name)} is not known here`)
  keep(read, name, value ?? 'true')
  return 0
}

function readShort(word: string, next: string | undefined, table: FlagTable, read: ReadFlags): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ''
    const spec = table.short.get(letter)
    if (!spec) {
      if (!/[A-Za-z]/.test(letter)) deny(read, `"${clip(word)}" is no flag`)
      unknown(read, `the flag -${letter} is not known here`)
      // what the letter means everywhere else must not be lost on a judge
      if (letter === 'A') keep(read, 'all-namespaces', 'true')
      return 0
    }
    const tail = word.slice(at + 1)
    if (tail.startsWith('=')) return take(spec, tail.slice(1), next, read)
    if (spec.type === 'boolean') {
      take(spec, undefined, undefined, read)
      continue
    }
    return take(spec, tail === '' ? undefined : tail, next, read)
  }
  return 0
}

function take(spec: FlagSpec, attached: string | undefined, next: string | undefined, read: ReadFlags): number {
  const { long, type } = spec
  if (type === 'boolean') {
    const text = attached ?? 'true'
    if (!TRUE.has(text) && !FALSE.has(text)) unknown(read, `--${long} takes true or false`)
    keepOnce(read, long, TRUE.has(text) ? 'true' : 'false')
    return 0
  }
  if (type === 'optional') {
    keepOnce(read, long, attached ?? '')
    return 0
  }
  const value = attached ?? next
  if (value === undefined) {
    unknown(read, `--${long} needs a value`)
    // that it is there at all must not be lost on a judge
    keep(read, long, '')
    return 0
  }
  const numeric = type === 'integer' || type === 'duration'
  if (attached === undefined && !numeric && value.startsWith('-') && value !== '-') {
    deny(read, `--${long} is followed by "${clip(value)}", which looks like a flag and is no value`)
  }
  if (!FREE_TEXT.has(long) && !ASCII.test(value)) deny(read, `--${long} holds characters outside ASCII`)
  if (type === 'integer' && parseGoInt(value) === undefined) unknown(read, `--${long} takes a whole number`)
  if (type === 'duration' && !DURATION.test(value)) unknown(read, `--${long} takes a duration such as 30s`)
  if (type === 'list') keep(read, long, value)
  else keepOnce(read, long, value)
  return attached === undefined ? 1 : 0
}

function keep(read: ReadFlags, name: string, value: string): void {
  const values = read.flags.get(name)
  if (values) values.push(value)
  else read.flags.set(name, [value])
}

function keepOnce(read: ReadFlags, name: string, value: string): void {
  if (read.flags.has(name)) deny(read, `--${name} is given twice; which one counts must not be a guess`)
  keep(read, name, value)
}

function deny(read: ReadFlags, reason: string): void {
  read.denied ??= reason
}

function unknown(read: ReadFlags, reason: string): void {
  read.unknown ??= reason
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Go's strconv.ParseInt(text, 0, 32): `5`, `-0`, `+3`, `0x5`, `0b0`, `0o7`, `017`, `1_000`; undefined when it is none. */
export function parseGoInt(text: string): number | undefined {
  const match = /^([-+]?)(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][\d_]*)$/.exec(text)
  if (!match || /__|_$/.test(text)) return undefined
  const digits = (match[2] ?? '').replaceAll('_', '')
  const octal = /^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits
  const value = Number(octal)
  if (!Number.isSafeInteger(value) || value > 2 ** 31 - 1) return undefined
  return match[1] === '-' && value !== 0 ? -value : value
}
