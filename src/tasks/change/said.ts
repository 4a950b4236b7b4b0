// Is a plan what a person has asked for? Their words were sealed where they were authenticated; here code reads them once more.
import { undoOf } from '../../actions/compile.ts'
import { plainAgent } from '../../agent/plain/index.ts'
import { parseRequest } from '../../agent/plain/parse.ts'
import { Action } from '../../core/action.ts'
import { canonicalJson } from '../../core/canonical.ts'
import { personKey } from '../../core/people.ts'
import { actionsOfPlan } from '../../core/plan.ts'
import { threadKey } from '../../core/thread.ts'
import { decisionFault } from '../../safety/approvals.ts'
import type { Signer } from '../../safety/signature.ts'
import type { ChangeContext } from './context.ts'
import type { JudgeInput } from './judge.ts'
import { isMadeOfItsActions } from './remedies.ts'
import { sealHolds, undoneBy } from './seal.ts'

type SaidContext = Pick<ChangeContext, 'approvals' | 'clusters'> & { signer: Signer }

/**
 * False where it cannot be told: words that lean on what was said before ("restart it") prove nothing, because the memory of a thread
 * is not sealed. Rejects when the cluster cannot be read.
 */
export async function isSaid(input: JudgeInput, context: SaidContext, signal: AbortSignal): Promise<boolean> {
  const { plan, said, asker, thread } = input
  if (!said || !sealHolds(said, context.signer)) return false
  if (personKey(said.asker) !== personKey(asker) || threadKey(said.thread) !== threadKey(thread)) return false
  const wanted = new Set((await wishIn(said, plan.cluster, context, signal)).map(spelling))
  const actions = actionsOfPlan(plan)
  return (
    actions.every((action) => wanted.has(spelling(action))) &&
    isMadeOfItsActions(plan, context.clusters.get(plan.cluster), signal)
  )
}

function spelling(action: Action): string {
  return canonicalJson(Action.parse(action))
}

async function wishIn(
  { text, scope = {} }: NonNullable<JudgeInput['said']>,
  cluster: string,
  context: SaidContext,
  signal: AbortSignal,
): Promise<Action[]> {
  const undone = undoneBy(text)
  if (undone) return wayBack(undone, cluster, context)
  const { ask } = parseRequest(text)
  if (ask.kind !== 'change' && ask.kind !== 'kubectl') return []
  const answer = await plainAgent(text, {
    clusters: context.clusters,
    subject: scope,
    now: () => new Date(),
    signal,
    progress: () => undefined,
  })
  return answer.cluster === cluster && answer.propose?.author === 'person'
    ? answer.propose.actions.map((action) => Action.parse(action))
    : []
}

/** Of a plan that people or policy have signed. */
async function wayBack(id: string, cluster: string, { approvals, signer }: SaidContext): Promise<Action[]> {
  const done = await approvals.read(id)
  if (done?.id !== id || done.plan.cluster !== cluster) return []
  if (decisionFault(done, signer, { twoPerson: false, needed: 1 })) return []
  return undoOf(done.plan) ?? []
}
