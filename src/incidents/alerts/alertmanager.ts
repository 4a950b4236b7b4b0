// Alertmanager's webhook, version 4: each alert of a group by itself, so that those of one trouble meet in one incident; resolved ones end it.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { line, word } from '../events.ts'
import { Signal } from '../signal.ts'
import { type AlertDoor, header } from './door.ts'
import { clusterOfLabels, ownerOfLabels, severityOfWord } from './labels.ts'
import { hashOf, sameSecret } from './proof.ts'

const Labels = z.record(z.string().max(200), z.string().max(4000)).default({})

const Body = z.object({
  version: z.string().optional(),
  groupKey: z.string().max(4000).default(''),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: Labels,
        annotations: Labels,
        startsAt: z.string().max(60).default(''),
        fingerprint: z.string().max(100).optional(),
      }),
    )
    .max(500),
})

/** the same notification again within that time is a repetition by the sender, not news */
const SAME_MS = 60_000

export const alertmanager: AlertDoor = {
  name: 'alertmanager',
  configured: (settings) => settings.ALERTMANAGER_TOKEN !== undefined,
  isGenuine: (request, settings) =>
    sameSecret(header(request, 'authorization'), `Bearer ${settings.ALERTMANAGER_TOKEN}`),
  identity: (request) => ({ mark: `alertmanager:${hashOf(request.body)}`, ms: SAME_MS }),
  parse(body, clusters) {
    return Body.parse(body).alerts.map(({ status, labels, annotations, fingerprint }) => {
      const reason = word(labels.alertname ?? 'Alert')
      return Signal.parse({
        cluster: clusterOfLabels(labels, clusters),
        source: 'alert',
        severity: severityOfWord(labels.severity),
        reason,
        text: line(annotations.summary ?? annotations.message ?? annotations.description),
        owner: ownerOfLabels(labels, reason),
        labels: few(labels),
        immediate: true,
        alert: `am:${(fingerprint ?? createHash('sha256').update(JSON.stringify(labels)).digest('hex')).slice(0, 60)}`,
        resolved: status === 'resolved',
      })
    })
  },
}

/** What routing may look at. */
function few(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, 30)
      .map(([name, value]) => [name.slice(0, 100), value.slice(0, 200)]),
  )
}
