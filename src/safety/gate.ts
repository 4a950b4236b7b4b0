// The gate: every plan passes here, when it is proposed and again before it runs. A pure function of the plan's requests and
// of state that is passed in; where something is missing, the answer is the stricter one.
import type { PersonRule } from '../core/people.ts'
import { type Level, type Plan, planDigest, type Risk, type Tier, type Verdict } from '../core/plan.ts'
import { refText } from '../core/ref.ts'
import { applyRules, type JudgedStep } from './apply-rules.ts'
import { type Autonomy, levelFor, verdictAt } from './autonomy.ts'
import { bindingProblem } from './binding.ts'
import { NOTHING_SPENT, overBudget, type Spent } from './budget.ts'
import type { Effect, Target, World } from './effects.ts'
import { managerOf } from './ownership.ts'
import { type Protection, protectedNamespaces } from './protect.ts'
import { effectsOfRequest } from './requests.ts'
import { NO_POLICY, type Policy } from './rules.ts'
import { riskOf, type Tiered, tierName, tierOf, worst } from './tier.ts'

export interface GateState {
  /** the live objects; absent: nothing is known, every state counts as the worse */
  world?: World
  autonomy: Autonomy
  policy?: Policy
  protection?: Protection
  /** who is said to have made the plan: a person's explicit request, a finding's typed remedy, or the model */
  author: 'person' | 'remedy' | 'model'
  /** a look just now found a finding whose typed remedy this is; absent: the claim is not proved, and counts for nothing */
  isCurrentRemedy?: boolean
  /** AUTONOMY_FOR_MODEL */
  forModel?: 'remedies' | 'all'
  /** as personKey spells it */
  asker: string
  now: Date
  spent?: Spent
  /** the emergency stop, when it is on */
  stop?: { by: string; reason: string }
  /** an admission webhook refused the dry run: what it would do is not known */
  dryRunRefused?: boolean
}

export interface PlanJudgement {
  verdict: Verdict
  tier: Tier
  risk: Risk
  level: Level
  /** clauses, the decisive one first */
  reasons: string[]
  /** what the card says although it does not decide: who else manages an object */
  warnings: string[]
  /** people whom rules let decide beside the usual approvers */
  approvers: PersonRule[]
  /** how many approvals rules ask for */
  needed: number
}

export function judgePlan(plan: Plan, state: GateState): PlanJudgement {
  const names = protectedNamespaces(state.protection)
  const policy = state.policy ?? NO_POLICY
  const steps = plan.steps.map((step): JudgedStep & { found: Tiered } => {
    const effects = effectsOfRequest(step.request, state.world)
    const found = worst(effects.map((effect) => tierOf(effect, names, state.world)))
    return { method: step.request.method, effects, tier: found.tier, found }
  })
  const found = worst([...steps.map((step) => step.found), ...wholePlan(steps, state)])
  const level = levelFor(withPolicy(state.autonomy, policy), touched(steps))
  const rules = applyRules(policy, plan, steps, {
    tier: found.tier,
    author: state.author,
    asker: state.asker,
    now: state.now,
  })
  const warnings = ownerWarnings(plan, steps)
  const judgement = { tier: found.tier, level, warnings, approvers: rules.approvers, needed: rules.needed }

  const denial = denialOf(plan, state, policy, found, rules.denials)
  if (denial)
    return { ...judgement, verdict: 'deny', risk: found.denied ? 'CRITICAL' : riskOf(found.tier), reasons: denial }

  const byLevel = verdictAt(level, found.tier)
  const tierWords = `the ${tierName(found.tier)} tier (${found.tier}) is ${WORDS[byLevel]} at ${level}`
  if (byLevel === 'deny')
    return { ...judgement, verdict: 'deny', risk: riskOf(found.tier), reasons: [tierWords, found.reason] }
  const asks = [...rules.asks, ...reasonsToAsk(state, warnings)]
  const verdict = byLevel === 'allow' && found.tier > 0 && asks.length > 0 ? 'ask' : byLevel
  return {
    ...judgement,
    verdict,
    risk: riskOf(found.tier),
    reasons: [found.reason, ...(verdict === 'ask' ? asks : []), tierWords],
  }
}

