// The sweeper: no approval is forgotten. Approved plans without a job are queued again, lapsed runs are settled, late ones end.
import { messageOf } from '../core/errors.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { createDesk } from '../incidents/desk.ts'
import { type Approval, isLate } from '../safety/approval.ts'
import type { ChangeContext } from './change/context.ts'
import { ended } from './change/outcome.ts'
import { showPlan } from './change/show.ts'

// a decision has this long to bring its own job
const GRACE_MS = 5000
const PREVIEW_MS = 30_000

export async function sweep(context: ChangeContext): Promise<void> {
  for (const approval of await context.approvals.list({ open: true })) {
    // one that cannot be swept must not keep the others from it
    await sweepOne(approval, context).catch((error: unknown) =>
      context.log.warn({ approval: approval.id, error: messageOf(error) }, 'a plan could not be swept'),
    )
  }
}

/** The remedy of an incident that is over. */
async function isMoot({ incident }: Approval, { store }: ChangeContext): Promise<boolean> {
  const found = incident ? await createDesk(store).read(incident) : undefined
  return found !== undefined && found.state !== 'open'
}

async function sweepOne(approval: Approval, context: ChangeContext): Promise<void> {
  const now = new Date()
  const base = { thread: approval.thread, asker: approval.requester, at: now.toISOString(), approval: approval.id }
  if (approval.state === 'pending' || approval.state === 'approved') {
    if (isLate(approval, now)) {
      const changed = await context.approvals.expire(approval.id)
      if (!changed.refused) await ended(changed.approval, 'expired', context)
      return
    }
    if (approval.state === 'pending' && (await isMoot(approval, context))) {
      const changed = await context.approvals.supersede(approval.id)
      if (!changed.refused) await ended(changed.approval, 'withdrawn: its incident is over', context)
      return
    }
    const waited = now.getTime() - Date.parse(approval.created)
    // a preview runs once: when its executor died, another looks
    if (approval.state === 'pending' && !approval.preview && waited > PREVIEW_MS)
      await context.enqueue({
        ...base,
        kind: 'preview',
        id: taskId('preview', approval.id, String(Math.floor(now.getTime() / PREVIEW_MS))),
      })
    const decided = Date.parse(approval.decisions.at(-1)?.at ?? approval.created)
    if (approval.state === 'approved' && now.getTime() - decided > GRACE_MS) {
      // a new id: the first job may have died with its executor before it took the plan; claiming is a compare-and-set, so two are harmless
      const task: TaskOf<'execute'> = {
        ...base,
        kind: 'execute',
        id: taskId('execute', approval.id, String(Math.floor(now.getTime() / 10_000))),
      }
      await context.enqueue(task)
    }
    return
  }
  if (approval.state === 'running') {
    const lapsed = await context.approvals.lapse(approval.id)
    if (lapsed.refused) return
    await showPlan(approval.id, context)
  }
  if (approval.state === 'running' || approval.state === 'unknown') {
    const minute = Math.floor(now.getTime() / 60_000)
    await context.enqueue({ ...base, kind: 'settle', id: taskId('settle', approval.id, String(minute)) })
  }
}
