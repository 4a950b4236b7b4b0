// kubectl's JSONPath templates: `{range .items[*]}{.metadata.name}{"\n"}{end}`. Bounded: a template cannot make the process work for long.
import { UsageError } from '../../core/errors.ts'
import { bad, type Node, type Operand, type Path, parseTemplate, type Step, wholePath } from './jsonpath-parse.ts'

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
  if (expression.length > MAX_TEMPLATE) throw bad(expression)
  const outer = expression.trim()
  const text = outer.startsWith('{') && outer.endsWith('}') ? outer.slice(1, -1).trim() : outer
  const path = wholePath(/^[.[$@]/.test(text) ? text : `.${text}`)
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
    text += renderNode(node, here, run)
  }
  return text
}

function renderNode(node: Node, here: unknown, run: Run): string {
  if (node.type === 'text') return counted(node.text, run)
  const found = walk(node.path, here, run)
  let text = ''
  for (const [index, item] of found.entries()) {
    if (run.size > MAX_OUTPUT) break
    if (node.type === 'range') text += renderNodes(node.body, item, run)
    else text += counted(`${index > 0 ? ' ' : ''}${printValue(item)}`, run)
  }
  return text
}

function counted(text: string, run: Run): string {
  run.size += text.length
  return text
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
      return step.names.flatMap((name) => fieldOf(value, name))
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

/** A key, or the path that a quoted union may hold: `['metadata.name','status.phase']`. */
function fieldOf(value: object, name: string): unknown[] {
  if (Array.isArray(value)) return []
  if (Object.hasOwn(value, name)) return [(value as Record<string, unknown>)[name]]
  let found: unknown = name.includes('.') ? value : undefined
  for (const part of name.split('.')) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, part)) return []
    found = (found as Record<string, unknown>)[part]
  }
  return [found]
}

/** The value and everything inside it that can have fields, each before what it holds. */
function descendants(value: object, run: Run): unknown[] {
  const found: unknown[] = []
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (next === null || typeof next !== 'object') continue
    if (++run.visits > MAX_VISITS) throw new UsageError('The JSONPath template visits too many values.')
    found.push(next)
    open.push(...Object.values(next).reverse())
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
