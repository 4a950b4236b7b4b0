// Task `preview`: the executor has the server try every request without effect; the card then says what it answered and gets its buttons.
// Where policy allows the plan, the decision is made and signed here, after judging again.

import { messageOf } from '../core/errors.ts'
import type { Level } from '../core/plan.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { createWriter, type Sent } from '../kube/write.ts'
import type { Approval } from '../safety/approval.ts'
import type { PlanJudgement } from '../safety/gate.ts'
import type { ExecuteContext } from './change/context.ts'
import { guardsOf } from './change/guards.ts'
import { judge } from './change/judge.ts'
import { showPlan } from './change/show.ts'
import { readWorld } from './change/world.ts'

export async function preview(task: TaskOf<'preview'>, context: ExecuteContext, signal: AbortSignal): Promise<void> {
  const { approvals } = context
  const approval = await approvals.read(task.approval)
  if (approval?.state !== 'pending' || approval.preview) return
  const seen = await look(approval, context, signal).catch((error: unknown) => ({
    ok: false,
    lines: [`could not be tried: ${messageOf(error)}`],
    judgement: undefined,
  }))
  const { judgement } = seen
  const denied = judgement?.verdict === 'deny'
  const lines = denied ? [`would be refused: ${judgement.reasons.join('; ')}`, ...seen.lines] : seen.lines
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
  const noted = await approvals.previewed(approval.id, { preview: { ok: seen.ok && !denied, lines }, ...harder })
  if (!noted.refused && judgement?.verdict === 'allow' && seen.ok)
    await decideByPolicy(noted.approval, judgement.level, context, task)
  await showPlan(approval.id, context)
}

async function look(
  approval: Approval,
  context: ExecuteContext,
  signal: AbortSignal,
): Promise<Tried & { judgement: PlanJudgement }> {
  const tried = await tryAll(approval, context, signal)
  const { plan, requester, thread, author } = approval
  const world = await readWorld(context.clusters.get(plan.cluster), plan, signal)
  return {
    ...tried,
    judgement: await judge(
      { plan, world, asker: requester, thread, author, dryRunRefused: tried.refusesDryRun },
      context,
    ),
  }
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
    cluster: approval.plan.cluster,
    thread: threadKey(approval.thread),
    subject: approval.id,
    digest: approval.plan.digest,
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

interface Tried {
  ok: boolean
  lines: string[]
  refusesDryRun: boolean
}

async function tryAll(approval: Approval, context: ExecuteContext, signal: AbortSignal): Promise<Tried> {
  const writer = createWriter(context.writers.get(approval.plan.cluster))
  const lines: string[] = []
  let ok = true
  let refusesDryRun = false
  for (const [at, step] of approval.plan.steps.entries()) {
    const said = await writer
      .send(step.request, { dryRun: true, signal })
      .catch((error: unknown) => ({ status: 0, body: { message: messageOf(error) } }))
    const good = said.status >= 200 && said.status < 300
    if (good) lines.push(`${at + 1}. accepted: ${step.words}`)
    else if (at > 0 && (said.status === 404 || said.status === 422))
      lines.push(`${at + 1}. cannot be tried before step ${at} has run`)
    else if (step.rule === 'evict' && said.status === 429) lines.push(`${at + 1}. would wait: ${reasonOf(said)}`)
    else {
      lines.push(`${at + 1}. refused (${said.status || 'no answer'}): ${reasonOf(said)}`)
      if (/does not support dry run/i.test(reasonOf(said))) refusesDryRun = true
      else ok = false
    }
  }
  return { ok, lines: lines.slice(0, 60), refusesDryRun }
}

function reasonOf(said: Sent): string {
  const message = (said.body as { message?: unknown } | null)?.message
  return typeof message === 'string' ? message.slice(0, 300) : 'without a reason'
}
