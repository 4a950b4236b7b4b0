// The gate with everything it needs: the live world, the levels, the rules, what was spent, and the emergency stop.

import { z } from 'zod'
import type { Person } from '../../core/people.ts'
import { personKey } from '../../core/people.ts'
import type { Level, Plan } from '../../core/plan.ts'
import { Level as Levels } from '../../core/plan.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import { readSpent } from '../../safety/budget.ts'
import { createCounters } from '../../safety/counters.ts'
import type { World } from '../../safety/effects.ts'
import { judgePlan, type PlanJudgement } from '../../safety/gate.ts'
import type { Signer } from '../../safety/signature.ts'
import { readStop } from '../../safety/stop.ts'
import type { Store } from '../../store/store.ts'
import type { ChangeContext } from './context.ts'

export interface JudgeInput {
  plan: Plan
  world: World
  asker: Person
  thread: Thread
  author: 'person' | 'remedy' | 'model'
  dryRunRefused?: boolean
}

/** With a signer (the executor), a level that was not set by an admin's sealed word counts only where it is lower. */
export async function judge(input: JudgeInput, context: ChangeContext & { signer?: Signer }): Promise<PlanJudgement> {
  const { config, store, policy } = context
  const [stop, spent, level] = await Promise.all([
    readStop(store),
    readSpent(createCounters(store), input.plan, { asker: personKey(input.asker), thread: threadKey(input.thread) }),
    readLevel(store, config.AUTONOMY_LEVEL, context.signer),
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

const LevelSet = z.object({ level: Levels, by: z.string(), at: z.string(), seal: z.string().default('') })

/** The level set at run time, else the one of the settings. */
export async function readLevel(store: Store, fallback: Level, signer?: Signer): Promise<Level> {
  const set = await store.getJson('autonomy', LevelSet)
  if (!set) return fallback
  const { seal, ...words } = set
  const isTrue = !signer || signer.sealHolds('autonomy', words, seal)
  return isTrue || set.level < fallback ? set.level : fallback
}

/** Whoever calls it has checked that `by` may. */
export async function setLevel(store: Store, level: Level, by: string, signer: Signer): Promise<void> {
  const words = { level, by, at: new Date().toISOString() }
  await store.setJson('autonomy', { ...words, seal: signer.seal('autonomy', words) })
}
