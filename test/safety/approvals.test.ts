// The state machine of approvals over a real Redis: random interleavings of two replicas, crashes between any two steps, a hundred deliveries of one click.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/log.ts'
import { type Approval, isSettled } from '../../src/safety/approval.ts'
import { createApprovals, decisionFault } from '../../src/safety/approvals.ts'
import { connectStore } from '../../src/store/redis.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'
import { ASKER, JO, MIRA, type Replicas, signer, startReplicas, yes } from './replicas.ts'

let replicas: Replicas
beforeAll(async () => {
  replicas = await startReplicas()
})
afterAll(() => replicas.stop())

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
    const { id } = await replicas.at(0).open(replicas.draft())
    const decided = await Promise.all(
      Array.from({ length: 100 }, (_, at) => replicas.at(at).decide(id, yes(MIRA), signer)),
    )
    expect(decided.filter(({ refused }) => !refused)).toHaveLength(1)
    expect((await replicas.at(0).read(id))?.decisions).toHaveLength(1)
    const taken = await Promise.all(Array.from({ length: 100 }, (_, at) => replicas.at(at).claim(id)))
    expect(taken.filter(({ token }) => token !== undefined)).toHaveLength(1)
  })

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'interleaving %i of two replicas with crashes breaks no rule',
    async (seed) => {
      const random = randomOf(seed)
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
      const needed = pick([1, 2])
      const { id, deadline } = await replicas.at(0).open(replicas.draft({ needed, twoPerson: random() < 0.5 }))
      const tokens: string[] = []
      let claims = 0
      let last = 'pending'
      const steps = [
        () => replicas.at(pick([0, 1])).decide(id, { ...yes(pick([ASKER, MIRA, JO])), listed: random() < 0.8 }, signer),
        () => replicas.at(pick([0, 1])).decide(id, { ...yes(MIRA), kind: 'reject' as const }, signer),
        () => replicas.at(pick([0, 1])).expire(id),
        () => replicas.at(pick([0, 1])).supersede(id),
        async () => {
          const taken = await replicas.at(pick([0, 1])).claim(id)
          // a crash right here: the token is lost with the process
          if (taken.token && random() < 0.7) tokens.push(taken.token)
          if (taken.token) claims++
          return taken
        },
        () => replicas.at(pick([0, 1])).renew(id, pick([...tokens, 'stolen']), []),
        () => replicas.at(pick([0, 1])).finish(id, pick([...tokens, 'stolen']), pick(['done', 'failed']), 'ended', []),
        () => replicas.at(pick([0, 1])).lapse(id),
        () => replicas.at(pick([0, 1])).settle(id, pick(['done', 'failed']), 'settled'),
      ] as const
      const weights = [0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8]
      for (let round = 0; round < 25; round++) {
        const ended = isSettled((await replicas.at(0).read(id)) as Approval)
        await Promise.all(Array.from({ length: 1 + Math.floor(random() * 4) }, async () => steps[pick(weights)]?.()))
        replicas.pass(Math.floor(random() * 25_000))
        const record = (await replicas.at(1).read(id)) as Approval
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
    const { id } = await replicas.at(0).open(replicas.draft())
    await replicas.at(0).decide(id, yes(MIRA), signer)
    const { token } = await replicas.at(0).claim(id)
    replicas.pass(16_000)
    expect(await replicas.at(1).renew(id, token ?? '', [])).toMatchObject({ refused: 'claim-lost' })
    expect(await replicas.at(1).claim(id)).toMatchObject({ refused: 'claimed' })
    expect((await replicas.at(1).lapse(id)).approval?.state).toBe('unknown')
    expect(await replicas.at(1).claim(id)).toMatchObject({ refused: 'decided' })
    expect(await replicas.at(1).finish(id, token ?? '', 'done', 'late', [])).toMatchObject({ refused: 'claim-lost' })
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
    const { id } = await replicas.at(0).open(replicas.draft(record))
    expect(await replicas.at(0).decide(id, { ...yes(wish.by), ...wish }, signer)).toMatchObject({ refused })
    expect((await replicas.at(0).read(id))?.state).toBe('pending')
  })

  it('one person is one person, however often', async () => {
    const { id } = await replicas.at(0).open(replicas.draft({ needed: 2 }))
    await replicas.at(0).decide(id, yes(MIRA), signer)
    expect(await replicas.at(1).decide(id, yes(MIRA), signer)).toMatchObject({ refused: 'already-approved-by-you' })
    expect((await replicas.at(1).decide(id, yes(JO), signer)).approval?.state).toBe('approved')
  })

  it('the deadline itself is too late', async () => {
    const { id } = await replicas.at(0).open(replicas.draft())
    replicas.pass(600_000)
    expect(await replicas.at(0).decide(id, yes(MIRA), signer)).toMatchObject({ refused: 'expired' })
    expect((await replicas.at(0).expire(id)).approval?.state).toBe('expired')
  })

  it('an expired or superseded plan cannot be decided or run', async () => {
    const late = await replicas.at(0).open(replicas.draft())
    const old = await replicas.at(0).open(replicas.draft())
    const approved = await replicas.at(0).open(replicas.draft())
    await replicas.at(0).decide(approved.id, yes(MIRA), signer)
    await replicas.at(0).supersede(old.id, 'abc123')
    replicas.pass(601_000)
    expect(await replicas.at(0).decide(late.id, yes(MIRA), signer)).toMatchObject({ refused: 'expired' })
    expect(await replicas.at(0).decide(old.id, yes(MIRA), signer)).toMatchObject({ refused: 'superseded' })
    expect(await replicas.at(0).claim(approved.id)).toMatchObject({ refused: 'expired' })
  })
})

