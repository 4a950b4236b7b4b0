// A press of a button on a plan's card: decide, see it in full, take it back. Every press that is refused is on record.
import type { Audit } from '../audit/audit.ts'
import type { Click, ClickReply, Verdict } from '../chat/contract.ts'
import type { Outbox } from '../chat/outbox.ts'
import { type Person, personKey } from '../core/people.ts'
import { redact } from '../core/redact.ts'
import { type Enqueue, type TaskOf, taskId } from '../core/task.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import { type Approval, approvalId, shortName } from '../safety/approval.ts'
import type { Approvals } from '../safety/approvals.ts'
import type { Signer } from '../safety/signature.ts'
import { detailsCard } from './change/details-card.ts'
import { planKey } from './change/plan-card.ts'
import { sealed, undoWords } from './change/seal.ts'

const REASON_LENGTH = 1000

interface PressContext {
  outbox: Outbox
  approvals: Approvals
  enqueue: Enqueue
  mayAsk(person: Person, where: Thread): Promise<Verdict>
  signer: Signer
  audit: Audit
}

/** Nothing in the click is believed but the id, the authenticated person and the message, which must be ours for this very plan. */
export async function pressPlan(press: Click, context: PressContext): Promise<ClickReply> {
  const [, id = '', verb = ''] = press.control.split(':')
  const [approval, ours] = await Promise.all([context.approvals.read(id), context.outbox.keyOf(press.on)])
  const refuse = async (why: string): Promise<ClickReply> => {
    const who = personKey(press.person)
    await context.audit.append({
      kind: 'refused',
      who,
      thread: threadKey(press.on.thread),
      subject: id.slice(0, 64),
      data: { pressed: verb.slice(0, 20), why },
    })
    return { note: why }
  }
  if (!approval || ours?.key !== planKey(id) || threadKey(ours.thread) !== threadKey(approval.thread))
    return refuse('This button is not known any more.')
  if (approvalId(approval) !== approval.id)
    return refuse('The stored plan is not the one that was shown here, so nothing can be done with it.')
  // who may decide is looked up when the decision is taken
  if (verb === 'approve' || verb === 'reject') return decideBy(press, approval, verb, context)
  const verdict = await context.mayAsk(press.person, press.on.thread)
  if (!verdict.allowed) return refuse(verdict.why)
  if (verb === 'details') return showDetails(approval, context)
  if (verb !== 'undo') return refuse('This button is not known any more.')
  // the actions are many and a bot rarely needs them
  const { undoOf } = await import('../actions/compile.ts')
  const undo = approval.state === 'done' ? undoOf(approval.plan) : undefined
  if (!undo) return refuse('There is no way back for this plan.')
  const wish = {
    thread: approval.thread,
    asker: { ...press.person, ...(verdict.name ? { name: verdict.name } : {}) },
    at: new Date().toISOString(),
  }
  await context.enqueue({
    ...wish,
    kind: 'propose',
    id: taskId('propose', 'undo', id, press.trigger),
    cluster: approval.plan.cluster,
    actions: undo,
    author: 'person',
    said: sealed(
      { ...wish, kind: 'answer', id: taskId('answer', 'undo', id, press.trigger), text: undoWords(id) },
      context.signer,
    ),
    reason: `undo of plan ${shortName(approval)}`,
    undoes: id,
  })
  return {}
}

async function decideBy(
  press: Click,
  approval: Approval,
  decision: 'approve' | 'reject',
  { enqueue, signer }: PressContext,
): Promise<ClickReply> {
  const { name, reason } = press.fields
  const task: TaskOf<'decide'> = {
    kind: 'decide',
    id: taskId('decide', approval.id, personKey(press.person), press.trigger),
    thread: approval.thread,
    asker: press.person,
    at: new Date().toISOString(),
    approval: approval.id,
    decision,
    ...(reason ? { reason: redact(reason.slice(0, REASON_LENGTH)) } : {}),
    ...(name ? { typedName: name } : {}),
    on: press.on,
  }
  await enqueue(sealed(task, signer))
  return {}
}

async function showDetails(approval: Approval, { outbox }: PressContext): Promise<ClickReply> {
  const { id, thread } = approval
  const card = detailsCard(approval)
  await outbox.put({ kind: 'post', key: `details-${id}`, thread, card, attachments: [], root: false })
  return {}
}
