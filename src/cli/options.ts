// Reading the options of a command: node:util's parser, strict, with the command's own usage text on --help.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from '../core/errors.ts'
import type { Io } from './io.ts'

export interface Parsed {
  values: Record<string, string | boolean | string[] | undefined>
  positionals: string[]
}

/**
 * Undefined when --help was asked for and printed. `words` is how many words the command takes beside its options, or the option whose
 * further values they are (`--from a b`). Throws a UsageError of one sentence.
 */
export function readOptions(
  args: string[],
  options: ParseArgsOptionsConfig,
  usage: string,
  io: Io,
  words: number | string = 0,
): Parsed | undefined {
  const all: ParseArgsOptionsConfig = { ...options, help: { type: 'boolean', short: 'h' } }
  const { values, positionals } = parse(args, all)
  if (values.help) {
    io.out(usage)
    return undefined
  }
  const most = typeof words === 'number' ? words : values[words] === undefined ? 0 : Number.POSITIVE_INFINITY
  const [tooMany] = positionals.slice(most)
  if (tooMany !== undefined)
    throw new UsageError(
      `"${tooMany}" is a word too many; ${/firstmate \S+/.exec(usage)?.[0]} --help tells what may follow.`,
    )
  return { values: values as Parsed['values'], positionals }
}

/** node:util's parser, with sentences of ours: its own speak of "positional arguments", and do not say what is allowed. */
function parse(args: string[], options: ParseArgsOptionsConfig): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const name = /--?[^\s',]+(?=[ '])/.exec(message.replace(/'-\w, /, "'"))?.[0] ?? 'an option'
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const allowed = Object.entries(options).map(([long, { short }]) => `${short ? `-${short}, ` : ''}--${long}`)
      throw new UsageError(`There is no option ${name} here; allowed are ${allowed.join(', ')}.`)
    }
    throw new UsageError(
      message.includes('does not take')
        ? `${name} takes no value.`
        : `${name} needs a value; one that begins with a dash is written ${name}=-…`,
    )
  }
}

export function text(parsed: Parsed, name: string): string | undefined {
  const value = parsed.values[name]
  return typeof value === 'string' ? value : undefined
}

export function texts(parsed: Parsed, name: string): string[] {
  const value = parsed.values[name]
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
}

/** `--from a b c` and `--from a --from b`: the parser takes one value each, the rest are words. */
export function files(parsed: Parsed, name: string): string[] {
  return [...texts(parsed, name), ...parsed.positionals]
}

export function oneOf<T extends string>(
  value: string | undefined,
  allowed: readonly T[],
  name: string,
  fallback: T,
): T {
  if (value === undefined) return fallback
  if ((allowed as readonly string[]).includes(value)) return value as T
  throw new UsageError(`--${name} is "${value}"; allowed are ${allowed.join(', ')}.`)
}
