// The life of an approval, as a pure state machine: every transition is one function from a record and an event to the next record, or a refusal.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '../core/canonical.ts'
import { Person, PersonRule, personKey } from '../core/people.ts'
import { Level, Plan, Risk, Tier } from '../core/plan.ts'
import { AnswerTask } from '../core/task.ts'
import { Thread } from '../core/thread.ts'

export const Decision = z.object({
  by: Person,
  kind: z.enum(['approve', 'reject']),
  /** a person, or the autonomy level at which policy decided */
  authority: z.union([z.literal('person'), z.object({ policy: Level })]),
  at: z.string(),
  reason: z.string().optional(),
  signature: z.string(),
})
export type Decision = z.infer<typeof Decision>

export const ApprovalState = z.enum([
  'pending',
  'approved',
  'running',
  'done',
  'failed',
  'unknown',
  'rejected',
  'expired',
  'superseded',
])
export type ApprovalState = z.infer<typeof ApprovalState>

export const Approval = z.object({
  /** opaque; a commitment to what was opened, see `approvalId`. The short name of the plan is its digest's prefix */
  id: z.string(),
  /** random: makes the id unguessable */
  nonce: z.string(),
  /** the task that opened it: opened once, however often that task runs */
  task: z.string().optional(),
  plan: Plan,
  tier: Tier,
  risk: Risk,
  reasons: z.array(z.string()),
  requester: Person,
  author: z.enum(['person', 'remedy', 'model']),
  /** the sealed words that prove it of a person: without them a plan never runs by policy as that person's wish */
  said: AnswerTask.optional(),
  reason: z.string(),
  thread: Thread,
  /** how many different people must approve, and who is asked */
  needed: z.int().min(1),
  approvers: z.array(PersonRule),
  /** the requester may not decide */
  twoPerson: z.boolean(),
  /** what an approver must type, for tier 9 */
  typedName: z.string().optional(),
  created: z.string(),
  deadline: z.string(),
  state: ApprovalState,
  decisions: z.array(Decision),
  /** the executor that runs it; renewed before every request */
  claim: z.object({ token: z.string(), until: z.string() }).optional(),
  /** requests answered so far: what settles an interrupted run */
  progress: z.array(z.object({ step: z.int(), status: z.int(), note: z.string() })).default([]),
  outcome: z.string().optional(),
  /** what it is called beside this one */
  supersededBy: z.string().optional(),
  /** what the server's dry run said, for the card; absent: not tried yet */
  preview: z
    .object({
      ok: z.boolean(),
      lines: z.array(z.string()),
      /** by the step's place: what the server would make of the object, where that is more than the request says */
      effects: z.record(z.string(), z.array(z.string())).optional(),
    })
    .optional(),
  /** what the card says beside the steps: other managers of the object, what is left alone */
  notes: z.array(z.string()).default([]),
  /** what the change reaches: pods, ready replicas kept, disruption budgets, other owners */
  reach: z.array(z.string()).default([]),
  /** what was wrong with the objects when the plan was made, `check` by `check`: looked at again afterwards */
  troubles: z
    .array(
      z.object({
        check: z.string(),
        object: z.string(),
        summary: z.string(),
        /** keys of the object and of what suffered from it */
        about: z.array(z.string()).default([]),
        /** the plan is what this finding proposed: it has helped when nothing that suffered is ill any more */
        remedied: z.boolean().default(false),
      }),
    )
    .default([]),
  /** what was seen afterwards */
  verified: z.object({ helped: z.boolean(), words: z.string() }).optional(),
  /** there is a way back once it has run */
  undo: z.boolean().default(false),
  /** the approval that this one takes back */
  undoes: z.string().optional(),
  /** the incident that it is to end: withdrawn when that is over */
  incident: z.string().optional(),
  /** approvals of other threads that were pending for the same object when this one was opened, or came later */
  rivals: z.array(z.string()).default([]),
})
export type Approval = z.infer<typeof Approval>

export type Refusal =
  | 'decided'
  | 'expired'
  | 'superseded'
  | 'not-an-approver'
  | 'own-request'
  | 'already-approved-by-you'
  | 'name-not-typed'
  | 'not-tried'
  | 'forged'
  | 'not-approved'
  | 'claimed'
  | 'claim-lost'

export type Step = { next: Approval } | { refused: Refusal }

const SETTLED: ReadonlySet<ApprovalState> = new Set(['done', 'failed', 'rejected', 'expired', 'superseded'])

export function isSettled(approval: Approval): boolean {
  return SETTLED.has(approval.state)
}

export function shortName(approval: Pick<Approval, 'plan'>): string {
  return approval.plan.digest.slice(0, 6)
}

/**
 * The id commits to what was opened. The buttons that people see carry it, and they are kept by the platform: whoever can write to
 * Redis cannot put another plan, requester, deadline or list of approvers behind a card that is already shown.
 */
export function approvalId(
  record: Pick<
    Approval,
    'nonce' | 'plan' | 'requester' | 'author' | 'thread' | 'needed' | 'approvers' | 'created' | 'deadline' | 'undoes'
  >,
): string {
  const { nonce, plan, requester, author, thread, needed, approvers, created, deadline, undoes } = record
  const terms = {
    nonce,
    // all of it: the words of its card and its way back too
    plan,
    requester: personKey(requester),
    author,
    thread,
    needed,
    approvers,
    created,
    deadline,
    undoes,
  }
  return createHash('sha256')
    .update(`firstmate approval v2\n${canonicalJson(terms)}`)
    .digest('base64url')
    .slice(0, 32)
}

