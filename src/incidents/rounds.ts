// The watchdog's rounds: all checks over one namespace after another, for trouble that nobody reports.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { Cluster } from '../kube/clusters.ts'
import type { Logger } from '../log.ts'
import { ownerOfEvent } from '../objects/owner.ts'
import { lookAt } from './diagnosis.ts'
import { line, word } from './events.ts'
import type { IncidentSettings } from './settings.ts'
import type { Signal } from './signal.ts'

interface RoundParts {
  cluster: Cluster
  settings: IncidentSettings
  sign(signal: Signal): void
  signal: AbortSignal
  log: Logger
}

/** Only what is critical and a root is a sign: warnings are for those who ask. Resolves when the signal aborts. */
export async function startRounds({ cluster, settings, sign, signal, log }: RoundParts): Promise<void> {
  const every = settings.WATCHDOG_CHECKS_EVERY
  if (every === 0) return
  while (!signal.aborted) {
    const namespaces = await namespacesOf(cluster, signal)
    // spread over the time of a round, so that a large cluster is not asked for everything at once
    const gap = every / Math.max(namespaces.length, 1)
    for (const namespace of namespaces.length > 0 ? namespaces : [undefined]) {
      await sleep(gap, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      if (namespace === undefined) continue
      try {
        const { findings } = await lookAt(cluster.reader, { namespace }, signal)
        for (const finding of findings.filter((one) => one.root && one.severity === 'critical')) {
          sign({
            cluster: cluster.name,
            source: 'check',
            severity: 'critical',
            reason: word(finding.check),
            text: line(finding.summary),
            owner: ownerOfEvent(finding.object, () => undefined),
            count: 1,
            labels: {},
            immediate: true,
            resolved: false,
          })
        }
      } catch (error) {
        if (!signal.aborted)
          log.debug({ cluster: cluster.name, namespace, error: messageOf(error) }, 'a namespace could not be looked at')
      }
    }
  }
}

async function namespacesOf(cluster: Cluster, signal: AbortSignal): Promise<string[]> {
  try {
    const kind = (await cluster.reader.kinds()).byKind('Namespace')
    if (!kind) return []
    const { items } = await cluster.reader.list(kind, {
      signal,
      project: (object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: object.metadata.name } }),
    })
    return items.map((item) => item.metadata.name)
  } catch {
    return []
  }
}
