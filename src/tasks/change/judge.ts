// The gate with everything it needs: the live world, the levels, the rules, what was spent, and the emergency stop.

import type { Person } from '../../core/people.ts'
import { personKey } from '../../core/people.ts'
import type { Plan } from '../../core/plan.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import { readSpent } from '../../safety/budget.ts'
import { createCounters } from '../../safety/counters.ts'
import type { World } from '../../safety/effects.ts'
import { judgePlan, type PlanJudgement } from '../../safety/gate.ts'
import type { ChangeContext } from './context.ts'

export interface JudgeInput {
  plan: Plan
  world: World
  asker: Person
  thread: Thread
  author: 'person' | 'remedy' | 'model'
  dryRunRefused?: boolean
}

export async function judge(input: JudgeInput, context: ChangeContext): Promise<PlanJudgement> {
  const { config, store, policy } = context
  const [{ stop, level }, spent] = await Promise.all([
    context.standing.read(),
    readSpent(createCounters(store), input.plan, { asker: personKey(input.asker), thread: threadKey(input.thread) }),
  ])
  return judgePlan(input.plan, {
    world: input.world,
    autonomy: { level, max: config.AUTONOMY_MAX, namespaces: policy.levels },
    policy,
    protection: { own: config.POD_NAMESPACE ?? 'firstmate', more: config.PROTECTED_NAMESPACES },
    author: input.author,
    forModel: config.AUTONOMY_FOR_MODEL,
    asker: personKey(input.asker),
    now: new Date(),
    spent,
    ...(stop ? { stop: { by: stop.by.name ?? personKey(stop.by), reason: stop.reason } } : {}),
    ...(input.dryRunRefused ? { dryRunRefused: true } : {}),
  })
}
