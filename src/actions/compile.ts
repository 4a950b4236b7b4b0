// The one way from an Action to a Plan, and from an executed plan to its way back.
import { Action, type ActionVerb } from '../core/action.ts'
import { UsageError } from '../core/errors.ts'
import { SYSTEM_NAMESPACES } from '../core/namespaces.ts'
import { type Plan, planDigest, type Step } from '../core/plan.ts'
import type { ActionContext, ActionMember, Compiled, Expectation, Lookup } from './action.ts'
import { ACTIONS } from './index.ts'
import { AsAskedError } from './requests.ts'
import { inSequence, mergedPreconditions } from './sequence.ts'

const BY_VERB = new Map<ActionVerb, ActionMember>(
  ACTIONS.map((member) => [member.verb, member as unknown as ActionMember]),
)

function memberOf(action: Action): ActionMember {
  const member = BY_VERB.get(action.verb)
  if (!member) throw new UsageError(`there is no action "${String(action.verb).slice(0, 40)}"`)
  return member
}

export interface CompileOptions {
  now?: Date
  /** namespaces whose pods a drain leaves alone; default: the system namespaces and `firstmate` */
  leaveAlone?: ReadonlySet<string>
}

export interface CompiledPlan {
  plan: Plan
  /** what the card says beside the steps */
  notes: string[]
}

/**
 * Compiles an action to the exact requests that would be sent, bound to the objects as `lookup` shows them now. Throws a
 * UsageError, NotFoundError or ConflictError with one sentence when there is nothing that could be sent.
 */
export async function compileAction(
  action: Action,
  cluster: string,
  lookup: Lookup,
  options: CompileOptions = {},
): Promise<CompiledPlan> {
  return planOf([action], cluster, lookup, options)
}

/** Several actions as one plan, in order: each is compiled against the objects as those before it will have left them. */
export async function planOf(
  actions: readonly Action[],
  cluster: string,
  lookup: Lookup,
  options: CompileOptions = {},
): Promise<CompiledPlan> {
  const { made, compiled, asAsked } = await compileAll(actions, lookup, options)
  const [only, ...more] = made
  const bare = {
    cluster,
    steps: compiled.flatMap(({ steps }) => steps),
    preconditions: mergedPreconditions(compiled.flatMap(({ preconditions }) => preconditions)),
    executionSeconds: compiled.reduce((sum, { executionSeconds }) => sum + executionSeconds, 0),
    ...(only && more.length === 0 ? { action: only } : {}),
    ...(more.length > 0 && compiled.every(({ steps }) => steps.length === 1) ? { actions: made } : {}),
  }
  const notes = [...compiled.flatMap((one) => one.notes ?? []), ...asAsked.slice(0, 5).map(({ message }) => message)]
  return { plan: { ...bare, digest: planDigest(bare) }, notes }
}

/** The steps alone, of what is only looked at and never becomes a plan. Throws as `planOf` does. */
export async function stepsOf(
  actions: readonly Action[],
  lookup: Lookup,
  options: CompileOptions = {},
): Promise<Step[]> {
  return (await compileAll(actions, lookup, options)).compiled.flatMap(({ steps }) => steps)
}

interface CompiledActions {
  /** those of the actions that change something */
  made: Action[]
  compiled: Compiled[]
  /** the others, whose object already is as asked */
  asAsked: AsAskedError[]
}

async function compileAll(
  actions: readonly Action[],
  lookup: Lookup,
  options: CompileOptions,
): Promise<CompiledActions> {
  const sequence = inSequence(lookup)
  const context: ActionContext = {
    lookup: sequence,
    now: options.now ?? new Date(),
    leaveAlone: options.leaveAlone ?? new Set([...SYSTEM_NAMESPACES, 'firstmate']),
  }
  const all: CompiledActions = { made: [], compiled: [], asAsked: [] }
  for (const action of actions) {
    const parsed = Action.safeParse(action)
    if (!parsed.success)
      throw new UsageError(`the action cannot be read: ${parsed.error.issues[0]?.message ?? 'unknown reason'}`)
    try {
      const compiled = await memberOf(parsed.data).compile(parsed.data as never, context)
      if (actions.length > 1) await sequence.after(compiled.steps)
      all.compiled.push(compiled)
      all.made.push(action)
    } catch (error) {
      if (!(error instanceof AsAskedError)) throw error
      all.asAsked.push(error)
    }
  }
  const [nothing] = all.asAsked
  if (nothing && all.compiled.length === 0) throw nothing
  if (all.compiled.every(({ steps }) => steps.length === 0)) throw new UsageError('the plan would hold no request')
  return all
}

/** As compileAction, the plan alone. */
export async function compilePlan(
  action: Action,
  cluster: string,
  lookup: Lookup,
  options: CompileOptions = {},
): Promise<Plan> {
  return (await compileAction(action, cluster, lookup, options)).plan
}

/**
 * The way back of a plan that was executed, from what its own steps record; of several actions all of them, the last one first.
 * Undefined where there is none.
 */
export function undoOf(plan: Plan): Action[] | undefined {
  const parts = partsOf(plan)
  const back = parts.flatMap(({ action, steps }) => memberOf(action).undo(action as never, steps) ?? [])
  return parts.length > 0 && back.length === parts.length ? back.reverse() : undefined
}

/** What must be seen for the plan to have worked; empty when its requests are all there is to it. */
export function expectationsOf(plan: Plan): Expectation[] {
  return partsOf(plan).flatMap(({ action, steps }) => memberOf(action).expect(action as never, steps))
}

/** The actions of a plan, each with its own steps. */
function partsOf({ action, actions, steps }: Plan): { action: Action; steps: Step[] }[] {
  if (action) return [{ action, steps }]
  if (actions?.length !== steps.length) return []
  return steps.flatMap((step, index) => {
    const part = actions[index]
    return part ? [{ action: part, steps: [step] }] : []
  })
}
