// Invariant 5: any check that fails, times out or cannot be made means no write, and the thread says so.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JO, type Rig, scale, startRig } from '../../tasks/rig.ts'
import { refuse } from '../wire.ts'

const NO_DRY_RUN = 'admission webhook "w" does not support dry run'
let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

describe('nothing is sent', () => {
  it('when the audit cannot be written: not even a decision is taken', async () => {
    const approval = await rig.plan(scale(5))
    const chain = rig.store.key('audit:chain')
    await rig.store.redis.rename(chain, 'kept')
    await rig.store.redis.set(chain, 'broken')
    await expect(rig.approve(approval)).rejects.toThrow()
    expect((await rig.read(approval)).state).toBe('pending')
    await rig.store.redis.rename('kept', chain)
    await rig.approve(approval)
    await rig.store.redis.rename(chain, 'kept')
    await rig.store.redis.set(chain, 'broken')
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).state).toBe('failed')
  })

  it('when Redis is lost', async () => {
    await rig.approve(await rig.plan(scale(5)))
    const [job] = rig.take('execute')
    await rig.loseRedis()
    await expect(rig.run(job as NonNullable<typeof job>)).rejects.toThrow()
    expect(rig.writes).toEqual([])
  })

  it('when the API server cannot be reached', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    await rig.harbor.close()
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect(await rig.read(approval)).toMatchObject({
      state: 'failed',
      outcome: expect.stringMatching(/Nothing was changed/),
    })
  })

  it('when the server refuses it now in the dry run', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 403, 'exceeded quota') : pass()))
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/exceeded quota/)
  })

  it('when a webhook refuses dry runs now, and nobody has approved that', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 400, NO_DRY_RUN) : pass()))
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/an admission webhook refuses dry runs now/)
  })
})

describe('a dry run before anybody is asked', () => {
  it('that the server refuses leaves no button, and no other way around it', async () => {
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 422, 'spec is invalid') : pass()))
    const approval = await rig.plan(scale(5))
    expect(approval.preview).toMatchObject({ ok: false })
    expect((await rig.approve(approval)).state).toBe('pending')
    expect((await rig.audited('refused'))[0]?.data.refused).toBe('not-tried')
  })

  it('that a webhook refuses makes it the hardest tier', async () => {
    rig.bend((seen, answer, pass) => (seen.dryRun ? refuse(answer, 400, NO_DRY_RUN) : pass()))
    const approval = await rig.plan(scale(5))
    expect(approval).toMatchObject({ tier: 9, twoPerson: true, typedName: 'web', preview: { ok: true } })
    expect((await rig.approve(approval, JO)).state).toBe('pending')
    await rig.approve(approval, JO, { typedName: 'web' })
    await rig.execute()
    expect(rig.replicas()).toBe(5)
  })
})
