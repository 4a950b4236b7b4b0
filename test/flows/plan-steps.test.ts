// A plan of several actions: what one leaves behind the next is made for, and what the world does between two of them is noticed.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Action } from '../../src/core/action.ts'
import type { Approval } from '../../src/safety/approval.ts'
import { catalog, MIRA, type Rig, scale, startRig, web } from '../tasks/rig.ts'
import { refuse } from './wire.ts'

let rig: Rig
beforeEach(async () => {
  await rig?.stop()
  rig = await startRig()
})
afterAll(() => rig.stop())

const label = (target: typeof web, value: string): Action => ({
  verb: 'label',
  target,
  set: { owner: value },
})

const live = (name: string) => rig.harbor.world.get('Deployment', 'shop', name)

async function planned(...actions: Action[]): Promise<Approval> {
  const [first] = actions
  return rig.plan(first as Action, { actions })
}

async function run(approval: Approval): Promise<Approval> {
  await rig.approve(approval, MIRA, approval.typedName ? { typedName: approval.typedName } : {})
  await rig.execute()
  return rig.read(approval)
}

describe('two changes of one object', () => {
  it('the second starts from what the first leaves, and both run', async () => {
    const approval = await planned(scale(4), scale(5))
    expect(approval.plan.steps.map(({ words }) => words)).toEqual([
      expect.stringMatching(/→ 4 replicas/),
      expect.stringMatching(/4 → 5 replicas/),
    ])
    expect(approval.preview).toMatchObject({
      ok: true,
      lines: ['1. accepted', '2. cannot be tried before step 1 has run'],
    })
    expect(await run(approval)).toMatchObject({ state: 'done' })
    expect(rig.replicas()).toBe(5)
  })

  it('go back in the other order', async () => {
    const before = rig.replicas()
    const done = await run(await planned(scale(4), scale(5), label(web, 'a')))
    expect(done.state).toBe('done')
    const { undoOf } = await import('../../src/actions/compile.ts')
    const back = await planned(...(undoOf(done.plan) ?? []))
    expect((await run(back)).state).toBe('done')
    expect(rig.replicas()).toBe(before)
    expect(live('web').metadata.labels?.owner).toBeUndefined()
  })

  it('a change of what an earlier one deletes is refused when it is planned', async () => {
    await expect(planned({ verb: 'delete', target: web }, scale(4))).rejects.toThrow('nothing was opened')
    expect(await rig.audited('refused')).toMatchObject([
      { data: { sentence: expect.stringMatching(/web is deleted by an earlier change of the same plan/) } },
    ])
  })

  it('the card says how far both reach, not the first alone', async () => {
    const image: Action = { verb: 'set-image', target: web, container: 'web', image: 'shop/web:9' }
    const { reach } = await planned(label(web, 'a'), image)
    expect(reach.join()).toMatch(/touches [1-9]\d* pods?/)
    expect(reach.join()).not.toContain('touches no pod')
  })

  it('the facts of both must hold, though its content is bound once', async () => {
    // nothing of it is ready: that is why taking it to zero is mild
    const checkout = { ...web, name: 'checkout' }
    const approval = await planned(label(checkout, 'a'), { verb: 'scale', target: checkout, replicas: 0 })
    const own = approval.plan.preconditions.filter(({ object }) => object.name === 'checkout')
    expect(own).toMatchObject([{ facts: { readyReplicas: 0 } }])
  })
})

describe('between two steps', () => {
  it('an object that somebody changes meanwhile is left alone, and what was done is said', async () => {
    const approval = await planned(label(web, 'a'), label(catalog, 'a'))
    rig.bend((seen, _answer, pass) => {
      // just as the first request passes, a person takes the other object over
      if (!seen.dryRun && seen.path.includes('/web'))
        rig.harbor.world.modify('Deployment', 'shop', 'catalog', (draft) => {
          draft.metadata.annotations = { ...draft.metadata.annotations, note: 'hands off' }
        })
      pass()
    })
    const ended = await run(approval)
    expect(ended.state).toBe('failed')
    expect(ended.outcome).toMatch(/Step 2 was not sent: .*catalog has been changed since it was planned.* 1 of 2 steps/)
    expect(live('catalog').metadata.labels?.owner).toBeUndefined()
    expect(rig.writes).toHaveLength(1)
    // the same wish against the world as it is now
    expect(rig.take('propose')).toHaveLength(1)
  })

  it('a step that the server refuses on its own account is refused before anything is sent', async () => {
    rig.bend((seen, answer, pass) =>
      seen.path.includes('/catalog') ? refuse(answer, 422, 'Deployment "catalog" is invalid') : pass(),
    )
    const approval = await planned(label(web, 'a'), label(catalog, 'a'))
    expect(approval.preview).toMatchObject({
      ok: false,
      lines: ['1. accepted', expect.stringMatching(/^2\. refused \(422\)/)],
    })
  })
})

describe('before the first request', () => {
  it('a server that would now make something else of it than the card showed is not asked to', async () => {
    const approval = await rig.plan(label(web, 'a'))
    rig.bend((seen, answer, pass) => {
      if (!seen.dryRun) return pass()
      // an admission webhook that came later adds a field
      const object = structuredClone(live('web'))
      object.metadata.labels = { ...object.metadata.labels, owner: 'a', injected: 'yes' }
      answer.writeHead(200, { 'content-type': 'application/json' })
      answer.end(JSON.stringify(object))
    })
    const ended = await run(approval)
    expect(ended).toMatchObject({ state: 'failed', outcome: expect.stringMatching(/make something else of it/) })
    expect(rig.writes).toEqual([])
  })

  it('a refusal counts wherever in a long plan it stands', async () => {
    const names = Array.from({ length: 45 }, (_, at) => `c${at}`)
    for (const name of names)
      rig.harbor.world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: {} })
    const approval = await planned(
      ...names.map(
        (name): Action => ({
          verb: 'label',
          target: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name },
          set: { owner: 'a' },
        }),
      ),
    )
    expect(approval.preview?.ok).toBe(true)
    rig.bend((seen, answer, pass) =>
      seen.dryRun && seen.path.includes('/c44') ? refuse(answer, 403, 'denied by policy') : pass(),
    )
    expect(await run(approval)).toMatchObject({ state: 'failed', outcome: expect.stringMatching(/step 45 is refused/) })
    expect(rig.writes).toEqual([])
  })
})
