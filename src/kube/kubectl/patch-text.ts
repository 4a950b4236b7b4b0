// The text behind `-p` of `kubectl patch`: JSON or YAML, as kubectl takes it. One reading for judging and for compiling.
import { parseDocument } from 'yaml'

/** Undefined when the text is neither. */
export function patchBody(text: string): unknown {
  return fromJson(text) ?? fromYaml(text)
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fromYaml(text: string): unknown {
  // kubectl takes what begins like JSON for JSON alone
  if (text.trimStart().startsWith('{')) return undefined
  const document = parseDocument(text, { version: '1.2', stringKeys: true })
  if (document.errors.length > 0) return undefined
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    // an alias
    return undefined
  }
}
