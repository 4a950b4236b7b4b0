// PagerDuty's webhooks, version 3: an incident that is triggered, and its end. Signed over the raw body; each event is taken once.
import { z } from 'zod'
import { line, word } from '../events.ts'
import { Signal } from '../signal.ts'
import { type AlertDoor, header } from './door.ts'
import { clusterOfLabels, ownerOfLabels, severityOfWord } from './labels.ts'
import { sameSecret, signatureOf } from './proof.ts'

const Body = z.object({
  event: z.object({
    id: z.string().min(1).max(200),
    event_type: z.string().max(100),
    occurred_at: z.string().max(60).optional(),
    data: z.object({
      id: z.string().max(100).optional(),
      title: z.string().max(4000).optional(),
      urgency: z.string().max(40).optional(),
      priority: z.object({ summary: z.string().max(100).optional() }).nullish(),
      service: z.object({ summary: z.string().max(1000).optional() }).nullish(),
    }),
  }),
})

/** PagerDuty delivers again for a day at most; remembered for longer, so that nothing recorded can be played back in between */
const SEEN_MS = 8 * 24 * 3600_000
const OLDEST_MS = 2 * 24 * 3600_000
/** more signatures than the two of a rotation are not looked at */
const MAX_SIGNATURES = 4

export const pagerduty: AlertDoor = {
  name: 'pagerduty',
  configured: (settings) => settings.PAGERDUTY_WEBHOOK_SECRET !== undefined,
  isGenuine(request, settings) {
    const wanted = `v1=${signatureOf(settings.PAGERDUTY_WEBHOOK_SECRET ?? '', request.body)}`
    return header(request, 'x-pagerduty-signature')
      .split(',')
      .slice(0, MAX_SIGNATURES)
      .some((given) => sameSecret(given.trim(), wanted))
  },
  identity: (_request, body) => ({ mark: `pagerduty:${Body.parse(body).event.id}`, ms: SEEN_MS }),
  parse(body, clusters) {
    const { event } = Body.parse(body)
    const ends = event.event_type === 'incident.resolved'
    if (!ends && !['incident.triggered', 'incident.reopened', 'incident.escalated'].includes(event.event_type))
      return []
    const old = Date.now() - Date.parse(event.occurred_at ?? '')
    if (old > OLDEST_MS) return []
    const { data } = event
    const text = line(data.title)
    const labels = labelsIn(text)
    const service = word((data.service?.summary ?? 'PagerDuty').replace(/\s+/g, '-'))
    return [
      Signal.parse({
        cluster: clusterOfLabels(labels, clusters),
        source: 'alert',
        severity: severityOfWord(data.priority?.summary ?? data.urgency),
        reason: service,
        text,
        owner: ownerOfLabels(labels, word(data.id ?? event.id)),
        labels: { ...labels, service },
        immediate: true,
        alert: `pd:${data.id ?? event.id}`.slice(0, 200),
        resolved: ends,
      }),
    ]
  },
}

/** Titles made by Alertmanager and others carry labels as `name=value`. */
function labelsIn(text: string): Record<string, string> {
  const found = [...text.matchAll(/\b([a-z_]{1,40})=["']?([a-z0-9.-]{1,100})/g)].slice(0, 20)
  return Object.fromEntries(found.map(([, name, value]) => [name ?? '', value ?? '']))
}
