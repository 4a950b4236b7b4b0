// The contract of a source of alerts: one file each, named in index.ts. Who sends is proved over the raw bytes before anything is parsed.
import type { IncidentSettings } from '../settings.ts'
import type { Signal } from '../signal.ts'

export interface AlertRequest {
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  now: number
}

export interface AlertDoor {
  /** the path is /webhooks/NAME */
  name: string
  /** false: nobody has set its secret, so there is no such path */
  configured(settings: IncidentSettings): boolean
  /** whether the sender knows the secret; a signature that is too old counts as none */
  isGenuine(request: AlertRequest, settings: IncidentSettings): boolean
  /** what makes two deliveries the same, and how long that is remembered (ms); read after the sender was proved */
  identity(request: AlertRequest, body: unknown): { mark: string; ms: number }
  /** Throws a ZodError or a UsageError when the body is none of this source. */
  parse(body: unknown, clusters: readonly string[]): Signal[]
}

export function header(request: AlertRequest, name: string): string {
  const value = request.headers[name]
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
}
