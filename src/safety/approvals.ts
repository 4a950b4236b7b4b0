// Approvals in the store: opaque ids, every transition one compare-and-set, decisions signed. Works on any replica and over restarts.
import { randomBytes } from 'node:crypto'
import { ZodError } from 'zod'
import { UsageError } from '../core/errors.ts'
import { personKey } from '../core/people.ts'
import { planDigest } from '../core/plan.ts'
import type { Store } from '../store/store.ts'
import {
  Approval,
  approvalId,
  claim,
  type Decision,
  decide,
  expire,
  finish,
  type Guards,
  isSettled,
  lapse,
  mayDecide,
  previewed,
  type Refusal,
  renew,
  type Step,
  settle,
  shortName,
  supersede,
  type Wish,
} from './approval.ts'
import type { SignedDecision, Signer } from './signature.ts'

const KEPT_MS = 30 * 24 * 3600_000
const CLAIM_MS = 15_000
const MAX_RIVALS = 5

export type Changed =
  | { approval: Approval; refused?: undefined }
  | { approval: Approval | undefined; refused: Refusal | 'unknown-approval' }

export interface DecideInput extends Wish {
  reason?: string | undefined
  guards: Guards
  /** default: the person */
  authority?: Decision['authority']
}

export interface Approvals {
  open(
    draft: Omit<
      Approval,
      'id' | 'nonce' | 'state' | 'decisions' | 'created' | 'progress' | 'reach' | 'troubles' | 'rivals'
    > &
      Partial<Pick<Approval, 'reach'>>,
  ): Promise<Approval>
  read(id: string): Promise<Approval | undefined>
  /**
   * By id, or by the short name of the plan (the digest's prefix) among those that are not settled, else the newest. Rejects with a
   * UsageError when several wait under that name: which one is meant must not be a guess.
   */
  find(name: string): Promise<Approval | undefined>
  /** newest first */
  list(filter?: { open?: boolean }): Promise<Approval[]>
  decide(id: string, input: DecideInput, signer: Signer): Promise<Changed>
  expire(id: string): Promise<Changed>
  supersede(id: string, by?: string): Promise<Changed>
  claim(id: string): Promise<Changed & { token?: string }>
  /** before every request; `progress` is what was answered so far */
  renew(id: string, token: string, progress: Approval['progress']): Promise<Changed>
  finish(
    id: string,
    token: string,
    state: 'done' | 'failed',
    outcome: string,
    progress: Approval['progress'],
  ): Promise<Changed>
  lapse(id: string): Promise<Changed>
  settle(id: string, state: 'done' | 'failed', outcome: string): Promise<Changed>
  /** what the dry run said, and a harder tier with its guards; refused once somebody has decided */
  previewed(id: string, seen: Parameters<typeof previewed>[1]): Promise<Changed>
  /** adds what was seen; decides nothing */
  note(id: string, seen: Partial<Pick<Approval, 'verified' | 'troubles'>>): Promise<Changed>
  /** two open plans of different threads for the same object know of each other */
  link(id: string, rival: string): Promise<Changed>
}

/**
 * Why the decisions of a record do not carry its plan; undefined when they do. Asked by the executor, whatever the state field says:
 * the plan is what the digest names, the id what was opened, every approval is signed, by enough different people, none of them barred.
 */
export function decisionFault(
  approval: Approval,
  signer: Signer,
  guards: Pick<Guards, 'twoPerson'> & { needed: number },
): string | undefined {
  if (planDigest(approval.plan) !== approval.plan.digest) return 'the plan is not what its digest names'
  if (approvalId(approval) !== approval.id) return 'the record is not the one that was opened'
  const approving = approval.decisions.filter(({ kind }) => kind === 'approve')
  if (!approving.every((one) => signer.verify(signedOf(approval, one), one.signature)))
    return 'a signature does not hold'
  const people = approving.filter(({ authority }) => authority === 'person').map(({ by }) => personKey(by))
  if (approving.length > people.length) return people.length === 0 ? undefined : 'policy and people have both decided'
  if (new Set(people).size < Math.max(approval.needed, guards.needed, 1)) return 'too few people have approved'
  const barred = (approval.twoPerson || guards.twoPerson) && people.includes(personKey(approval.requester))
  return barred ? 'who asked for it has approved it' : undefined
}

