// Comparing secrets in constant time, whatever their lengths.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Lower-case hex of HMAC-SHA256. */
export function signatureOf(secret: string, ...parts: (string | Buffer)[]): string {
  const mac = createHmac('sha256', secret)
  for (const part of parts) mac.update(part)
  return mac.digest('hex')
}

export function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 40)
}
