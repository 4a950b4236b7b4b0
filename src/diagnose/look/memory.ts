// Reading memory: heaps that do not fit their limit, defaults of LimitRanges, nodes that ran out.
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import { eventTime, type Snapshot } from '../../objects/snapshot.ts'
import { eventsAbout, messageText } from './events.ts'
import type { Container } from './pods.ts'

const HEAP = /-Xmx(\d{1,6})([kKmMgG])\b|--max[-_]old[-_]space[-_]size=(\d{2,6})\b|GOMEMLIMIT=(\d{1,9}(?:Ki|Mi|Gi)?B?)/

/** "its heap may grow to 1g (-Xmx1g), which does not fit into 512Mi", or undefined when no heap setting says so. */
export function heapText(container: Container): string | undefined {
  const limit = parseQuantity(container.spec?.resources?.limits?.memory)
  if (limit === undefined) return undefined
  const env = Array.isArray(container.spec?.env) ? container.spec.env : []
  const texts = [
    ...(container.spec?.command ?? []),
    ...(container.spec?.args ?? []),
    ...env.map((entry: { name?: string; value?: string }) => `${entry?.name}=${entry?.value ?? ''}`),
  ]
  for (const text of texts) {
    const found = HEAP.exec(String(text).slice(0, 2000))
    if (!found) continue
    const bytes = found[1]
      ? Number(found[1]) * { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[found[2]?.toLowerCase() as 'k' | 'm' | 'g']
      : found[3]
        ? Number(found[3]) * 2 ** 20
        : parseQuantity(found[4]?.replace(/B$/, ''))
    // a process needs more than its heap: within a tenth of the limit is too tight as well
    if (bytes !== undefined && bytes > limit * 0.9)
      return `its heap may grow to ${found[0]}, which does not fit into the limit`
  }
  return undefined
}

/** The LimitRange whose default this limit is. */
export function limitRangeOf(snapshot: Snapshot, namespace: string | undefined, limit: string): KubeObject | undefined {
  return snapshot
    .list('LimitRange', namespace ?? '')
    .find((range) =>
      (range.spec?.limits ?? []).some(
        (entry: { default?: Record<string, string> }) => entry?.default?.memory === limit,
      ),
    )
}

/** The kernel's out-of-memory events of a node, newest first: of the last three hours, for they explain restarts of that time. */
export function nodeOomEvents(snapshot: Snapshot, node: string): KubeObject[] {
  const filter = { reason: ['SystemOOM', 'OOMKilling'], withinMs: 3 * 3600_000 }
  const ref = { apiVersion: 'v1', kind: 'Node', name: node }
  return eventsAbout(snapshot, ref, filter).sort((a, b) => eventTime(b) - eventTime(a))
}

/** "victim process: java, pid: 4711" → java */
export function victimOf(event: KubeObject): string | undefined {
  return /victim process: ([\w./-]{1,60})|Killed? process \d+ \(([\w./-]{1,60})\)/i
    .exec(messageText(event))
    ?.slice(1)
    .find(Boolean)
}