const WORDS: Record<Verdict, string> = { allow: 'allowed', ask: 'asked about', deny: 'denied' }

/** Why it may not run at all, the hardest first; undefined when policy may go on. */
function denialOf(plan: Plan, state: GateState, policy: Policy, found: Tiered, byRule: string[]): string[] | undefined {
  if (plan.steps.length === 0) return ['the plan holds no request']
  if (planDigest(plan) !== plan.digest) return ['the plan is not what its digest names']
  const unbound = plan.steps.map(bindingProblem).find((problem) => problem !== undefined)
  if (unbound) return [unbound]
  if (found.denied) return [found.reason]
  if (found.tier === 0) return undefined
  if (state.stop) return [`everything is stopped by ${state.stop.by}: ${state.stop.reason}`]
  if (byRule.length > 0) return byRule
  const over = overBudget(state.spent ?? NOTHING_SPENT, policy.budgets)
  return over ? [over] : undefined
}

function withPolicy(autonomy: Autonomy, policy: Policy): Autonomy {
  return { ...autonomy, namespaces: new Map([...policy.levels, ...autonomy.namespaces]) }
}

function reasonsToAsk(state: GateState, warnings: string[]): string[] {
  const unfree = state.forModel === 'all' ? undefined : whyNotFree(state)
  return [...(unfree === undefined ? [] : [unfree]), ...warnings]
}

/** Only a person's request and the proved remedy of a finding run without being asked about. */
function whyNotFree({ author, isCurrentRemedy }: GateState): string | undefined {
  if (author === 'model') return 'the model made this plan; only remedies of findings run without being asked about'
  if (author === 'person' || isCurrentRemedy === true) return undefined
  return 'it is not, or no longer, the remedy of a finding'
}

/** What several steps do together and no single one of them does. */
function wholePlan(steps: readonly JudgedStep[], state: GateState): Tiered[] {
  const effects = steps.flatMap((step) => step.effects)
  const evictions = effects.filter((effect) => effect.does === 'evict')
  const cordons = effects.some(isCordon) || evictions.some(({ target }) => isOnCordonedNode(target, state.world))
  return [
    ...(cordons && evictions.length > 0 ? [{ tier: 9 as const, denied: false, reason: 'drains a node' }] : []),
    ...(state.dryRunRefused
      ? [
          {
            tier: 9 as const,
            denied: false,
            reason: 'an admission webhook refuses dry runs, so that its effect is not known',
          },
        ]
      : []),
  ]
}

function isCordon(effect: Effect): boolean {
  return (
    effect.does === 'change' &&
    effect.target.kind === 'Node' &&
    effect.changes.some(({ path, after }) => path.join('.') === 'spec.unschedulable' && after === true)
  )
}

function isOnCordonedNode({ live }: Target, world: World | undefined): boolean {
  const name = live?.spec?.nodeName
  return typeof name === 'string' && world?.find({ kind: 'Node', name })?.spec?.unschedulable === true
}

/** The namespaces a plan reaches; undefined for cluster-scoped objects. A Namespace object stands for itself. */
function touched(steps: readonly JudgedStep[]): (string | undefined)[] {
  return steps.flatMap(({ effects }) =>
    effects.flatMap((effect) => {
      if (effect.does === 'read' || !effect.target) return []
      const { kind, name, namespace } = effect.target
      return [namespace ?? (kind === 'Namespace' ? name : undefined)]
    }),
  )
}

function ownerWarnings(plan: Plan, steps: readonly JudgedStep[]): string[] {
  const warnings = steps.flatMap(({ effects }, index) =>
    effects.flatMap((effect) => {
      const live = effect.does === 'read' ? undefined : effect.target?.live
      const manager = live && managerOf(live)
      const object = plan.steps[index]?.object
      return manager && object ? [`${refText(object)}: ${manager}`] : []
    }),
  )
  return [...new Set(warnings)]
}