/** Decided by the autonomy policy, so that it must be judged to be allowed again. */
export function isByPolicy(approval: Approval): boolean {
  return approval.decisions.some(({ authority }) => authority !== 'person')
}

function signedOf(
  approval: Approval,
  { by, authority, kind }: Pick<Decision, 'by' | 'authority' | 'kind'>,
): SignedDecision {
  return {
    id: approval.id,
    digest: approval.plan.digest,
    tier: approval.tier,
    decider: authority === 'person' ? personKey(by) : `policy:${authority.policy}`,
    authority: authority === 'person' ? 'person' : 'policy',
    kind,
    deadline: approval.deadline,
  }
}

export function createApprovals(store: Store, clock: () => Date = () => new Date()): Approvals {
  const name = (id: string) => `approval:${id}`
  const index = store.key('approvals')
  // those that are not settled yet: the sweeper reads them every few seconds, however many plans there have been
  const openIndex = store.key('approvals:open')
  // what this process has run, until its deadline: a record that somebody puts back as it was does not run a second time
  const taken = new Map<string, number>()

  /** Applies a pure step until nobody came between. */
  async function change(id: string, step: (approval: Approval) => Step): Promise<Changed> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const current = await readVersion(id)
      if (!current) return { approval: undefined, refused: 'unknown-approval' }
      const result = step(current.value)
      if ('refused' in result) return { approval: current.value, refused: result.refused }
      const revision = await store.compareAndSet(name(id), current.revision, result.next, { ttlMs: KEPT_MS })
      if (revision !== undefined) return { approval: result.next }
    }
    return { approval: await read(id), refused: 'claimed' }
  }

  async function readVersion(id: string) {
    return /^[\w-]{8,64}$/.test(id) ? store.read(name(id), Approval) : undefined
  }

  async function read(id: string): Promise<Approval | undefined> {
    return (await readVersion(id))?.value
  }

  async function list(filter: { open?: boolean } = {}): Promise<Approval[]> {
    const ids = filter.open ? await store.redis.zrevrange(openIndex, 0, -1) : await store.redis.zrevrange(index, 0, 499)
    const all = await Promise.all(ids.map(async (id) => ({ id, approval: await readable(id) })))
    if (!filter.open) return all.flatMap(({ approval }) => approval ?? [])
    const ended = all.filter(({ approval }) => approval && isSettled(approval)).map(({ id }) => id)
    if (ended.length > 0) await store.redis.zrem(openIndex, ...ended)
    return all.flatMap(({ approval }) => (approval && !isSettled(approval) ? [approval] : []))
  }

  /** One damaged record must not hide the others. */
  async function readable(id: string): Promise<Approval | undefined> {
    return read(id).catch((error: unknown) => {
      if (error instanceof ZodError || error instanceof SyntaxError) return undefined
      throw error
    })
  }

  return {
    read,
    list,
    async open(draft) {
      const nonce = randomBytes(16).toString('base64url')
      const created = clock().toISOString()
      const bare = Approval.parse({ ...draft, id: '', nonce, created, state: 'pending', decisions: [], progress: [] })
      const id = approvalId(bare)
      const approval = { ...bare, id }
      // the index first: an id without a record is skipped, a record without an index entry would be forgotten by the sweeper
      const at = Date.parse(created)
      for (const key of [index, openIndex]) {
        await store.redis.zadd(key, at, id)
        await store.redis.zremrangebyscore(key, '-inf', at - KEPT_MS)
      }
      await store.compareAndSet(name(id), 0, approval, { ttlMs: KEPT_MS })
      return approval
    },
    async find(text) {
      const wanted = text.trim()
      const exact = await read(wanted)
      if (exact || !/^[0-9a-f]{4,64}$/.test(wanted)) return exact
      const named = (await list()).filter((approval) => approval.plan.digest.startsWith(wanted))
      const [open, ...more] = named.filter((approval) => !isSettled(approval))
      if (open && more.length > 0)
        throw new UsageError(
          `${more.length + 1} plans that wait are called ${wanted}: say which by its id (${[open, ...more]
            .slice(0, 5)
            .map(({ id, requester, created }) => `${id}, asked for by ${requester.id} at ${created.slice(11, 19)} UTC`)
            .join('; ')}).`,
        )
      return open ?? named[0]
    },
    decide(id, input, signer) {
      return change(id, (approval) => {
        const now = clock()
        const { by, kind, reason, authority = 'person' } = input
        // a policy is nobody: it types no name and asks for nothing itself; the executor judges it again
        const refused = authority === 'person' ? mayDecide(approval, input, input.guards, now) : undefined
        if (refused) return { refused }
        const draft = { by, kind, authority, at: now.toISOString(), ...(reason ? { reason } : {}) }
        return decide(approval, { ...draft, signature: signer.sign(signedOf(approval, draft)) }, now)
      })
    },
    expire: (id) => change(id, (approval) => expire(approval, clock())),
    supersede: (id, by) => change(id, (approval) => supersede(approval, by)),
    async claim(id) {
      for (const [old, deadline] of taken) if (deadline < clock().getTime()) taken.delete(old)
      if (taken.has(id)) return { approval: await read(id), refused: 'claimed' }
      const token = randomBytes(12).toString('hex')
      const changed = await change(id, (approval) =>
        claim(approval, token, new Date(clock().getTime() + CLAIM_MS), clock()),
      )
      if (changed.refused) return changed
      taken.set(id, Date.parse(changed.approval.deadline))
      return { ...changed, token }
    },
    renew: (id, token, progress) =>
      change(id, (approval) => renew(approval, token, new Date(clock().getTime() + CLAIM_MS), clock(), progress)),
    finish: (id, token, state, outcome, progress) =>
      change(id, (approval) => finish(approval, token, state, outcome, progress)),
    lapse: (id) => change(id, (approval) => lapse(approval, clock())),
    settle: (id, state, outcome) => change(id, (approval) => settle(approval, state, outcome)),
    previewed: (id, seen) => change(id, (approval) => previewed(approval, seen)),
    note: (id, seen) => change(id, (approval) => ({ next: { ...approval, ...seen } })),
    link: (id, rival) =>
      change(id, (approval) => ({
        next: { ...approval, rivals: [...new Set([...approval.rivals, rival])].slice(-MAX_RIVALS) },
      })),
  }
}

