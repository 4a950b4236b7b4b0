// Approvals in the store: opaque ids, every transition one compare-and-set, decisions signed. Works on any replica and over restarts.
import { randomBytes } from 'node:crypto'
import { type Person, personKey } from '../core/people.ts'
import type { Store } from '../store/store.ts'
import {
  Approval,
  claim,
  type Decision,
  decide,
  expire,
  finish,
  isSettled,
  lapse,
  mayDecide,
  type Refusal,
  renew,
  type Step,
  settle,
  shortName,
  supersede,
} from './approval.ts'
import type { Signer } from './signature.ts'

const KEPT_MS = 30 * 24 * 3600_000
const CLAIM_MS = 15_000

export type Changed =
  | { approval: Approval; refused?: undefined }
  | { approval: Approval | undefined; refused: Refusal | 'unknown-approval' }

export interface DecideInput {
  by: Person
  kind: 'approve' | 'reject'
  /** what the platform said at click time: is this person among the approvers */
  listed: boolean
  typed?: string | undefined
  reason?: string | undefined
  authority?: Decision['authority']
}

export interface Approvals {
  open(draft: Omit<Approval, 'id' | 'state' | 'decisions' | 'created' | 'progress'>): Promise<Approval>
  read(id: string): Promise<Approval | undefined>
  /** by id, or by the short name of the plan (the digest's prefix) among those that are not settled, else the newest */
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
  /** adds what was seen; decides nothing */
  note(
    id: string,
    seen: Pick<Approval, 'preview' | 'verified'> & Partial<Pick<Approval, 'tier' | 'risk' | 'typedName' | 'twoPerson'>>,
  ): Promise<Changed>
}

/** The signatures of all approving decisions hold, and are enough: checked again by the executor, whatever the state field says. */
export function signaturesHold(approval: Approval, signer: Signer): boolean {
  const good = approval.decisions.filter(
    (decision) => decision.kind === 'approve' && signer.verify(signedOf(approval, decision), decision.signature),
  )
  return (
    new Set(good.map((decision) => deciderOf(decision))).size >= approval.needed &&
    good.length === approval.decisions.filter((one) => one.kind === 'approve').length
  )
}

function deciderOf(decision: Pick<Decision, 'by' | 'authority'>): string {
  return decision.authority === 'person' ? personKey(decision.by) : `policy:${decision.authority.policy}`
}

function signedOf(approval: Approval, decision: Pick<Decision, 'by' | 'authority' | 'kind'>) {
  return {
    id: approval.id,
    digest: approval.plan.digest,
    decider: deciderOf(decision),
    kind: decision.kind,
    deadline: approval.deadline,
  }
}

export function createApprovals(store: Store, clock: () => Date = () => new Date()): Approvals {
  const name = (id: string) => `approval:${id}`
  const index = store.key('approvals')

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
    const ids = await store.redis.zrevrange(index, 0, 499)
    const all = await Promise.all(ids.map(read))
    const present = all.filter((approval) => approval !== undefined)
    return filter.open ? present.filter((approval) => !isSettled(approval)) : present
  }

  return {
    read,
    list,
    async open(draft) {
      const id = randomBytes(16).toString('base64url')
      const created = clock().toISOString()
      const approval: Approval = Approval.parse({
        ...draft,
        id,
        created,
        state: 'pending',
        decisions: [],
        progress: [],
      })
      // the index first: an id without a record is skipped, a record without an index entry would be forgotten by the sweeper
      await store.redis.zadd(index, Date.parse(created), id)
      await store.redis.zremrangebyscore(index, '-inf', Date.parse(created) - KEPT_MS)
      await store.compareAndSet(name(id), 0, approval, { ttlMs: KEPT_MS })
      return approval
    },
    async find(text) {
      const wanted = text.trim()
      const exact = await read(wanted)
      if (exact || !/^[0-9a-f]{4,64}$/.test(wanted)) return exact
      const named = (await list()).filter((approval) => approval.plan.digest.startsWith(wanted))
      return named.find((approval) => !isSettled(approval)) ?? named[0]
    },
    decide(id, input, signer) {
      return change(id, (approval) => {
        const now = clock()
        const authority = input.authority ?? 'person'
        if (authority === 'person') {
          const refused = mayDecide(approval, input.by, input.kind, input.listed, input.typed, now)
          if (refused) return { refused }
        }
        const draft = {
          by: input.by,
          kind: input.kind,
          authority,
          at: now.toISOString(),
          ...(input.reason ? { reason: input.reason } : {}),
        }
        return decide(approval, { ...draft, signature: signer.sign(signedOf(approval, draft)) }, now)
      })
    },
    expire: (id) => change(id, (approval) => expire(approval, clock())),
    supersede: (id, by) => change(id, (approval) => supersede(approval, by)),
    async claim(id) {
      const token = randomBytes(12).toString('hex')
      const changed = await change(id, (approval) =>
        claim(approval, token, new Date(clock().getTime() + CLAIM_MS), clock()),
      )
      return changed.refused ? changed : { ...changed, token }
    },
    renew: (id, token, progress) =>
      change(id, (approval) => renew(approval, token, new Date(clock().getTime() + CLAIM_MS), clock(), progress)),
    finish: (id, token, state, outcome, progress) =>
      change(id, (approval) => finish(approval, token, state, outcome, progress)),
    lapse: (id) => change(id, (approval) => lapse(approval, clock())),
    settle: (id, state, outcome) => change(id, (approval) => settle(approval, state, outcome)),
    note: (id, seen) => change(id, (approval) => ({ next: { ...approval, ...seen } })),
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
      return `This plan is superseded${approval?.supersededBy ? ` by ${approval.supersededBy}` : ''}: decide the newer one.`
    case 'not-an-approver':
      return 'You are not among the approvers (APPROVERS), so the plan stays as it is.'
    case 'own-request':
      return 'You asked for this change, and it needs a second person: somebody else must approve it.'
    case 'already-approved-by-you':
      return 'You have approved this already; another person is needed.'
    case 'name-not-typed':
      return `Type ${approval?.typedName ?? 'the name'} exactly to approve this.`
    case 'not-approved':
      return 'This plan is not approved.'
    case 'claimed':
      return 'This plan is running already.'
    case 'claim-lost':
      return 'Another process took over this plan.'
  }
}