describe('the list of open ones', () => {
  it('lets go of what has ended, so that the sweeper reads no more than it must', async () => {
    const { id } = await replicas.at(0).open(replicas.draft())
    const index = replicas.store.key('approvals:open')
    expect((await replicas.at(0).list({ open: true })).map((one) => one.id)).toContain(id)
    await replicas.at(0).decide(id, { ...yes(MIRA), kind: 'reject' }, signer)
    expect((await replicas.at(0).list({ open: true })).map((one) => one.id)).not.toContain(id)
    expect(await replicas.store.redis.zscore(index, id)).toBeNull()
    expect((await replicas.at(0).list()).map((one) => one.id)).toContain(id)
  })

  it('names the newest five rivals of a plan, each once', async () => {
    const { id } = await replicas.at(0).open(replicas.draft())
    for (const rival of ['a', 'b', 'c', 'd', 'e', 'e', 'f']) await replicas.at(0).link(id, rival)
    expect((await replicas.at(0).read(id))?.rivals).toEqual(['b', 'c', 'd', 'e', 'f'])
  })
})

describe('a preview', () => {
  it('makes a tier harder and never easier, and only before anybody has decided', async () => {
    const { id } = await replicas.at(0).open(replicas.draft({ tier: 7, needed: 2 }))
    await replicas.at(0).previewed(id, { preview: { ok: true, lines: [] }, tier: 5 })
    expect((await replicas.at(0).read(id))?.tier).toBe(7)
    await replicas.at(0).previewed(id, { preview: { ok: true, lines: [] }, tier: 9 })
    expect((await replicas.at(0).read(id))?.tier).toBe(9)
    await replicas.at(0).decide(id, yes(MIRA), signer)
    expect(await replicas.at(0).previewed(id, { preview: { ok: true, lines: ['changed'] } })).toMatchObject({
      refused: 'decided',
    })
  })
})

describe('invariant 5: a lost Redis', () => {
  it('decides nothing and takes nothing', async () => {
    const lost = await startRedis()
    const store = await connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: lost.url })
    const approvals = createApprovals(store)
    const { id } = await approvals.open(replicas.draft({ deadline: new Date(Date.now() + 600_000).toISOString() }))
    await approvals.decide(id, yes(MIRA), signer)
    await lost.stop()
    await expect(approvals.claim(id)).rejects.toThrow()
    await expect(approvals.decide(id, yes(JO), signer)).rejects.toThrow()
    await store.close()
  })
})
