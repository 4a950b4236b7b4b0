// kubectl's JSONPath templates: `{range .items[*]}{.metadata.name}{"\n"}{end}`. Bounded: a template cannot make the process work for long.
import { UsageError } from '../../core/errors.ts'

type Step =
  | { type: 'field'; names: string[] }
  | { type: 'index'; indexes: number[] }
  | { type: 'slice'; from: number | undefined; to: number | undefined; step: number }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'filter'; left: Operand; operator: string; right: Operand | undefined }
type Operand = { path: Path } | { value: unknown }
interface Path {
  /** `$`: from the top, `@` or nothing: from here */
  root: boolean
  steps: Step[]
}
type Node = { type: 'text'; text: string } | { type: 'path'; path: Path } | { type: 'range'; path: Path; body: Node[] }

const MAX_TEMPLATE = 4096
const MAX_VISITS = 500_000
const MAX_OUTPUT = 4 * 1024 * 1024

export type Template = (root: unknown) => string

/** Throws a UsageError of one sentence for what is no template. */
export function compileTemplate(template: string): Template {
  if (template.length > MAX_TEMPLATE)
    throw new UsageError(`The JSONPath template is longer than ${MAX_TEMPLATE} characters.`)
  const nodes = parseTemplate(template.includes('{') ? template : `{${template}}`)
  return (root) => {
    const run: Run = { root, visits: 0, size: 0 }
    return renderNodes(nodes, root, run)
  }
}

/** One expression as --sort-by and custom-columns take it: `.a.b`, `a.b` and `{.a.b}` mean the same. */
export function compilePath(expression: string): (root: unknown) => unknown[] {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(expression)?.[1] ?? expression
  if (inner.length > MAX_TEMPLATE || inner.includes('{')) throw bad(expression)
  const scanner = { text: /^[.[$@]/.test(inner.trim()) ? inner.trim() : `.${inner.trim()}`, at: 0 }
  const path = parsePath(scanner)
  if (scanner.at < scanner.text.length) throw bad(expression)
  return (root) => walk(path, root, { root, visits: 0, size: 0 })
}

interface Run {
  root: unknown
  visits: number
  size: number
}

function renderNodes(nodes: Node[], here: unknown, run: Run): string {
  let text = ''
  for (const node of nodes) {
    if (run.size > MAX_OUTPUT) break
    const piece = renderNode(node, here, run)
    if (node.type !== 'range') run.size += piece.length
    text += piece
  }
  return text
}

function renderNode(node: Node, here: unknown, run: Run): string {
  if (node.type === 'text') return node.text
  const found = walk(node.path, here, run)
  if (node.type === 'path') return found.map(printValue).join(' ')
  return found.map((item) => renderNodes(node.body, item, run)).join('')
}

export function printValue(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

function walk(path: Path, here: unknown, run: Run): unknown[] {
  let values: unknown[] = [path.root ? run.root : here]
  for (const step of path.steps) {
    const next: unknown[] = []
    for (const value of values) {
      for (const found of applyStep(step, value, run)) {
        if (++run.visits > MAX_VISITS) throw new UsageError('The JSONPath template visits too many values.')
        next.push(found)
      }
    }
    values = next
  }
  return values
}

function applyStep(step: Step, value: unknown, run: Run): unknown[] {
  if (value === null || typeof value !== 'object') return []
  switch (step.type) {
    case 'field':
      return step.names.flatMap((name) =>
        Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [],
      )
    case 'index':
      return Array.isArray(value)
        ? step.indexes.flatMap((index) => (Math.abs(index) <= value.length ? value.slice(index).slice(0, 1) : []))
        : []
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0) : []
    case 'wildcard':
      return Object.values(value)
    case 'recursive':
      return descendants(value, run)
    case 'filter':
      return (Array.isArray(value) ? value : Object.values(value)).filter((item) => matches(step, item, run))
  }
}

function descendants(value: object, run: Run): unknown[] {
  const found: unknown[] = []
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.shift()
    found.push(next)
    if (++run.visits > MAX_VISITS) throw new UsageError('The JSONPath template visits too many values.')
    if (next !== null && typeof next === 'object')
      open.push(...Object.values(next).filter((item) => typeof item === 'object' && item !== null))
  }
  return found
}

