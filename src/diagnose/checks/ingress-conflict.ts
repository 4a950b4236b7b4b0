// Two Ingresses of one class that claim the same host and path.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { groupBy } from '../look/memo.ts'
import { backendsOf } from '../look/service-users.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const ingressConflict: Check = {
  name: 'ingress-conflict',
  title: 'Two Ingresses claim the same host and path',
  why: 'The controller takes one of them, usually the older, and ignores the other without a word.',
  fix: 'Keep one of them, or give them different hosts or paths.',
  reads: ['Ingress'],
  run(snapshot) {
    const backends = snapshot.list('Ingress').flatMap((ingress) => {
      // a canary is the same host and path on purpose
      if (Object.keys(ingress.metadata.annotations ?? {}).some((key) => key.endsWith('/canary'))) return []
      return ingress.metadata.deletionTimestamp ? [] : backendsOf(ingress)
    })
    const claims = groupBy(backends, ({ ingress, host, path }) =>
      host === '*'
        ? undefined
        : `${ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'] ?? ''} ${host}${path}`,
    )
    return [...claims.values()].flatMap((same): Draft[] => {
      const ingresses = [...new Set(same.map((entry) => entry.ingress))].sort(
        (a, b) => Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? ''),
      )
      const [first, ...rest] = ingresses
      const targets = new Set(
        same.map(
          (entry) => `${entry.ingress.metadata.namespace}/${entry.service}:${entry.port.number ?? entry.port.name}`,
        ),
      )
      if (!first || rest.length === 0 || targets.size < 2) return []
      const [claim] = same
      return rest.map((loser) => ({
        severity: 'info',
        object: refOf(loser),
        depth: 'cause',
        summary: `Ingress ${nameOf(loser)} claims ${claim?.host}${claim?.path}, which the older Ingress ${nameOf(first)} claims too`,
        cause: `the same host and path lead to different backends (${some([...targets])}); most controllers serve the older one only`,
        evidence: ingresses.slice(0, 4).map((ingress) => evidence('spec', ingress, `${claim?.host}${claim?.path}`)),
        remedy: `Remove the path from one of ${some(ingresses.map(nameOf))}.`,
      }))
    })
  },
}
