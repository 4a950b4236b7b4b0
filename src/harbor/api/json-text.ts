// What JSON.parse does not tell: where and why Go's parser would stop, and which keys appear twice.
import type { Json } from '../plain.ts'

const END = 'unexpected end of JSON input'
const MAX_DUPLICATES = 10

/** The value of a JSON text, or the fault in Go's words. */
export function parseJson(text: string): { value?: Json; fault?: string } {
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
    const char = text[at]
    if (char === '"') {
      const end = endOfString(text, at)
      const top = stack.at(-1)
      if (expectKey && top?.keys) {
        key = text.slice(at + 1, end)
        if (key.includes('\\')) key = String(JSON.parse(text.slice(at, end + 1)))
        if (top.keys.has(key) && found.length < MAX_DUPLICATES) found.push(pathOf())
        top.keys.add(key)
        expectKey = false
      }
      at = end
    } else if (char === '{' || char === '[') {
      stack.push({ path: pathOf(), keys: char === '{' ? new Set() : undefined, index: 0 })
      expectKey = char === '{'
    } else if (char === '}' || char === ']') {
      stack.pop()
      expectKey = false
    } else if (char === ',') {
      const top = stack.at(-1)
      if (top?.keys) expectKey = true
      else if (top) top.index++
    }
  }
  return [...new Set(found)]
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
