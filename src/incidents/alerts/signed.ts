// Any other sender: JSON signed as `X-Firstmate-Signature: v1=hex(HMAC-SHA256(secret, timestamp + "." + body))` with `X-Firstmate-Timestamp` in
// seconds. A signature is good for five minutes and one delivery.
import { z } from 'zod'
import { UsageError } from '../../core/errors.ts'
import { Severity } from '../../core/finding.ts'
import { line, word } from '../events.ts'
import { Signal } from '../signal.ts'
import { type AlertDoor, header } from './door.ts'
import { clusterOfLabels, ownerOfLabels } from './labels.ts'
import { hashOf, sameSecret, signatureOf } from './proof.ts'

const Name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a name of Kubernetes')
  .optional()

const Fields = z.object({
  /** identity of the alert: the same one may come again, and end with status resolved */
  id: z.string().min(1).max(150),
  name: z.string().min(1).max(100),
  status: z.enum(['firing', 'resolved']).default('firing'),
  severity: Severity.default('warning'),
  summary: z.string().max(10_000).default(''),
  cluster: z.string().max(100).optional(),
  namespace: Name,
  kind: z
    .enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'Node', 'PersistentVolumeClaim'])
    .optional(),
  object: Name,
  labels: z.record(z.string().max(100), z.string().max(200)).default({}),
})

const Body = Fields.refine(
  ({ kind, object }) => (kind === undefined) === (object === undefined),
  'kind and object come together, or neither',
).refine(
  ({ kind, namespace }) => kind === undefined || kind === 'Node' || namespace !== undefined,
  'kind and object need a namespace, unless kind is Node',
)

const GOOD_FOR_MS = 5 * 60_000

export const signed: AlertDoor = {
  name: 'signed',
  configured: (settings) => settings.WEBHOOK_SECRET !== undefined,
  isGenuine(request, settings) {
    const timestamp = header(request, 'x-firstmate-timestamp')
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(request.now - Number(timestamp) * 1000) > GOOD_FOR_MS) return false
    const wanted = `v1=${signatureOf(settings.WEBHOOK_SECRET ?? '', `${timestamp}.`, request.body)}`
    return sameSecret(header(request, 'x-firstmate-signature'), wanted)
  },
  // what was signed once is taken once; longer than a signature is good for, on either side of our clock
  identity: (request) => ({
    mark: `signed:${header(request, 'x-firstmate-timestamp')}:${hashOf(request.body)}`,
    ms: 3 * GOOD_FOR_MS,
  }),
  parse(body, clusters) {
    const alert = Body.parse(body)
    if (alert.cluster !== undefined && !clusters.includes(alert.cluster))
      throw new UsageError(`cluster is none of ${clusters.join(', ')}`)
    const labels = { ...alert.labels, ...(alert.cluster ? { cluster: alert.cluster } : {}) }
    const named = alert.kind && alert.object ? { [alert.kind.toLowerCase()]: alert.object } : {}
    const reason = word(alert.name)
    return [
      Signal.parse({
        cluster: clusterOfLabels(labels, clusters),
        source: 'alert',
        severity: alert.severity,
        reason,
        text: line(alert.summary),
        owner: ownerOfLabels(
          {
            ...labels,
            ...(alert.namespace ? { namespace: alert.namespace } : {}),
            ...named,
            ...(alert.kind === 'Job' && alert.object ? { job_name: alert.object } : {}),
          },
          reason,
        ),
        labels,
        immediate: true,
        alert: `s:${alert.id}`,
        resolved: alert.status === 'resolved',
      }),
    ]
  },
}
