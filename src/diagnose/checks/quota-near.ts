// ResourceQuotas that are nearly or wholly used: worth knowing before the next deployment is refused.
import { refOf } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Check, Draft } from '../check.ts'
import { consumersIn, isCounted } from '../look/consumers.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const NEAR = 0.9

export const quotaNear: Check = {
  name: 'quota-near',
  title: 'A ResourceQuota is almost used up',
  why: 'The next pod, or the surge pod of the next rollout, is refused.',
  fix: 'Raise the quota, or lower requests that are not used.',
  reads: ['ResourceQuota', 'Pod'],
  run(snapshot) {
    return snapshot.list('ResourceQuota').flatMap((quota): Draft[] => {
      const hard: Record<string, string> = quota.status?.hard ?? quota.spec?.hard ?? {}
      const used: Record<string, string> = quota.status?.used ?? {}
      const near = Object.entries(hard).flatMap(([resource, limit]) => {
        const most = parseQuantity(limit) ?? 0
        const now = parseQuantity(used[resource]) ?? 0
        // a quota of zero forbids on purpose
        return most > 0 && now / most >= NEAR
          ? [{ resource, limit, used: String(used[resource]), share: now / most }]
          : []
      })
      const [first] = near.sort((a, b) => b.share - a.share)
      if (!first) return []
      const told = near.map((entry) => `${entry.resource} ${entry.used} of ${entry.limit}`)
      const [top] = consumersIn(snapshot, quota.metadata.namespace ?? '', first.resource)
      return [
        {
          severity: 'info',
          object: refOf(quota),
          depth: 'cause',
          summary: `ResourceQuota ${nameOf(quota)} is ${first.share >= 1 ? 'used up' : `at ${Math.floor(first.share * 100)} %`}: ${some(told)}`,
          cause: `${isCounted(first.resource) ? `the namespace holds ${first.used} ${first.resource}` : `pods of the namespace ask for ${first.resource} ${first.used}`}${top ? `, most of it ${top}` : ''}`,
          evidence: [evidence('status', quota, `used ${some(told, 6)}`)],
          remedy: `Raise ${some(near.map((entry) => entry.resource))} of ${quota.metadata.name}, or ${isCounted(first.resource) ? 'delete what is not needed' : 'lower requests'} in ${quota.metadata.namespace}.`,
        },
      ]
    })
  },
}
