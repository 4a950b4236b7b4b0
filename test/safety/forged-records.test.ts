// Whoever can write to Redis still cannot approve: a record that was forged there does not carry its plan, and what is wrong with it is said.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Approval, approvalId } from '../../src/safety/approval.ts'
import { decisionFault } from '../../src/safety/approvals.ts'
import { createSigner, type SignedDecision } from '../../src/safety/signature.ts'
import { ASKER, JO, MIRA, planOf, type Replicas, signer, startReplicas, yes } from './replicas.ts'

let replicas: Replicas
beforeAll(async () => {
  replicas = await startReplicas()
})
afterAll(() => replicas.stop())

const OPEN = { twoPerson: false, needed: 1 }
const POLICY = { platform: 'policy' as const, workspace: '', id: 'L2' }

async function approved(): Promise<Approval> {
  const { id } = await replicas.at(0).open(replicas.draft())
  await replicas.at(0).decide(id, yes(MIRA), signer)
  return (await replicas.at(0).read(id)) as Approval
}

/** What Mira's approval of that record is signed over, but for what is said. */
function signature(record: Approval, said: Partial<SignedDecision> = {}, by = signer): string {
  const { id, plan, tier, deadline } = record
  return by.sign({
    id,
    digest: plan.digest,
    tier,
    decider: 'slack:U2',
    authority: 'person',
    kind: 'approve',
    deadline,
    ...said,
  })
}

function decided(record: Approval, change: Partial<Approval['decisions'][number]>): Approval {
  return { ...record, decisions: record.decisions.map((one) => ({ ...one, ...change })) }
}

it('a record holds as it was written', async () => {
  expect(decisionFault(await approved(), signer, OPEN)).toBeUndefined()
})

it.each<[string, (record: Approval) => Approval, RegExp]>([
  ['another plan with its own digest', (record) => ({ ...record, plan: planOf(0) }), /not the one that was opened/],
  [
    'other bytes under the same digest',
    (record) => ({ ...record, plan: { ...planOf(0), digest: record.plan.digest } }),
    /not what its digest names/,
  ],
  [
    'another plan under a new id',
    (record) => ({ ...record, plan: planOf(0), id: approvalId({ ...record, plan: planOf(0) }) }),
    /a signature does not hold/,
  ],
  ['no decision at all', (record) => ({ ...record, decisions: [] }), /too few people/],
  ['a decision of somebody else', (record) => decided(record, { by: JO }), /a signature does not hold/],
  [
    'a rejection turned into an approval',
    (record) => decided(record, { signature: signature(record, { kind: 'reject' }) }),
    /a signature does not hold/,
  ],
  [
    'a decision that another key signed',
    (record) => decided(record, { signature: signature(record, {}, createSigner('some other key of somebody')) }),
    /a signature does not hold/,
  ],
  ['another tier', (record) => ({ ...record, tier: 9 }), /a signature does not hold/],
  [
    'a later deadline',
    (record) => ({ ...record, deadline: '2027-01-01T00:00:00.000Z' }),
    /not the one that was opened/,
  ],
  ['another requester', (record) => ({ ...record, requester: JO }), /not the one that was opened/],
  [
    'more approvers',
    (record) => ({ ...record, approvers: [...record.approvers, { platform: 'slack', kind: 'person', id: 'U66' }] }),
    /not the one that was opened/,
  ],
  [
    'a policy passed off as a person',
    (record) =>
      decided(record, { by: POLICY, signature: signature(record, { decider: 'policy:L2', authority: 'policy' }) }),
    /a signature does not hold/,
  ],
  [
    'a person passed off as a policy',
    (record) => decided(record, { authority: { policy: 'L4' } }),
    /a signature does not hold/,
  ],
  [
    'a decision beside a forged one',
    (record) => ({ ...record, decisions: [...record.decisions, { ...record.decisions[0]!, by: JO }] }),
    /a signature does not hold/,
  ],
  [
    'a policy beside a person',
    (record) => ({
      ...record,
      decisions: [
        ...record.decisions,
        {
          ...record.decisions[0]!,
          by: POLICY,
          authority: { policy: 'L2' },
          signature: signature(record, { decider: 'policy:L2', authority: 'policy' }),
        },
      ],
    }),
    /policy and people have both decided/,
  ],
])('%s does not carry the plan', async (_, forge, why) => {
  expect(decisionFault(forge(await approved()), signer, OPEN)).toMatch(why)
})

it('a record cannot ask for less than whoever runs it', async () => {
  const record = await approved()
  expect(decisionFault(record, signer, { twoPerson: false, needed: 2 })).toMatch(/too few people/)
  const { id } = await replicas.at(0).open(replicas.draft({ requester: MIRA }))
  await replicas.at(0).decide(id, yes(MIRA), signer)
  const own = (await replicas.at(0).read(id)) as Approval
  expect(decisionFault(own, signer, OPEN)).toBeUndefined()
  expect(decisionFault(own, signer, { twoPerson: true, needed: 1 })).toMatch(/who asked for it has approved it/)
})

it('a plan that was swapped behind its card cannot be decided any more', async () => {
  const opened = await replicas.at(0).open(replicas.draft())
  await replicas.write(opened.id, JSON.stringify({ ...opened, plan: planOf(0) }))
  expect(await replicas.at(0).decide(opened.id, yes(MIRA), signer)).toMatchObject({ refused: 'forged' })
})

it('a record that cannot be read hides no other', async () => {
  const broken = await replicas.at(0).open(replicas.draft({ requester: ASKER }))
  const sound = await replicas.at(0).open(replicas.draft())
  await replicas.write(broken.id, '{"id":')
  expect((await replicas.at(1).list({ open: true })).map(({ id }) => id)).toContain(sound.id)
})