function matches(step: Extract<Step, { type: 'filter' }>, item: unknown, run: Run): boolean {
  const left = operandValues(step.left, item, run)
  if (step.right === undefined) return left.length > 0
  const [a] = left
  const [b] = operandValues(step.right, item, run)
  if (step.operator === '==') return same(a, b)
  if (step.operator === '!=') return a !== undefined && !same(a, b)
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const [x, y] = [a, b as typeof a]
  if (step.operator === '<') return x < y
  if (step.operator === '>') return x > y
  return step.operator === '<=' ? x <= y : x >= y
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && String(a as string) === String(b as string))
}

function operandValues(operand: Operand, item: unknown, run: Run): unknown[] {
  return 'value' in operand ? [operand.value] : walk(operand.path, item, run)
}

// ---- parsing

interface Scanner {
  text: string
  at: number
}

function parseTemplate(template: string): Node[] {
  const top: Node[] = []
  const open: Node[][] = [top]
  let at = 0
  while (at < template.length) {
    const start = template.indexOf('{', at)
    const body = open.at(-1) ?? top
    if (start !== at) body.push({ type: 'text', text: template.slice(at, start < 0 ? undefined : start) })
    if (start < 0) break
    const end = closing(template, start)
    const action = template.slice(start + 1, end).trim()
    at = end + 1
    if (action === 'end') {
      if (open.length === 1) throw new UsageError('The JSONPath template has an {end} without {range}.')
      open.pop()
      continue
    }
    const range = /^range\s+(.*)$/s.exec(action)
    if (!range) {
      body.push(...parseAction(action))
      continue
    }
    const node: Node = { type: 'range', path: wholePath(range[1] ?? ''), body: [] }
    body.push(node)
    open.push(node.body)
    if (open.length > 20) throw new UsageError('The JSONPath template nests more than 20 ranges.')
  }
  if (open.length > 1) throw new UsageError('The JSONPath template has a {range} without {end}.')
  return top
}

/** The `}` that closes an action, past quotes and brackets. */
function closing(template: string, start: number): number {
  let quote = ''
  for (let at = start + 1; at < template.length; at++) {
    const char = template[at] ?? ''
    if (char === '\\') at++
    else if (quote) quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '}') return at
  }
  throw new UsageError('The JSONPath template has a { without }.')
}

function parseAction(action: string): Node[] {
  const scanner: Scanner = { text: action, at: 0 }
  const nodes: Node[] = []
  while (scanner.at < action.length) {
    const char = action[scanner.at] ?? ''
    if (/\s/.test(char)) scanner.at++
    else if (char === '"' || char === "'") nodes.push({ type: 'text', text: quoted(scanner) })
    else nodes.push({ type: 'path', path: parsePath(scanner) })
  }
  return nodes
}

function wholePath(text: string): Path {
  const scanner: Scanner = { text: text.trim(), at: 0 }
  const path = parsePath(scanner)
  if (scanner.at < scanner.text.length) throw bad(text)
  return path
}

function parsePath(scanner: Scanner): Path {
  const first = scanner.text[scanner.at]
  const path: Path = { root: first === '$', steps: [] }
  if (first === '$' || first === '@') scanner.at++
  else if (first !== '.' && first !== '[') throw bad(scanner.text)
  while (scanner.at < scanner.text.length) {
    const char = scanner.text[scanner.at]
    if (char === '.') parseDot(scanner, path)
    else if (char === '[') path.steps.push(parseBracket(scanner))
    else break
  }
  return path
}

function parseDot(scanner: Scanner, path: Path): void {
  scanner.at++
  if (scanner.text[scanner.at] === '.') {
    scanner.at++
    path.steps.push({ type: 'recursive' })
  }
  if (scanner.text[scanner.at] === '*') {
    scanner.at++
    path.steps.push({ type: 'wildcard' })
    return
  }
  const name = fieldName(scanner)
  if (name !== '') path.steps.push({ type: 'field', names: [name] })
}

