// A watch as it comes over the wire: one JSON event per line, bounded, Secret values masked.
import { UnavailableError } from '../core/errors.ts'
import type { Kind } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import { maskSecrets, mayHoldSecrets } from './secrets.ts'

const MAX_EVENT_BYTES = 4 * 1024 * 1024

export async function* watchEvents(
  body: AsyncIterable<Buffer>,
  kind: Kind,
): AsyncGenerator<{ type: string; object: KubeObject }> {
  const secrets = kind.plural === 'secrets'
  for await (const line of lines(body)) {
    const event = JSON.parse(line) as { type?: string; object?: KubeObject }
    if (typeof event.type !== 'string' || typeof event.object !== 'object' || event.object === null) continue
    if (secrets || mayHoldSecrets(line)) maskSecrets(event.object, secrets)
    yield { type: event.type, object: event.object }
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      held.push(chunk.subarray(start, end))
      const line = Buffer.concat(held).toString('utf8')
      held = []
      size = 0
      start = end + 1
      if (line.trim() !== '') yield line
    }
    held.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > MAX_EVENT_BYTES) throw new UnavailableError('A watch sent an event larger than 4 MiB.')
  }
}

/** Enough of an error answer to say why. */
export async function firstBytes(body: AsyncIterable<Buffer>, max: number): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk.toString('utf8')
      if (text.length >= max) break
    }
  } catch {
    // what came before the break is enough to say why
  }
  return text
}
