// Task `preview`: the executor has the server try every request without effect; the card then says what it answered and gets its buttons.
// Where policy allows the plan, the decision is made and signed here, after judging again.

import { messageOf } from '../core/errors.ts'
import type { Level } from '../core/plan.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { createWriter } from '../kube/write.ts'
import { type Approval, approvalId } from '../safety/approval.ts'
import type { PlanJudgement } from '../safety/gate.ts'
import type { ExecuteContext } from './change/context.ts'
import { type Tried, tryPlan } from './change/dry-run.ts'
import { guardsOf } from './change/guards.ts'
import { judge } from './change/judge.ts'
import { aboutPlan } from './change/record.ts'
import { showPlan } from './change/show.ts'
import { readWorld } from './change/world.ts'

const TRY_TIMEOUT_MS = 10_000

export async function preview(task: TaskOf<'preview'>, context: ExecuteContext, signal: AbortSignal): Promise<void> {
  const { approvals } = context
  const approval = await approvals.read(task.approval)
  if (approval?.state !== 'pending' || approval.preview) return
  const { judgement, ...seen } = await look(approval, context, signal).catch(
    (error: unknown): Seen => ({
      ...NOT_TRIED,
      lines: [`could not be tried: ${messageOf(error)}`],
    }),
  )
  // a harder tier than the one first shown is what the approver must see
  const harder =
    judgement && judgement.tier > approval.tier
      ? {
          tier: judgement.tier,
          risk: judgement.risk,
          reasons: judgement.reasons,
          ...guardsOf(approval.plan, judgement.tier, context),
        }
      : {}
  const { ok, lines, effects } = seen
  const noted = await approvals.previewed(approval.id, { preview: { ok, lines, effects }, ...harder })
  if (!noted.refused && judgement?.verdict === 'allow' && ok)
    await decideByPolicy(noted.approval, judgement.level, context, task)
  await showPlan(approval.id, context)
}

type Seen = Tried & { judgement?: PlanJudgement }

const NOT_TRIED: Tried = { ok: false, lines: [], refusals: [], effects: {}, refusesDryRun: false }

/** Judged before it is tried: what the gate denies is not even sent as a dry run. */
async function look(approval: Approval, context: ExecuteContext, signal: AbortSignal): Promise<Seen> {
  if (approvalId(approval) !== approval.id)
    return { ...NOT_TRIED, lines: ['would be refused: the record is not the one that was opened'] }
  const { plan, requester, thread, author, said } = approval
  const cluster = context.clusters.get(plan.cluster)
  const world = await readWorld(cluster, plan, signal)
  const judged = (dryRunRefused: boolean) =>
    judge({ plan, world, asker: requester, thread, author, said, dryRunRefused }, context)
  const first = await judged(false)
  if (first.verdict === 'deny')
    return { ...NOT_TRIED, lines: [`would be refused: ${first.reasons.join('; ')}`], judgement: first }
  const writer = createWriter(context.writers.get(plan.cluster))
  const tried = await tryPlan(
    plan,
    (request) => writer.send(request, { dryRun: true, signal, timeoutMs: TRY_TIMEOUT_MS }),
    cluster,
    signal,
  )
  return { ...tried, judgement: tried.refusesDryRun ? await judged(true) : first }
}

async function decideByPolicy(
  approval: Approval,
  level: Level,
  context: ExecuteContext,
  task: TaskOf<'preview'>,
): Promise<void> {
  await context.audit.append({
    kind: 'decision',
    who: `policy:${level}`,
    ...aboutPlan(approval),
    data: { decision: 'approve', authority: `policy ${level}` },
  })
  const by = { platform: 'policy' as const, workspace: '', id: level, name: `policy ${level}` }
  const decided = await context.approvals.decide(
    approval.id,
    { by, kind: 'approve', listed: true, guards: { twoPerson: false }, authority: { policy: level } },
    context.signer,
  )
  if (decided.approval?.state !== 'approved') return
  await context.enqueue({
    kind: 'execute',
    id: taskId('execute', approval.id),
    thread: task.thread,
    asker: task.asker,
    at: new Date().toISOString(),
    approval: approval.id,
  })
}