function fieldName(scanner: Scanner): string {
  let name = ''
  while (scanner.at < scanner.text.length) {
    const char = scanner.text[scanner.at] ?? ''
    if (char === '\\') {
      name += scanner.text[scanner.at + 1] ?? ''
      scanner.at += 2
      continue
    }
    if (/[.[\]\s=<>!()'"]/.test(char)) break
    name += char
    scanner.at++
  }
  return name
}

function parseBracket(scanner: Scanner): Step {
  scanner.at++
  const char = scanner.text[scanner.at]
  if (char === '?') return parseFilter(scanner)
  if (char === "'" || char === '"') {
    const names = [quoted(scanner)]
    while (scanner.text[scanner.at] === ',') {
      scanner.at++
      skipSpace(scanner)
      names.push(quoted(scanner))
    }
    expect(scanner, ']')
    return { type: 'field', names }
  }
  const end = scanner.text.indexOf(']', scanner.at)
  if (end < 0) throw bad(scanner.text)
  const inside = scanner.text.slice(scanner.at, end).trim()
  scanner.at = end + 1
  if (inside === '*') return { type: 'wildcard' }
  if (/^-?\d{1,9}(\s*,\s*-?\d{1,9})*$/.test(inside)) return { type: 'index', indexes: inside.split(',').map(Number) }
  const slice = /^(-?\d{0,9}):(-?\d{0,9})(?::(\d{1,9}))?$/.exec(inside)
  if (!slice) throw bad(scanner.text)
  const [from, to] = [slice[1], slice[2]].map((part) => (part ? Number(part) : undefined))
  return { type: 'slice', from, to, step: Math.max(1, Number(slice[3] ?? 1)) }
}

function parseFilter(scanner: Scanner): Step {
  scanner.at++
  expect(scanner, '(')
  const left = parseOperand(scanner)
  skipSpace(scanner)
  const operator = /^(==|!=|<=|>=|<|>)/.exec(scanner.text.slice(scanner.at, scanner.at + 2))?.[1] ?? ''
  scanner.at += operator.length
  const right = operator ? parseOperand(scanner) : undefined
  skipSpace(scanner)
  expect(scanner, ')')
  skipSpace(scanner)
  expect(scanner, ']')
  return { type: 'filter', left, operator, right }
}

function parseOperand(scanner: Scanner): Operand {
  skipSpace(scanner)
  const char = scanner.text[scanner.at] ?? ''
  if (char === '"' || char === "'") return { value: quoted(scanner) }
  if (char === '@' || char === '$' || char === '.') return { path: parsePath(scanner) }
  const literal = /^(-?\d{1,15}(?:\.\d{1,15})?|true|false)/.exec(scanner.text.slice(scanner.at, scanner.at + 40))?.[1]
  if (literal === undefined) throw bad(scanner.text)
  scanner.at += literal.length
  return { value: JSON.parse(literal) as unknown }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r' }

function quoted(scanner: Scanner): string {
  const quote = scanner.text[scanner.at]
  if (quote !== '"' && quote !== "'") throw bad(scanner.text)
  let text = ''
  for (scanner.at++; scanner.at < scanner.text.length; scanner.at++) {
    const char = scanner.text[scanner.at] ?? ''
    if (char === quote) {
      scanner.at++
      return text
    }
    if (char === '\\') {
      const next = scanner.text[++scanner.at] ?? ''
      text += Object.hasOwn(ESCAPES, next) ? ESCAPES[next] : next
    } else text += char
  }
  throw bad(scanner.text)
}

function skipSpace(scanner: Scanner): void {
  while (/\s/.test(scanner.text[scanner.at] ?? '')) scanner.at++
}

function expect(scanner: Scanner, char: string): void {
  if (scanner.text[scanner.at] !== char) throw bad(scanner.text)
  scanner.at++
}

function bad(text: string): UsageError {
  return new UsageError(`"${text.slice(0, 80)}" is no JSONPath expression as kubectl knows it.`)
}
