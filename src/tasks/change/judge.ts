// The gate with everything it needs: the live world, the levels, the rules, what was spent, and the emergency stop.

import type { Person } from '../../core/people.ts'
import { personKey } from '../../core/people.ts'
import type { Plan } from '../../core/plan.ts'
import type { TaskOf } from '../../core/task.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import { readSpent } from '../../safety/budget.ts'
import { createCounters } from '../../safety/counters.ts'
import type { World } from '../../safety/effects.ts'
import { type GateState, judgePlan, type PlanJudgement } from '../../safety/gate.ts'
import { protectionOf } from '../../safety/protect.ts'
import type { Signer } from '../../safety/signature.ts'
import type { ChangeContext } from './context.ts'

export interface JudgeInput {
  plan: Plan
  world: World
  asker: Person
  thread: Thread
  author: 'person' | 'remedy' | 'model'
  /** the person's sealed words */
  said?: TaskOf<'answer'> | undefined
  dryRunRefused?: boolean
}

/** With a signer, as the executor has one, who made the plan is proved before it counts; without, it is only said on the card. */
export async function judge(input: JudgeInput, context: ChangeContext & { signer?: Signer }): Promise<PlanJudgement> {
  const { config, store, policy } = context
  const [{ stop, level }, spent] = await Promise.all([
    context.standing.read(),
    readSpent(createCounters(store), input.plan, { asker: personKey(input.asker), thread: threadKey(input.thread) }),
  ])
  const state: GateState = {
    world: input.world,
    autonomy: { level, max: config.AUTONOMY_MAX, namespaces: policy.levels },
    policy,
    protection: protectionOf(config),
    author: input.author,
    forModel: config.AUTONOMY_FOR_MODEL,
    asker: personKey(input.asker),
    now: new Date(),
    spent,
    ...(stop ? { stop: { by: stop.by.name ?? personKey(stop.by), reason: stop.reason } } : {}),
    ...(input.dryRunRefused ? { dryRunRefused: true } : {}),
  }
  const { plan, author } = input
  if (author === 'model') return judgePlan(plan, state)
  // a claim: where the plan would run by it alone, a look at the cluster and the person's sealed words must prove it
  const claimed = judgePlan(plan, { ...state, isCurrentRemedy: author === 'remedy' })
  const unproved = judgePlan(plan, author === 'remedy' ? state : { ...state, author: 'model' })
  // where that makes no difference nobody has looked, so it is not said that it is none
  if (claimed.verdict === unproved.verdict && claimed.needed === unproved.needed) return claimed
  const isProved = await prove(input, context).catch(() => false)
  return isProved ? claimed : unproved
}

const PROOF_MS = 20_000

async function prove(input: JudgeInput, context: ChangeContext & { signer?: Signer }): Promise<boolean> {
  const cluster = context.clusters.get(input.plan.cluster)
  const signal = AbortSignal.timeout(PROOF_MS)
  if (input.author === 'remedy') return (await import('./remedies.ts')).isCurrentRemedy(input.plan, cluster, signal)
  const { signer } = context
  return !signer || (await import('./said.ts')).isSaid(input, { ...context, signer }, signal)
}
