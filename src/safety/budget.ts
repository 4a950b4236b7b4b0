// How many changes a person, a thread and an hour may see, and how often a fix that did not help may be tried again.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../core/canonical.ts'
import { actionsOfPlan, type Plan } from '../core/plan.ts'
import { refKey } from '../core/ref.ts'
import type { Policy } from './rules.ts'

/** The store behind it: counts within a sliding window. `add` is called when a plan starts to run, never when it is judged. */
export interface Counters {
  count(key: string, windowMs: number): Promise<number>
  add(key: string, windowMs: number): Promise<void>
}

export interface Spent {
  byPerson: number
  byThread: number
  inHour: number
  /** attempts of this very fix in the last day after which the trouble was still there */
  unhelpful: number
}

export const NOTHING_SPENT: Spent = { byPerson: 0, byThread: 0, inHour: 0, unhelpful: 0 }
const DEFAULT_BUDGETS = { perPerson: 30, perThread: 15, perHour: 60 }
const HOUR = 3_600_000
const DAY = 24 * HOUR
const MAX_ATTEMPTS = 2

/** The same fix of the same objects, whatever the time written into it. */
export function fixKey(plan: Pick<Plan, 'cluster' | 'steps' | 'action' | 'actions'>): string {
  const steps = plan.steps.map(({ request, object }) => [request.method, refKey(object)])
  const verbs = actionsOfPlan(plan).map(({ verb }) => verb)
  const text = canonicalJson([plan.cluster, verbs, steps])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Of several actions each is a fix of its own: in company it is no other one. */
function fixKeys(plan: Plan): string[] {
  const { cluster, actions = [], steps } = plan
  if (actions.length !== steps.length) return [fixKey(plan)]
  return [...new Set(steps.map((step, index) => fixKey({ cluster, steps: [step], action: actions[index] })))]
}

export interface Who {
  asker: string
  thread: string
}

export async function readSpent(counters: Counters, plan: Plan, { asker, thread }: Who): Promise<Spent> {
  const [byPerson, byThread, inHour, ...unhelpful] = await Promise.all([
    counters.count(`person:${asker}`, HOUR),
    counters.count(`thread:${thread}`, HOUR),
    counters.count(`cluster:${plan.cluster}`, HOUR),
    ...fixKeys(plan).map((key) => counters.count(`unhelpful:${key}`, DAY)),
  ])
  return { byPerson, byThread, inHour, unhelpful: Math.max(...unhelpful) }
}

/** Every action is a change, however many one plan holds. */
export async function spend(counters: Counters, plan: Plan, { asker, thread }: Who): Promise<void> {
  const keys = [`person:${asker}`, `thread:${thread}`, `cluster:${plan.cluster}`]
  const changes = Math.max(1, actionsOfPlan(plan).length)
  await Promise.all(keys.flatMap((key) => Array.from({ length: changes }, () => counters.add(key, HOUR))))
}

/** To be called when verify finds the trouble still there. */
export async function didNotHelp(counters: Counters, plan: Plan): Promise<void> {
  await Promise.all(fixKeys(plan).map((key) => counters.add(`unhelpful:${key}`, DAY)))
}

/** Why no further change may be made now; undefined when it may. */
export function overBudget(spent: Spent, budgets: Policy['budgets']): string | undefined {
  const { perPerson, perThread, perHour } = { ...DEFAULT_BUDGETS, ...defined(budgets) }
  if (spent.unhelpful >= MAX_ATTEMPTS)
    return `this fix was tried ${spent.unhelpful} times in the last day and did not help`
  if (spent.byPerson >= perPerson) return `the budget of ${perPerson} changes per person and hour is used up`
  if (spent.byThread >= perThread) return `the budget of ${perThread} changes per thread and hour is used up`
  if (spent.inHour >= perHour) return `the budget of ${perHour} changes per cluster and hour is used up`
  return undefined
}

function defined(budgets: Policy['budgets']): Partial<typeof DEFAULT_BUDGETS> {
  return Object.fromEntries(Object.entries(budgets).filter(([, value]) => value !== undefined))
}
