// Who may decide a plan and what they must do for it, from the settings and the tier alone: a record can only ask for more.
import type { Config } from '../../config.ts'
import type { PersonRule } from '../../core/people.ts'
import type { Plan, Step } from '../../core/plan.ts'
import type { Guards } from '../../safety/approval.ts'
import { protectedNamespaces } from '../../safety/protect.ts'
import { effectsOfRequest } from '../../safety/requests.ts'
import type { Policy } from '../../safety/rules.ts'
import { tierOf, worst } from '../../safety/tier.ts'

interface GuardContext {
  config: Pick<Config, 'TWO_PERSON' | 'APPROVERS'>
  policy: Policy
  practice: boolean
}

export function guardsOf(plan: Plan, tier: number, { config, practice }: Omit<GuardContext, 'policy'>): Guards {
  const destructive = tier === 9
  const first = plan.action ? plan.steps[0] : (plan.steps.find(isDestructive) ?? plan.steps[0])
  return {
    twoPerson: !practice && (config.TWO_PERSON === 'all' || (config.TWO_PERSON === 'destructive' && destructive)),
    ...(destructive && first ? { typedName: first.object.name } : {}),
  }
}

/** Of several actions the name of a hard one is typed, not that of whatever comes first; judged without state, so everywhere the same. */
function isDestructive({ request }: Step): boolean {
  return worst(effectsOfRequest(request).map((effect) => tierOf(effect, protectedNamespaces()))).tier === 9
}

/** Of the people a record names, those whom the settings or a rule name too. */
export function knownApprovers(named: readonly PersonRule[], { config, policy }: GuardContext): PersonRule[] {
  const known = new Set([...config.APPROVERS, ...policy.rules.flatMap(({ people }) => people)].map(spelling))
  return named.filter((rule) => known.has(spelling(rule)))
}

function spelling({ platform, kind, id }: PersonRule): string {
  return `${platform}:${kind}:${id}`
}
