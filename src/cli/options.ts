// Reading the options of a command: node:util's parser, strict, with the command's own usage text on --help.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from '../core/errors.ts'
import type { Io } from './io.ts'

export interface Parsed {
  values: Record<string, string | boolean | string[] | undefined>
  positionals: string[]
}

/** Undefined when --help was asked for and printed. */
export function readOptions(
  args: string[],
  options: ParseArgsOptionsConfig,
  usage: string,
  io: Io,
): Parsed | undefined {
  const { values, positionals } = parseArgs({
    args,
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: true,
  })
  if (values.help) {
    io.out(usage)
    return undefined
  }
  return { values: values as Parsed['values'], positionals }
}

export function text(parsed: Parsed, name: string): string | undefined {
  const value = parsed.values[name]
  return typeof value === 'string' ? value : undefined
}

/** `--from a b c` and `--from a --from b`: the parser takes one value each, the rest are positionals. */
export function texts(parsed: Parsed, name: string): string[] {
  const value = parsed.values[name]
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
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
