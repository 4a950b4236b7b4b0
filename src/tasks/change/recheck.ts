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

/** The dry run once more: what the server would refuse now, or make something else of, is not even begun. An eviction waits for its budget anyway. */
async function tryAgain(
  { plan, tier, preview }: Approval,
  context: ExecuteContext,
  signal: AbortSignal,
  dryRun: DryRun,
): Promise<Refused | undefined> {
  const steps = plan.steps.filter(({ rule }) => rule !== 'evict')
  const tried = await tryPlan({ ...plan, steps }, dryRun, context.clusters.get(plan.cluster), signal)
  const refusals = [...tried.refusals]
  // known and shown when it was approved: that is why it is of the hardest tier
  if (tried.refusesDryRun && tier !== 9) refusals.push('an admission webhook refuses dry runs now')
  if (refusals.length > 0)
    return { failed: `Nothing was sent: the server's dry run now says: ${refusals.join('; ')}`, changed: false }
  const shown = steps.map((step) => preview?.effects?.[String(plan.steps.indexOf(step))])
  const other = steps.findIndex((_, at) => timeless(shown[at]) !== timeless(tried.effects[String(at)]))
  if (tried.refusesDryRun || other < 0) return undefined
  const words = steps[other]?.words ?? ''
  return {
    failed: `Nothing was sent: the server would now make something else of it than was shown (${words}).`,
    changed: true,
  }
}

/** An admission webhook may write the time into what it changes. */
function timeless(effect: string[] | undefined): string {
  return (effect ?? []).join('\n').replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/g, 'then')
}
