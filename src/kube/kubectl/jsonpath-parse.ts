// The grammar of kubectl's JSONPath: text → template or path. Linear in the length of the text.
import { UsageError } from '../../core/errors.ts'

export type Step =
  | { type: 'field'; names: string[] }
  | { type: 'index'; indexes: number[] }
  | { type: 'slice'; from: number | undefined; to: number | undefined; step: number }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'filter'; left: Operand; operator: string; right: Operand | undefined }
export type Operand = { path: Path } | { value: unknown }
export interface Path {
  /** `$`: from the top, `@` or nothing: from here */
  root: boolean
  steps: Step[]
}
export type Node =
  | { type: 'text'; text: string }
  | { type: 'path'; path: Path }
  | { type: 'range'; path: Path; body: Node[] }

interface Scanner {
  text: string
  at: number
}

export function parseTemplate(template: string): Node[] {
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

/** One expression and nothing behind it. */
export function wholePath(text: string): Path {
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

export function bad(text: string): UsageError {
  return new UsageError(`"${text.slice(0, 80)}" is no JSONPath expression as kubectl knows it.`)
}
