// How requests come to the fake Web API: bodies in the forms that Slack's clients send.
import type { IncomingMessage, ServerResponse } from 'node:http'

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Form-encoded with JSON inside fields, or JSON; undefined when it is neither. */
export function parseArgs(request: IncomingMessage, body: Buffer): Record<string, unknown> | undefined {
  const type = String(request.headers['content-type'] ?? '')
  if (type.startsWith('application/json')) {
    try {
      return JSON.parse(body.toString()) as Record<string, unknown>
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(
    [...new URLSearchParams(body.toString())].map(([key, value]) => [
      key,
      JSON_FIELDS.has(key) ? parseField(value) : value,
    ]),
  )
}

const JSON_FIELDS = new Set(['blocks', 'attachments', 'metadata', 'view', 'files', 'chunks'])

function parseField(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

export function tokenOf(request: IncomingMessage, args: Record<string, unknown> | undefined): string {
  const header = /^Bearer (.+)$/.exec(String(request.headers.authorization ?? ''))?.[1]
  return header ?? (typeof args?.token === 'string' ? args.token : '')
}

/** The bytes of the one file of a multipart body. */
export function multipartFile(body: Buffer, length: number): Buffer | undefined {
  const start = body.indexOf('\r\n\r\n')
  if (start < 0 || body.length < start + 4 + length) return undefined
  return body.subarray(start + 4, start + 4 + length)
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
