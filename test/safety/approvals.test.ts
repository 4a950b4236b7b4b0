// The state machine of approvals over a real Redis: random interleavings of two replicas, crashes between any two steps, a hundred deliveries of one click.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Person } from '../../src/core/people.ts'
import { type Plan, planDigest } from '../../src/core/plan.ts'
import { silentLogger } from '../../src/log.ts'
import { type Approval, approvalId, isSettled } from '../../src/safety/approval.ts'
import { type Approvals, createApprovals, decisionFault } from '../../src/safety/approvals.ts'
import { createSigner } from '../../src/safety/signature.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

const signer = createSigner('a key that only bot and executor hold')
const OPEN = { twoPerson: false }
const person = (id: string): Person => ({ platform: 'slack', workspace: 'T1', id, name: id })
const [ASKER, MIRA, JO] = [person('U1'), person('U2'), person('U3')]

let redis: RedisServer
let stores: Store[]
let now = Date.parse('2026-11-21T12:00:00Z')
const clock = () => new Date(now)

beforeAll(async () => {
  redis = await startRedis(['--appendfsync', 'no'])
  stores = await Promise.all(
    [1, 2].map(() => connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: redis.url })),
  )
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await redis.stop()
})

function planOf(replicas: number): Plan {
  const bare = {
    cluster: 'prod',
    steps: [
      {
        request: {
          method: 'PATCH' as const,
          path: '/apis/apps/v1/namespaces/shop/deployments/web',
          contentType: 'application/json-patch+json',
          body: [
            { op: 'test', path: '/metadata/uid', value: 'u-1' },
            { op: 'replace', path: '/spec/replicas', value: replicas },
          ],
        },
        object: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        words: `scale to ${replicas}`,
        kubectl: `kubectl scale deployment web --replicas=${replicas}`,
        changes: [],
        rule: 'plain' as const,
      },
    ],
    preconditions: [],
    executionSeconds: 30,
  }
  return { ...bare, digest: planDigest(bare) }
}

type Draft = Parameters<Approvals['open']>[0]
const draft = (more: Partial<Draft> = {}): Draft => ({
  plan: planOf(3),
  tier: 5,
  risk: 'MEDIUM',
  reasons: [],
  requester: ASKER,
  author: 'person',
  reason: '',
  thread: { platform: 'slack', workspace: 'T1', channel: 'C1', thread: '1', direct: false },
  needed: 1,
  approvers: [{ platform: 'slack', kind: 'person', id: 'U2' }],
  twoPerson: false,
  deadline: new Date(now + 600_000).toISOString(),
  preview: { ok: true, lines: [] },
  notes: [],
  undo: false,
  ...more,
})
const yes = (by: Person, more = {}) => ({ by, kind: 'approve' as const, listed: true, guards: OPEN, ...more })
const replica = (at: number) => createApprovals(stores[at % 2] as Store, clock)