/** One sentence for the person whose click did nothing. */
export function refusalText(refused: Refusal | 'unknown-approval', approval: Approval | undefined): string {
  const last = approval?.decisions.at(-1)
  const who = last
    ? `${last.by.name ?? last.by.id} ${last.kind === 'approve' ? 'approved' : 'rejected'} it at ${last.at.slice(11, 16)} UTC`
    : 'it is decided'
  switch (refused) {
    case 'unknown-approval':
      return 'There is no such plan any more.'
    case 'decided':
      return `Plan ${approval ? shortName(approval) : ''} is decided already: ${who}.`
    case 'expired':
      return 'This plan has expired and did not run. Ask for a fresh one.'
    case 'superseded':
      if (approval?.incident && !approval.supersededBy)
        return 'This plan was withdrawn, because its incident is over. Ask for a fresh one if it is still wanted.'
      return `This plan is superseded${approval?.supersededBy ? ` by plan ${approval.supersededBy}` : ''}: another plan for the same object has taken its place.`
    case 'not-an-approver':
      return 'You are not among the approvers (APPROVERS), so the plan stays as it is.'
    case 'own-request':
      return 'You asked for this change, and it needs a second person: somebody else must approve it.'
    case 'already-approved-by-you':
      return 'You have approved this already; another person is needed.'
    case 'name-not-typed':
      return `Type ${approval?.typedName ?? 'the name'} exactly to approve this.`
    case 'not-tried':
      return 'The server has not accepted this plan in a dry run, so it cannot be approved.'
    case 'forged':
      return 'The stored plan is not the one that was shown here, so nobody can approve it. This is on record.'
    case 'not-approved':
      return 'This plan is not approved.'
    case 'claimed':
      return 'This plan is running already.'
    case 'claim-lost':
      return 'Another process took over this plan.'
  }
}
