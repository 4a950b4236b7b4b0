// Who may decide a plan and what they must do for it, from the settings and the tier alone: a record can only ask for more.
import type { Config } from '../../config.ts'
import type { PersonRule } from '../../core/people.ts'
import type { Plan } from '../../core/plan.ts'
import type { Guards } from '../../safety/approval.ts'
import type { Policy } from '../../safety/rules.ts'

interface GuardContext {
  config: Pick<Config, 'TWO_PERSON' | 'APPROVERS'>
  policy: Policy
  practice: boolean
}

export function guardsOf(plan: Plan, tier: number, { config, practice }: Omit<GuardContext, 'policy'>): Guards {
  const destructive = tier === 9
  const [first] = plan.steps
  return {
    twoPerson: !practice && (config.TWO_PERSON === 'all' || (config.TWO_PERSON === 'destructive' && destructive)),
    ...(destructive && first ? { typedName: first.object.name } : {}),
  }
}

/** Of the people a record names, those whom the settings or a rule name too. */
export function knownApprovers(named: readonly PersonRule[], { config, policy }: GuardContext): PersonRule[] {
  const known = new Set([...config.APPROVERS, ...policy.rules.flatMap(({ people }) => people)].map(spelling))
  return named.filter((rule) => known.has(spelling(rule)))
}

function spelling({ platform, kind, id }: PersonRule): string {
  return `${platform}:${kind}:${id}`
}