/** A repeatable stream of numbers below 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

describe('invariant 4: one decision, at most one execution', () => {
  it('a hundred concurrent deliveries of one click decide once, and a hundred executors take it once', async () => {
    const { id } = await replica(0).open(draft())
    const decided = await Promise.all(Array.from({ length: 100 }, (_, at) => replica(at).decide(id, yes(MIRA), signer)))
    expect(decided.filter(({ refused }) => !refused)).toHaveLength(1)
    expect((await replica(0).read(id))?.decisions).toHaveLength(1)
    const taken = await Promise.all(Array.from({ length: 100 }, (_, at) => replica(at).claim(id)))
    expect(taken.filter(({ token }) => token !== undefined)).toHaveLength(1)
  })

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'interleaving %i of two replicas with crashes breaks no rule',
    async (seed) => {
      const random = randomOf(seed)
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
      const needed = pick([1, 2])
      const { id, deadline } = await replica(0).open(draft({ needed, twoPerson: random() < 0.5 }))
      const tokens: string[] = []
      let claims = 0
      let last = 'pending'
      const steps = [
        () => replica(pick([0, 1])).decide(id, { ...yes(pick([ASKER, MIRA, JO])), listed: random() < 0.8 }, signer),
        () => replica(pick([0, 1])).decide(id, { ...yes(MIRA), kind: 'reject' as const }, signer),
        () => replica(pick([0, 1])).expire(id),
        () => replica(pick([0, 1])).supersede(id),
        async () => {
          const taken = await replica(pick([0, 1])).claim(id)
          // a crash right here: the token is lost with the process
          if (taken.token && random() < 0.7) tokens.push(taken.token)
          if (taken.token) claims++
          return taken
        },
        () => replica(pick([0, 1])).renew(id, pick([...tokens, 'stolen']), []),
        () => replica(pick([0, 1])).finish(id, pick([...tokens, 'stolen']), pick(['done', 'failed']), 'ended', []),
        () => replica(pick([0, 1])).lapse(id),
        () => replica(pick([0, 1])).settle(id, pick(['done', 'failed']), 'settled'),
      ] as const
      const weights = [0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8]
      for (let round = 0; round < 25; round++) {
        const ended = isSettled((await replica(0).read(id)) as Approval)
        await Promise.all(Array.from({ length: 1 + Math.floor(random() * 4) }, async () => steps[pick(weights)]?.()))
        now += Math.floor(random() * 25_000)
        const record = (await replica(1).read(id)) as Approval
        if (ended) expect(record.state).toBe(last)
        last = record.state
        if (['approved', 'running', 'done', 'failed', 'unknown'].includes(record.state)) {
          expect(decisionFault(record, signer, { twoPerson: record.twoPerson, needed })).toBeUndefined()
          expect(Date.parse(record.decisions.at(-1)?.at ?? '')).toBeLessThan(Date.parse(deadline))
        }
        expect(claims).toBeLessThanOrEqual(1)
      }
    },
  )

  it('a claim that has lapsed is never taken again, by nobody', async () => {
    const { id } = await replica(0).open(draft())
    await replica(0).decide(id, yes(MIRA), signer)
    const { token } = await replica(0).claim(id)
    now += 16_000
    expect(await replica(1).renew(id, token ?? '', [])).toMatchObject({ refused: 'claim-lost' })
    expect(await replica(1).claim(id)).toMatchObject({ refused: 'claimed' })
    expect((await replica(1).lapse(id)).approval?.state).toBe('unknown')
    expect(await replica(1).claim(id)).toMatchObject({ refused: 'decided' })
    expect(await replica(1).finish(id, token ?? '', 'done', 'late', [])).toMatchObject({ refused: 'claim-lost' })
  })
})

describe('invariant 2: the decider is a named human allowed by policy, and not the requester where two are needed', () => {
  it.each([
    ['somebody who is not listed', { by: JO, listed: false }, {}, 'not-an-approver'],
    ['the requester where two are needed', { by: ASKER }, { twoPerson: true }, 'own-request'],
    [
      'the requester where the settings say two, whatever the record says',
      { by: ASKER, guards: { twoPerson: true } },
      {},
      'own-request',
    ],
    ['somebody who typed another name', { by: MIRA, typed: 'wed' }, { typedName: 'web' }, 'name-not-typed'],
    [
      'a name that only the settings ask for',
      { by: MIRA, guards: { twoPerson: false, typedName: 'web' } },
      {},
      'name-not-typed',
    ],
    ['before the server has tried it', { by: MIRA }, { preview: undefined }, 'not-tried'],
    ['what the server refused', { by: MIRA }, { preview: { ok: false, lines: [] } }, 'not-tried'],
  ])('refuses %s', async (_, wish, record, refused) => {
    const { id } = await replica(0).open(draft(record))
    expect(await replica(0).decide(id, { ...yes(wish.by), ...wish }, signer)).toMatchObject({ refused })
    expect((await replica(0).read(id))?.state).toBe('pending')
  })

  it('one person is one person, however often', async () => {
    const { id } = await replica(0).open(draft({ needed: 2 }))
    await replica(0).decide(id, yes(MIRA), signer)
    expect(await replica(1).decide(id, yes(MIRA), signer)).toMatchObject({ refused: 'already-approved-by-you' })
    expect((await replica(1).decide(id, yes(JO), signer)).approval?.state).toBe('approved')
  })

  it('an expired or superseded plan cannot be decided or run', async () => {
    const late = await replica(0).open(draft())
    const old = await replica(0).open(draft())
    const approved = await replica(0).open(draft())
    await replica(0).decide(approved.id, yes(MIRA), signer)
    await replica(0).supersede(old.id, 'abc123')
    now += 601_000
    expect(await replica(0).decide(late.id, yes(MIRA), signer)).toMatchObject({ refused: 'expired' })
    expect(await replica(0).decide(old.id, yes(MIRA), signer)).toMatchObject({ refused: 'superseded' })
    expect(await replica(0).claim(approved.id)).toMatchObject({ refused: 'expired' })
  })
})

describe('attack: a record forged in Redis', () => {
  async function approved(): Promise<Approval> {
    const { id } = await replica(0).open(draft())
    await replica(0).decide(id, yes(MIRA), signer)
    return (await replica(0).read(id)) as Approval
  }
  const fault = (record: Approval) => decisionFault(record, signer, { twoPerson: false, needed: 1 })

  it('holds as it was written', async () => expect(fault(await approved())).toBeUndefined())

  it.each<[string, (record: Approval) => Approval]>([
    ['another plan with its own digest', (record) => ({ ...record, plan: planOf(0) })],
    [
      'other bytes under the same digest',
      (record) => ({ ...record, plan: { ...planOf(0), digest: record.plan.digest } }),
    ],
    [
      'another plan under a new id',
      (record) => ({ ...record, plan: planOf(0), id: approvalId({ ...record, plan: planOf(0) }) }),
    ],
    ['no decision at all', (record) => ({ ...record, decisions: [] })],
    [
      'a decision of somebody else',
      (record) => ({ ...record, decisions: record.decisions.map((one) => ({ ...one, by: JO })) }),
    ],
    [
      'a rejection turned into an approval',
      (record) => ({
        ...record,
        decisions: record.decisions.map((one) => ({
          ...one,
          signature: signer.sign({
            id: record.id,
            digest: record.plan.digest,
            tier: record.tier,
            decider: 'slack:U2',
            authority: 'person',
            kind: 'reject',
            deadline: record.deadline,
          }),
        })),
      }),
    ],
    [
      'a decision that another key signed',
      (record) => ({
        ...record,
        decisions: record.decisions.map((one) => ({
          ...one,
          signature: createSigner('some other key of somebody').sign({
            id: record.id,
            digest: record.plan.digest,
            tier: record.tier,
            decider: 'slack:U2',
            authority: 'person',
            kind: 'approve',
            deadline: record.deadline,
          }),
        })),
      }),
    ],
    ['another tier', (record) => ({ ...record, tier: 9 })],
    ['a later deadline', (record) => ({ ...record, deadline: '2027-01-01T00:00:00.000Z' })],
    ['another requester', (record) => ({ ...record, requester: JO })],
    [
      'more approvers',
      (record) => ({ ...record, approvers: [...record.approvers, { platform: 'slack', kind: 'person', id: 'U66' }] }),
    ],
    [
      'a policy passed off as a person',
      (record) => ({
        ...record,
        decisions: record.decisions.map((one) => ({
          ...one,
          authority: 'person' as const,
          by: { platform: 'policy' as const, workspace: '', id: 'L2' },
          signature: signer.sign({
            id: record.id,
            digest: record.plan.digest,
            tier: record.tier,
            decider: 'policy:L2',
            authority: 'policy',
            kind: 'approve',
            deadline: record.deadline,
          }),
        })),
      }),
    ],
    [
      'a person passed off as a policy',
      (record) => ({
        ...record,
        decisions: record.decisions.map((one) => ({ ...one, authority: { policy: 'L4' as const } })),
      }),
    ],
    [
      'a decision beside a forged one',
      (record) => ({ ...record, decisions: [...record.decisions, { ...record.decisions[0]!, by: JO }] }),
    ],
  ])('%s does not carry the plan', async (_, forge) => {
    expect(fault(forge(await approved()))).toMatch(/./)
  })

  it('cannot be decided any more when its plan was swapped behind the card', async () => {
    const opened = await replica(0).open(draft())
    const swapped = { ...opened, plan: planOf(0) }
    await (stores[0] as Store).redis.hset(
      (stores[0] as Store).key(`approval:${opened.id}`),
      'value',
      JSON.stringify(swapped),
    )
    expect(await replica(0).decide(opened.id, yes(MIRA), signer)).toMatchObject({ refused: 'forged' })
  })

  it('one that cannot be read hides no other', async () => {
    const broken = await replica(0).open(draft())
    const sound = await replica(0).open(draft())
    await (stores[0] as Store).redis.hset((stores[0] as Store).key(`approval:${broken.id}`), 'value', '{"id":')
    expect((await replica(1).list({ open: true })).map(({ id }) => id)).toContain(sound.id)
  })
})

describe('a preview', () => {
  it('makes a tier harder and never easier, and only before anybody has decided', async () => {
    const { id } = await replica(0).open(draft({ tier: 7, needed: 2 }))
    await replica(0).previewed(id, { preview: { ok: true, lines: [] }, tier: 5 })
    expect((await replica(0).read(id))?.tier).toBe(7)
    await replica(0).previewed(id, { preview: { ok: true, lines: [] }, tier: 9 })
    expect((await replica(0).read(id))?.tier).toBe(9)
    await replica(0).decide(id, yes(MIRA), signer)
    expect(await replica(0).previewed(id, { preview: { ok: true, lines: ['changed'] } })).toMatchObject({
      refused: 'decided',
    })
  })
})

describe('invariant 5: a lost Redis', () => {
  it('decides nothing and takes nothing', async () => {
    const lost = await startRedis()
    const store = await connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: lost.url })
    const approvals = createApprovals(store, clock)
    const { id } = await approvals.open(draft())
    await approvals.decide(id, yes(MIRA), signer)
    await lost.stop()
    await expect(approvals.claim(id)).rejects.toThrow()
    await expect(approvals.decide(id, yes(JO), signer)).rejects.toThrow()
    await store.close()
  })
})
