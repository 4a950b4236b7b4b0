// Invariant 2: the decider is a named human whom policy allows, and not the requester where two people are needed.
import { afterEach, describe, expect, it } from 'vitest'
import { approvalId } from '../../../src/safety/approval.ts'
import { catalog, JO, MIRA, person, type Rig, rule, scale, startRig, web } from '../../tasks/rig.ts'

let rig: Rig
afterEach(() => rig.stop())

describe('a decision counts', () => {
  it.each([
    ['of an approver', MIRA, 'approved'],
    ['not of somebody else', person('U9'), 'pending'],
    ['not of the same id on another platform', { ...MIRA, platform: 'discord' as const }, 'pending'],
    ['not of firstmate itself', { platform: 'firstmate' as const, workspace: '', id: 'firstmate' }, 'pending'],
    ['not of a policy by name', { platform: 'policy' as const, workspace: '', id: 'L4' }, 'pending'],
  ])('%s', async (_, by, state) => {
    rig = await startRig()
    expect((await rig.approve(await rig.plan(scale(5)), by)).state).toBe(state)
  })

  it('of nobody, when no approver is configured', async () => {
    rig = await startRig({ env: { APPROVERS: '' } })
    expect((await rig.approve(await rig.plan(scale(5)))).state).toBe('pending')
  })

  it('not of a person whom only the record names', async () => {
    rig = await startRig()
    const approval = await rig.plan(scale(5))
    const forged = { ...approval, approvers: [...approval.approvers, rule('slack:U66')] }
    const id = approvalId(forged)
    await rig.store.compareAndSet(`approval:${id}`, 0, { ...forged, id })
    await rig.approve({ ...forged, id }, person('U66'))
    expect((await rig.audited('refused'))[0]?.data.refused).toBe('not-an-approver')
  })
})

describe('a destructive plan', () => {
  it('needs another person, who types the name', async () => {
    rig = await startRig()
    const approval = await rig.plan({ verb: 'delete', target: web }, { asker: MIRA })
    expect(approval.tier).toBe(9)
    expect((await rig.approve(approval, MIRA, { typedName: 'web' })).state).toBe('pending')
    expect((await rig.approve(approval, JO, { typedName: 'wbe' })).state).toBe('pending')
    expect((await rig.approve(approval, JO, { typedName: 'web' })).state).toBe('approved')
    expect((await rig.audited('refused')).map(({ data }) => data.refused)).toEqual(['own-request', 'name-not-typed'])
  })

  it('of several actions takes the name of its hardest step', async () => {
    rig = await startRig()
    const actions = [scale(5), { verb: 'delete' as const, target: catalog }]
    const approval = await rig.plan(scale(5), { actions })
    expect(approval).toMatchObject({ tier: 9, twoPerson: true, typedName: 'catalog' })
    expect((await rig.approve(approval, JO, { typedName: 'web' })).state).toBe('pending')
    expect((await rig.approve(approval, JO, { typedName: 'catalog' })).state).toBe('approved')
  })
})
