// Just before the first request: is the decision what it says, the world as it was planned, and does gate and server still let it pass?
import type { Request } from '../../core/plan.ts'
import type { Approval } from '../../safety/approval.ts'
import { decisionFault, isByPolicy } from '../../safety/approvals.ts'
import type { ExecuteContext } from './context.ts'
import { type Said, tryPlan } from './dry-run.ts'
import { guardsOf } from './guards.ts'
import { judge } from './judge.ts'
import { changedSince } from './unchanged.ts'
import { readWorld } from './world.ts'

export interface Refused {
  failed: string
  /** the world is another one: the same wish may be planned afresh */
  changed: boolean
}

type DryRun = (request: Request) => Promise<Said>

/** Undefined when it may be sent. Rejects when something could not be asked: then nothing is sent either. */
export async function recheck(
  approval: Approval,
  context: ExecuteContext,
  signal: AbortSignal,
  dryRun: DryRun,
): Promise<Refused | undefined> {
  return (
    untrue(approval, context) ??
    (await notAsPlanned(approval, context, signal)) ??
    (await tryAgain(approval, context, signal, dryRun))
  )
}

/** Is this what was approved, by whom it takes? */
function untrue(approval: Approval, context: ExecuteContext): Refused | undefined {
  const fault = decisionFault(approval, context.signer, {
    twoPerson: guardsOf(approval.plan, approval.tier, context).twoPerson === true,
    needed: 1,
  })
  return fault ? { failed: `Refused, nothing was sent: ${fault}. This is on record.`, changed: false } : undefined
}

/** Is the world still the one it was approved for, and does the gate still let it pass? */
async function notAsPlanned(
  approval: Approval,
  context: ExecuteContext,
  signal: AbortSignal,
): Promise<Refused | undefined> {
  const { plan } = approval
  const cluster = context.clusters.get(plan.cluster)
  const changed = await changedSince(plan.preconditions, cluster, signal)
  if (changed) return { failed: `Nothing was sent: ${changed} since it was planned.`, changed: true }
  const world = await readWorld(cluster, plan, signal)
  const judgement = await judge(
    {
      plan,
      world,
      asker: approval.requester,
      thread: approval.thread,
      author: approval.author,
      said: approval.said,
      dryRunRefused: approval.tier === 9,
    },
    context,
  )
  const byPolicy = isByPolicy(approval)
  if (judgement.verdict === 'deny')
    return { failed: `Nothing was sent: ${judgement.reasons.join('; ')}.`, changed: false }
  if (judgement.tier > approval.tier || (byPolicy && judgement.verdict !== 'allow'))
    return {
      failed: `Nothing was sent: it must be asked about afresh, because ${judgement.reasons.join('; ')}.`,
      changed: true,
    }
  const fault = byPolicy
    ? undefined
    : decisionFault(approval, context.signer, { twoPerson: false, needed: judgement.needed })
  return fault ? { failed: `Nothing was sent: ${fault}.`, changed: true } : undefined
}

/** The dry run once more: what the server would refuse now is not even begun. An eviction waits for its budget anyway. */
async function tryAgain(
  { plan, tier }: Approval,
  context: ExecuteContext,
  signal: AbortSignal,
  dryRun: DryRun,
): Promise<Refused | undefined> {
  const tried = await tryPlan(
    { ...plan, steps: plan.steps.filter(({ rule }) => rule !== 'evict') },
    dryRun,
    context.clusters.get(plan.cluster),
    signal,
  )
  const refused = tried.ok
    ? []
    : tried.lines.filter((line) => / refused /.test(line)).map((line) => line.replace(/^\d+\. /, ''))
  // known and shown when it was approved: that is why it is of the hardest tier
  if (tried.refusesDryRun && tier !== 9) refused.push('an admission webhook refuses dry runs now')
  if (refused.length === 0) return undefined
  return { failed: `Nothing was sent: the server's dry run now says: ${refused.join('; ')}`, changed: false }
}