/** What a decision must fulfil, derived from settings and tier by whoever takes it: the record's own word can only make it stricter. */
export interface Guards {
  /** the requester may not approve */
  twoPerson: boolean
  /** what must be typed */
  typedName?: string | undefined
}

export interface Wish {
  by: Person
  kind: 'approve' | 'reject'
  /** what the platform said at click time: is this person among the approvers */
  listed: boolean
  typed?: string | undefined
}

/** Whether this person may decide now. */
export function mayDecide(
  approval: Approval,
  { by, kind, listed, typed }: Wish,
  guards: Guards,
  now: Date,
): Refusal | undefined {
  if (approvalId(approval) !== approval.id) return 'forged'
  const open = refuseUnlessPending(approval, now)
  if (open) return open
  const own = personKey(by) === personKey(approval.requester)
  // who asked for it may always take it back
  if (kind === 'reject') return listed || own ? undefined : 'not-an-approver'
  if (!listed) return 'not-an-approver'
  if ((approval.twoPerson || guards.twoPerson) && own) return 'own-request'
  if (approval.decisions.some((decision) => decision.kind === 'approve' && personKey(decision.by) === personKey(by)))
    return 'already-approved-by-you'
  if (!approval.preview?.ok) return 'not-tried'
  const name = guards.typedName ?? approval.typedName
  return name !== undefined && typed?.trim() !== name ? 'name-not-typed' : undefined
}

export function decide(approval: Approval, decision: Decision, now: Date): Step {
  const open = refuseUnlessPending(approval, now)
  if (open) return { refused: open }
  if (
    decision.kind === 'approve' &&
    approval.decisions.some((known) => known.kind === 'approve' && personKey(known.by) === personKey(decision.by))
  ) {
    return { refused: 'already-approved-by-you' }
  }
  const decisions = [...approval.decisions, decision]
  if (decision.kind === 'reject') return { next: { ...approval, decisions, state: 'rejected' } }
  const approvals = new Set(decisions.filter((known) => known.kind === 'approve').map((known) => personKey(known.by)))
  return { next: { ...approval, decisions, state: approvals.size >= approval.needed ? 'approved' : 'pending' } }
}

function refuseUnlessPending(approval: Approval, now: Date): Refusal | undefined {
  if (approval.state === 'superseded') return 'superseded'
  if (approval.state === 'expired') return 'expired'
  if (approval.state !== 'pending') return 'decided'
  return isLate(approval, now) ? 'expired' : undefined
}

/** The deadline also ends an approved plan that has not started. */
export function isLate(approval: Approval, now: Date): boolean {
  return now.getTime() >= Date.parse(approval.deadline)
}

export function expire(approval: Approval, now: Date): Step {
  if (approval.state !== 'pending' && approval.state !== 'approved') return { refused: 'decided' }
  return isLate(approval, now) ? { next: { ...approval, state: 'expired' } } : { refused: 'not-approved' }
}

export function supersede(approval: Approval, by: string | undefined): Step {
  if (approval.state !== 'pending') return { refused: 'decided' }
  return { next: { ...approval, state: 'superseded', ...(by ? { supersededBy: by } : {}) } }
}

/** One executor takes an approved plan, once and for all: a lapsed claim is settled by looking, never taken again. */
export function claim(approval: Approval, token: string, until: Date, now: Date): Step {
  if (approval.state === 'running') return { refused: 'claimed' }
  if (approval.state === 'pending') return { refused: 'not-approved' }
  if (approval.state !== 'approved') return { refused: approval.state === 'expired' ? 'expired' : 'decided' }
  if (isLate(approval, now)) return { refused: 'expired' }
  return { next: { ...approval, state: 'running', claim: { token, until: until.toISOString() } } }
}

/** Before every request: still ours, and what has been done so far is on record. */
export function renew(
  approval: Approval,
  token: string,
  until: Date,
  now: Date,
  progress: Approval['progress'] = approval.progress,
): Step {
  if (approval.state !== 'running' || approval.claim?.token !== token) return { refused: 'claim-lost' }
  if (now.getTime() >= Date.parse(approval.claim.until)) return { refused: 'claim-lost' }
  return { next: { ...approval, claim: { token, until: until.toISOString() }, progress } }
}

export function finish(
  approval: Approval,
  token: string,
  state: 'done' | 'failed',
  outcome: string,
  progress: Approval['progress'],
): Step {
  if (approval.state !== 'running' || approval.claim?.token !== token) return { refused: 'claim-lost' }
  return { next: { ...approval, state, outcome, progress } }
}

/** A run whose executor vanished: nobody knows yet how far it came. */
export function lapse(approval: Approval, now: Date): Step {
  if (approval.state !== 'running' || !approval.claim) return { refused: 'decided' }
  return now.getTime() > Date.parse(approval.claim.until)
    ? { next: { ...approval, state: 'unknown' } }
    : { refused: 'claimed' }
}

/** What the executor's dry run said; it can make the tier harder, never easier, and only before anybody has decided. */
export function previewed(
  approval: Approval,
  seen: Pick<Approval, 'preview'> & Partial<Pick<Approval, 'tier' | 'risk' | 'typedName' | 'twoPerson' | 'reasons'>>,
): Step {
  if (approval.state !== 'pending' || approval.decisions.length > 0) return { refused: 'decided' }
  return { next: { ...approval, ...seen, tier: seen.tier && seen.tier > approval.tier ? seen.tier : approval.tier } }
}

/** After looking at the cluster. */
export function settle(approval: Approval, state: 'done' | 'failed', outcome: string): Step {
  return approval.state === 'unknown' ? { next: { ...approval, state, outcome } } : { refused: 'decided' }
}
