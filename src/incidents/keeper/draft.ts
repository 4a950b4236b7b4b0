// The record of a new incident: where it will be told, what it resembles, and how its timeline begins.
import { futureThread } from '../../chat/threads.ts'
import type { Finding } from '../../core/finding.ts'
import { refText } from '../../core/ref.ts'
import { incidentId } from '../desk.ts'
import { type Cause, familyOf, type Gathered, type Incident, noted, withSigns, worse } from '../incident.ts'
import { similarTo } from '../memory.ts'
import type { KeeperParts } from './parts.ts'

/** Throws as long as no bot has said in which workspace a channel is. */
export async function draft(
  parts: KeeperParts,
  gathered: Gathered,
  cause: Cause | undefined,
  finding: Finding | undefined,
  fingerprint: string,
  reason: string,
): Promise<Incident> {
  const { cluster, desk, fence } = parts
  const openedAt = new Date(gathered.firstAt).toISOString()
  const id = incidentId(fingerprint, gathered.owner, openedAt)
  const severity = finding ? worse(gathered.severity, finding.severity) : gathered.severity
  const channels =
    parts.routing.channels({ cluster, owner: gathered.owner, reason, severity, labels: gathered.labels }) ?? []
  const threads = await Promise.all(
    channels.map(async (channel) => {
      const workspace = await parts.homes.workspaceOf(channel)
      if (workspace === undefined)
        throw new Error(`no bot has said yet in which workspace ${channel.platform}:${channel.channel} is`)
      return futureThread(
        { platform: channel.platform, workspace, channel: channel.channel, direct: false },
        `incident-${id}`,
      )
    }),
  )
  // without a channel it is still kept, for `incidents list` and `show`
  if (threads.length === 0)
    threads.push({
      platform: 'mailbox',
      workspace: '',
      channel: 'incidents',
      thread: `incident-${id}`,
      direct: false,
    })
  const family = familyOf(cause, gathered.owner, reason)
  const similar = similarTo(
    await desk.byFingerprint(fingerprint),
    await desk.family(cluster, family),
    cause,
    gathered.owner,
  )
  const bare: Incident = {
    id,
    cluster,
    state: 'open',
    severity,
    fingerprint,
    family,
    owners: [gathered.owner],
    ...(cause ? { cause } : {}),
    reasons: [],
    text: '',
    sources: [],
    count: 0,
    openedAt,
    lastSignAt: openedAt,
    alerts: [],
    reopened: 0,
    verdicts: [],
    flapping: false,
    ...(similar ? { similar } : {}),
    investigation: 'queued',
    secondLook: false,
    threads,
    timeline: [],
    fence,
  }
  const opened = noted(
    withSigns(bare, gathered),
    `opened: ${reason} of ${refText(gathered.owner)}`,
    new Date(gathered.firstAt),
  )
  return cause ? noted(opened, `cause found: ${cause.cause}`) : opened
}
