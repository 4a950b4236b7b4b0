// The rules of a custom kind (x-kubernetes-validations): compiled once each, evaluated within bounds. The library knows standard CEL;
// what Kubernetes adds to it (isURL, quantity, find, authorizer …) it does not, and such rules are not evaluated.
import { Environment } from '@marcbachmann/cel-js'
import { messageOf } from '../../core/errors.ts'
import { isMap, type Json, own, put } from '../plain.ts'

export interface Rule {
  rule: string
  message?: string
  messageExpression?: string
  reason?: string
  fieldPath?: string
}

export type Outcome = { holds: true } | { holds: false; fault: string | undefined; message: string }

const MAX_RULE = 8192
const LIMITS = { maxAstNodes: 2000, maxDepth: 60 }
const HOLDS: Outcome = { holds: true }

type Program = (context: Record<string, unknown>) => unknown

function environment(): Environment {
  return new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false })
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn')
}

/** What a definition is refused for; undefined: nothing. A function that is not known here is no fault. */
export function faultOf(rule: string): string | undefined {
  if (rule.length > MAX_RULE) return `rule length ${rule.length} exceeds the maximum of ${MAX_RULE}`
  const made = environment()
  try {
    made.parse(rule)
  } catch (error) {
    return `compilation failed: ERROR: <input>: Syntax error: ${firstLine(error)}`
  }
  const { valid, type } = made.check(rule)
  return valid && type !== 'bool' && type !== 'dyn' ? 'cel expression must evaluate to a bool' : undefined
}

const programs = new Map<string, Program | undefined>()
const MAX_PROGRAMS = 2000

function programOf(rule: string): Program | undefined {
  if (programs.has(rule)) return programs.get(rule)
  if (programs.size >= MAX_PROGRAMS) programs.clear()
  const program = compile(rule)
  programs.set(rule, program)
  return program
}

function compile(rule: string): Program | undefined {
  if (rule.length > MAX_RULE || hasDangerousPattern(rule)) return undefined
  const made = environment()
  return made.check(rule).valid ? made.parse(rule) : undefined
}

// patterns are matched by backtracking here: only literal ones without nested repeats are
const MATCHES = /\bmatches\s*\(/g
const LITERAL = /\bmatches\s*\(\s*r?(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")\s*\)/g
export const NESTED_REPEAT = /[*+}][^()]*\)[*+{?]|\)[*+{][^()]*\)[*+{]|\|[^()]*\)[*+{]|\\\d/
const MAX_PATTERN = 500

function hasDangerousPattern(rule: string): boolean {
  const literals = [...rule.matchAll(LITERAL)].map(([, single, double]) => single ?? double ?? '')
  if (literals.length !== [...rule.matchAll(MATCHES)].length) return true
  return literals.some((pattern) => pattern.length > MAX_PATTERN || NESTED_REPEAT.test(pattern))
}

/** `self` and `old` are JSON that fits the schema; `old` is absent when the object is new. */
export function evaluate(rule: Rule, schema: Json, self: Json, old: Json): Outcome {
  const program = programOf(rule.rule)
  if (!program) return HOLDS
  const context = { self: celOf(self, schema), ...(old === undefined ? {} : { oldSelf: celOf(old, schema) }) }
  try {
    if (program(context) !== false) return HOLDS
  } catch (error) {
    return { holds: false, fault: firstLine(error), message: '' }
  }
  return { holds: false, fault: undefined, message: said(rule, context) }
}

function said(rule: Rule, context: Record<string, unknown>): string {
  const program = rule.messageExpression ? programOf(rule.messageExpression) : undefined
  try {
    const text = program?.(context)
    if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text
  } catch {
    // the fixed message stands in for an expression that fails
  }
  return messageOfRule(rule)
}

function messageOfRule({ rule, message }: Rule): string {
  return message?.trim() || `failed rule: ${rule.trim()}`
}

// "No such key: mode" and the place in the rule → "no such key: mode"
function firstLine(error: unknown): string {
  const text = messageOf(error).split('\n')[0] ?? ''
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** JSON as CEL sees it: integers are BigInts, times are times, names that are no identifiers are escaped, null is absent. */
function celOf(value: Json, schema: Json): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value
  if (typeof value === 'string') return schema?.format === 'date-time' ? timeOf(value) : value
  if (Array.isArray(value)) return value.map((item) => celOf(item, schema?.items))
  if (!isMap(value)) return value
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (value[key] === null) continue
    const known = own(schema?.properties, key)
    put(result, known ? escaped(key) : key, celOf(value[key], known ?? schema?.additionalProperties))
  }
  return result
}

function timeOf(text: string): unknown {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? text : at
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

function escaped(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__')
}
