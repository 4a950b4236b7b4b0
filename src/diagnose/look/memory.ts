// Reading memory: heaps that do not fit their limit, and limits that are a LimitRange's default.
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
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
