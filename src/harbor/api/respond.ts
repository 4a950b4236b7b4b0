// Writing answers: JSON or YAML, text, Status, Warnings.
import type { ServerResponse } from 'node:http'
import { stringify } from 'yaml'
import { StatusError } from '../status.ts'

export const PRACTICE = 'firstmate-practice-cluster'

export interface Answer {
  code: number
  body?: unknown
  /** instead of `body`: JSON that is already text */
  json?: string
  text?: string
  bytes?: Buffer
  contentType?: string
  headers?: Record<string, string>
}

// as the API server writes it: sorted, and what YAML 1.1 would read as a time or a truth in quotes
const YAML = {
  lineWidth: 0,
  aliasDuplicateObjects: false,
  sortMapEntries: true,
  indentSeq: false,
  compat: 'yaml-1.1',
} as const

export function send(response: ServerResponse, answer: Answer, format: 'json' | 'yaml', warnings: string[]): void {
  if (response.writableEnded || response.destroyed) return
  response.statusCode = answer.code
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (warnings.length > 0) {
    response.setHeader(
      'Warning',
      bounded([...new Set(warnings)]).map((text) => `299 - ${quoted(text)}`),
    )
  }
  if (answer.text !== undefined) {
    response.setHeader('Content-Type', answer.contentType ?? 'text/plain; charset=utf-8')
    response.end(answer.text)
    return
  }
  if (answer.bytes) {
    response.setHeader('Content-Type', answer.contentType ?? 'application/octet-stream')
    response.end(answer.bytes)
    return
  }
  if (answer.body === undefined && answer.json === undefined) {
    response.end()
    return
  }
  if (format === 'yaml') {
    response.setHeader('Content-Type', 'application/yaml')
    response.end(stringify(answer.body ?? JSON.parse(answer.json ?? 'null'), YAML))
    return
  }
  response.setHeader('Content-Type', answer.contentType ?? 'application/json')
  response.end(answer.json ?? JSON.stringify(answer.body))
}

/** Any thrown value as the API's own Status; what nobody expected is a 500 that names no internals. */
export function failure(error: unknown): Answer {
  if (error instanceof StatusError) {
    const retry = error.details?.retryAfterSeconds
    return { code: error.code, body: error.body, ...(retry ? { headers: { 'Retry-After': String(retry) } } : {}) }
  }
  const body = new StatusError(500, 'InternalError', 'Internal error occurred: the practice cluster failed').body
  return { code: 500, body }
}

// the API server's own bounds: all warnings of an answer, and each of them once they are too many
const MAX_WARNINGS = 4096
const MAX_WARNING = 256

function bounded(warnings: string[]): string[] {
  const total = warnings.reduce((sum, text) => sum + text.length, 0)
  if (total <= MAX_WARNINGS) return warnings
  return warnings.map((text) => text.slice(0, MAX_WARNING)).slice(0, MAX_WARNINGS / MAX_WARNING)
}

function quoted(text: string): string {
  // header values are latin-1 without control characters
  const clean = Array.from(text)
    .map((char) => (char >= ' ' && char <= '~' ? char : '?'))
    .join('')
  return `"${clean.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
