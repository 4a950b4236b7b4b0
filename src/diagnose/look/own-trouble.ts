// Whose trouble a line of a program that runs is: its own, or that of a client it answers. Errors of clients are a server's daily work.
import type { LogReason } from './logs.ts'

// a request that came in, or the address of who made it
const CAME_IN =
  /TLS handshake error from|remote error: tls|\bremote_?(?:addr|ip|host)\b|\bclient(?:_?(?:addr|ip))?[=: ]\s?"?\[?\d|\bhandler\b|(?:^|[\s"])(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/|\buser [\w.@-]{1,60} (?:may|can)not\b|\bmay not\b/i
// where systems hand out ports to whoever connects
const EPHEMERAL = 32_768
// what drivers and SDKs say when the other side refuses them; "invalid password" alone may be said of anybody
const REFUSED_ITSELF =
  /password authentication failed|Access denied for user '|WRONGPASS|NOAUTH|SASL|ACCESS_REFUSED|Login failed for user '|pg_hba|InvalidAccessKeyId|SignatureDoesNotMatch|invalid_client|Mongo\w*Error|LDAP|ORA-\d{5}|https?:\/\//i

/** `reaches`: the line, or what the program is told by its variables, names whom it calls. */
export function isOwnTrouble(reason: LogReason, reaches: boolean): boolean {
  const { kind, line, host, port, subject } = reason
  if (CAME_IN.test(line)) return false
  if (host && /^[\d.]+$/.test(host) && port !== undefined && port >= EPHEMERAL) return false
  if (kind === 'connection' || kind === 'dns') return reaches
  if (kind === 'auth') return subject !== undefined || REFUSED_ITSELF.test(line)
  if (kind === 'permission' || kind === 'read-only') return subject !== undefined
  return true
}
