// Task `report`: the bot obeys a captain's order, or reminds the approvers of a plan at half time.
import { type Block, textCard } from '../core/card.ts'
import { personKey } from '../core/people.ts'
import type { TaskOf } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { shortName } from '../safety/approval.ts'
import { mayMove } from '../safety/autonomy.ts'
import type { DecideContext } from './change/context.ts'
import { pendingFor, pendingPlan } from './change/pending.ts'
import { mentions } from './change/plan-card.ts'
import { sealHolds } from './change/seal.ts'
import { type Order, orderIn } from './orders.ts'

const REMINDER = 'reminder:'
const LISTED = 15

export function reminderOf(approval: string): string {
  return `${REMINDER}${approval}`
}

export async function report(task: TaskOf<'report'>, context: DecideContext): Promise<void> {
  if (task.subject.startsWith(REMINDER)) return remind(task, task.subject.slice(REMINDER.length), context)
  const who = personKey(task.asker)
  if (!sealHolds(task, context.signer))
    return context.audit.append({
      kind: 'refused',
      who,
      thread: threadKey(task.thread),
      subject: task.id,
      data: { order: task.subject.slice(0, 200), refused: 'forged' },
    })
  const order = orderIn(task.subject)
  if (order) await say(task, await obey(order, task, context), context)
}

/** Once, and only while it still waits for somebody. */
async function remind(
  task: TaskOf<'report'>,
  id: string,
  { approvals, outbox, practice }: DecideContext,
): Promise<void> {
  const approval = await approvals.read(id)
  if (approval?.state !== 'pending' || !approval.preview?.ok || practice) return
  const people = mentions(approval)
  if (people.length === 0) return
  const left = Math.max(1, Math.round((Date.parse(approval.deadline) - Date.now()) / 60_000))
  const text = [`Plan ${shortName(approval)} still waits for a decision, ${left} min are left: `, ...people]
  await outbox.put({
    kind: 'post',
    key: `reminder-${id}`,
    thread: approval.thread,
    card: { tone: 'ask', blocks: [{ kind: 'text', text }], controls: [] },
    attachments: [],
    root: false,
  })
}

interface Reply {
  text: string
  blocks?: Block[]
}

async function obey(order: Order, task: TaskOf<'report'>, context: DecideContext): Promise<Reply> {
  if (order.verb === 'approvals') return pending(task, context)
  const { standing, audit, config } = context
  const [approver, admin] = await Promise.all([
    context.approver(task.asker, config.APPROVERS),
    context.approver(task.asker, config.ADMINS),
  ])
  const by = { ...task.asker, name: approver.name }
  if (order.verb === 'incidents')
    return (await import('./incident-say.ts')).obeyIncidents(order, by, task.thread, context)
  const entry = { who: personKey(by), thread: threadKey(task.thread), subject: task.id }
  const refuse = async (text: string): Promise<Reply> => {
    await audit.append({ ...entry, kind: 'refused', data: { order: order.verb, why: text } })
    return { text }
  }
  const { stop: stopped, level: current, at: last } = await standing.read()
  const at = new Date(task.at)
  // a copy of an order that was kept, and put into the queue again; a stop is obeyed whatever its age
  if (order.verb !== 'stop' && last !== undefined && at < new Date(last))
    return refuse('A newer order was given meanwhile; say it again if it is still wanted.')
  switch (order.verb) {
    case 'stop': {
      if (!approver.listed && !admin.listed)
        return refuse('Only approvers and admins may stop everything (APPROVERS, ADMINS).')
      // a brake must work although the audit does not: the stop comes first, and its record is tried again with the task
      await standing.pullStop(by, order.reason, at)
      await audit.append({ ...entry, kind: 'stop', data: { reason: order.reason } })
      return {
        text: `Stopped by ${by.name}: no further change is sent, anywhere, until an admin says "resume" (${order.reason}).`,
      }
    }
    case 'resume': {
      if (!stopped) return { text: 'Nothing is stopped.' }
      if (!admin.listed)
        return refuse(
          `Only an admin resumes (ADMINS). Stopped by ${stopped.by.name ?? personKey(stopped.by)}: ${stopped.reason}.`,
        )
      await audit.append({ ...entry, kind: 'resume', data: { stopped: stopped.reason } })
      await standing.releaseStop(by, at)
      return { text: `Resumed by ${by.name}: approved changes are sent again.` }
    }
    case 'autonomy': {
      if (!order.level)
        return { text: `The autonomy level is ${current}, at most ${config.AUTONOMY_MAX} (AUTONOMY_MAX).` }
      if (!mayMove(current, order.level, { admin: admin.listed, approver: approver.listed }))
        return refuse(
          `You may not move the autonomy level from ${current} to ${order.level}: raising it needs an admin (ADMINS), lowering it an approver (APPROVERS).`,
        )
      await audit.append({ ...entry, kind: 'autonomy', data: { from: current, to: order.level } })
      await standing.setLevel(order.level, by, at)
      const capped = order.level > config.AUTONOMY_MAX ? ` In force is ${config.AUTONOMY_MAX}, by AUTONOMY_MAX.` : ''
      return { text: `The autonomy level is now ${order.level}, set by ${by.name}.${capped}` }
    }
  }
}

async function pending(task: TaskOf<'report'>, context: DecideContext): Promise<Reply> {
  const { mine, others } = await pendingFor(task.asker, context)
  const elsewhere = others.length === 0 ? [] : [`${count(others.length)} for somebody else.`]
  if (mine.length === 0) return { text: ['Nothing waits for your decision.', ...elsewhere].join(' ') }
  const items = mine.slice(0, LISTED).map((approval) => {
    const { name, tier, cluster, words, requester, deadline } = pendingPlan(approval)
    return `${name} · ${tier} · ${cluster} · ${words} · asked for by ${requester} · until ${deadline.slice(11, 16)} UTC`
  })
  const rest = [
    ...(mine.length > LISTED ? [`${mine.length - LISTED} more: firstmate approvals list`] : []),
    ...elsewhere,
  ].map((text) => ({ kind: 'note' as const, text }))
  return { text: `${count(mine.length)} for your decision:`, blocks: [{ kind: 'list', items }, ...rest] }
}

function count(plans: number): string {
  return plans === 1 ? 'One plan waits' : `${plans} plans wait`
}

async function say(task: TaskOf<'report'>, { text, blocks = [] }: Reply, { outbox }: DecideContext): Promise<void> {
  const card = textCard(text)
  await outbox.put({
    kind: 'post',
    key: `order-${task.id}`,
    thread: task.thread,
    card: { ...card, blocks: [...card.blocks, ...blocks] },
    attachments: [],
    root: false,
  })
  if (task.message) await outbox.put({ kind: 'react', key: `end-${task.id}`, on: task.message, sign: 'done' })
}
