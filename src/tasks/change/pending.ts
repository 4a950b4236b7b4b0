// The plans that wait for somebody: which of them one person may decide now. For lists; the click itself asks again.
import type { PendingPlan } from '../../chat/contract.ts'
import { type Person, personKey } from '../../core/people.ts'
import { type Approval, mayDecide, shortName } from '../../safety/approval.ts'
import { tierName } from '../../safety/tier.ts'
import type { DecideContext } from './context.ts'
import { guardsOf, knownApprovers } from './guards.ts'
import { planKey } from './plan-card.ts'

type PendingContext = Pick<DecideContext, 'approvals' | 'approver' | 'config' | 'policy' | 'practice'>

/** The next to expire first. `mine`: this person may approve them as things stand now. Rejects when the platform cannot say who that is. */
export async function pendingFor(
  person: Person,
  context: PendingContext,
): Promise<{ mine: Approval[]; others: Approval[] }> {
  const now = new Date()
  const waiting = (await context.approvals.list({ open: true }))
    .filter(({ state, deadline }) => state === 'pending' && Date.parse(deadline) > now.getTime())
    .sort((a, b) => a.deadline.localeCompare(b.deadline))
  const mine: Approval[] = []
  const others: Approval[] = []
  // most plans name the same approvers: each list of them is looked up once
  const known = new Map<string, Promise<{ listed: boolean }>>()
  for (const approval of waiting) {
    const rules = knownApprovers(approval.approvers, context)
    const key = JSON.stringify(rules)
    const asked = known.get(key) ?? context.approver(person, rules)
    known.set(key, asked)
    const guards = guardsOf(approval.plan, approval.tier, context)
    const typed = guards.typedName ?? approval.typedName
    const refused = mayDecide(
      approval,
      { by: person, kind: 'approve', listed: (await asked).listed, typed },
      guards,
      now,
    )
    ;(refused ? others : mine).push(approval)
  }
  return { mine, others }
}

/** One plan as a list shows it. */
export function pendingPlan(approval: Approval): PendingPlan {
  const [first, ...more] = approval.plan.steps
  return {
    name: shortName(approval),
    words: `${first?.words ?? ''}${more.length > 0 ? ` and ${more.length} more` : ''}`,
    tier: tierName(approval.tier),
    cluster: approval.plan.cluster,
    requester: approval.requester.name ?? personKey(approval.requester),
    deadline: approval.deadline,
    thread: approval.thread,
    key: planKey(approval.id),
  }
}
