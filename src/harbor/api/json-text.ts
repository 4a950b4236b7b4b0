// What JSON.parse does not tell: where and why Go's parser would stop, and which keys appear twice.
import type { Json } from '../plain.ts'

const END = 'unexpected end of JSON input'
const MAX_DUPLICATES = 10
const [QUOTE, COMMA, BRACE, BRACE_END, BRACKET, BRACKET_END] = Array.from('",{}[]', (char) => char.charCodeAt(0))

/** The value of a JSON text, or the fault in Go's words. */
export function parseJson(text: string): { value?: Json; fault?: string } {
  if (isTooDeep(text)) return { fault: 'exceeded max depth' }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const message = (error as Error).message
    if (/Unexpected end|Unterminated string/.test(message)) return { fault: END }
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? 0)
    const char = text[position] ?? ''
    if (char === '') return { fault: END }
    return { fault: `invalid character '${char}' looking for beginning of value` }
  }
}

// Go's parser stops at 10,000 levels; what is read here is walked by recursion, which stops sooner
const MAX_DEPTH = 1000

function isTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === BRACE || code === BRACKET) depth++
    else if (code === BRACE_END || code === BRACKET_END) depth--
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** Paths of keys that appear twice in one object of a valid JSON text, in order. */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  const stack: { path: string; keys: Set<string> | undefined; index: number }[] = []
  let key = ''
  let expectKey = false
  const pathOf = () => {
    const top = stack.at(-1)
    if (!top) return ''
    if (!top.keys) return `${top.path}[${top.index}]`
    return top.path ? `${top.path}.${key}` : key
  }
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at)
        const keys = expectKey ? stack.at(-1)?.keys : undefined
        if (keys) {
          key = text.slice(at + 1, end)
          if (key.includes('\\')) key = String(JSON.parse(text.slice(at, end + 1)))
          if (keys.has(key) && found.length < MAX_DUPLICATES) found.push(pathOf())
          keys.add(key)
          expectKey = false
        }
        at = end
        break
      }
      case BRACE:
      case BRACKET:
        expectKey = text.charCodeAt(at) === BRACE
        stack.push({ path: pathOf(), keys: expectKey ? new Set() : undefined, index: 0 })
        break
      case BRACE_END:
      case BRACKET_END:
        stack.pop()
        expectKey = false
        break
      case COMMA: {
        const top = stack.at(-1)
        if (top?.keys) expectKey = true
        else if (top) top.index++
        break
      }
    }
  }
  return [...new Set(found)]
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  // a quote behind an odd number of backslashes belongs to the string
  while (end !== -1 && backslashesBefore(text, end) % 2 === 1) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end
}

function backslashesBefore(text: string, end: number): number {
  let count = 0
  while (text[end - 1 - count] === '\\') count++
  return count
}
