// The gate with everything it needs: the live world, the levels, the rules, what was spent, and the emergency stop.

import type { Person } from '../../core/people.ts'
import { personKey } from '../../core/people.ts'
import type { Plan } from '../../core/plan.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import { readSpent } from '../../safety/budget.ts'
import { createCounters } from '../../safety/counters.ts'
import type { World } from '../../safety/effects.ts'
import { type GateState, judgePlan, type PlanJudgement } from '../../safety/gate.ts'
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
  const state: GateState = {
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
  }
  const judgement = judgePlan(input.plan, state)
  // that it is a remedy is a claim: where the plan would run by it alone, a look at the cluster must prove it
  const proved = input.author === 'remedy' ? judgePlan(input.plan, { ...state, isCurrentRemedy: true }) : judgement
  // where that makes no difference nobody has looked, so it is not said that it is none
  if (proved.verdict === judgement.verdict) return proved
  const { isCurrentRemedy } = await import('./remedies.ts')
  const { plan } = input
  const isProved = await isCurrentRemedy(plan, context.clusters.get(plan.cluster), AbortSignal.timeout(PROOF_MS)).catch(
    () => false,
  )
  return isProved ? proved : judgement
}

const PROOF_MS = 20_000
