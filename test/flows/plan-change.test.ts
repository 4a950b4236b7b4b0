// What may happen to a plan beside its own life: pods that arrive, plans of other threads, an executor that is slow, dies or comes back.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { plainText } from '../../src/core/card.ts'
import type { Approval } from '../../src/safety/approval.ts'
import { planCard, planKey } from '../../src/tasks/change/plan-card.ts'
import { sweep } from '../../src/tasks/sweep.ts'
import { JO, type Rig, startRig, THREAD, web } from '../tasks/rig.ts'

let rig: Rig
const scale = (replicas: number) => ({ verb: 'scale' as const, target: web, replicas })
const catalog = { ...web, name: 'catalog' }
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

const text = (approval: Approval, rivals: Approval[] = []) => {
  const card = planCard(approval, { practice: false, rivals })
  const rows = card.blocks.flatMap((block) => {
    if (block.kind === 'facts') return block.rows.map(({ label, text: said }) => `${label} ${plainText(said)}`)
    return block.kind === 'code' ? [block.text] : 'text' in block ? [plainText(block.text)] : []
  })
  return [plainText(card.title ?? ''), ...rows].join('\n')
}
/** The card as it stands in the outbox. */
async function posted(approval: Approval): Promise<string> {
  const keys = await rig.store.redis.keys(`*:m:*${planKey(approval.id)}`)
  return (await rig.store.redis.hget(keys[0] ?? '', 'body')) ?? ''
}

describe('a drain', () => {
  it('names the pods that arrived since, and makes a further plan for them alone', async () => {
    const { world } = rig.harbor
    const node = world.list('Pod', { namespace: 'shop' })[0]?.spec?.nodeName as string
    const approval = await rig.plan({ verb: 'drain', node })
    rig.bend(({ path, dryRun }, answer, pass) => {
      const pod = /namespaces\/([^/]+)\/pods\/([^/]+)\/eviction/.exec(path)
      if (dryRun || !pod) return pass()
      world.delete('Pod', pod[1], pod[2] ?? '', { gracePeriodSeconds: 0 })
      answer.writeHead(201, { 'content-type': 'application/json' })
      answer.end('{"kind":"Status","status":"Success"}')
    })
    await rig.approve(approval, JO, { typedName: node })
    const [old] = world.list('Pod', { namespace: 'shop' }).filter(({ metadata }) => metadata.ownerReferences)
    const { uid: _uid, resourceVersion: _version, ...metadata } = old?.metadata ?? { name: '' }
    await rig.execute()
    world.create({ ...old, metadata: { ...metadata, name: 'late' }, spec: { ...old?.spec, nodeName: node } } as never)
    for (const task of rig.take('verify'))
      await rig.run({ ...task, since: new Date(Date.now() - 700_000).toISOString() })
    expect((await rig.read(approval)).verified?.words).toMatch(/1 pod has arrived since it was planned/)
    const [further] = rig.take('propose')
    if (further) await rig.run(further)
    const [fresh] = await rig.context.approvals.list({ open: true })
    expect(fresh?.plan.steps.map(({ words }) => words)).toEqual([`Evict Pod shop/late from ${node}`])
    expect(fresh).toMatchObject({ state: 'pending', tier: 9 })
  }, 60_000)
})

describe('two plans of two threads for one object', () => {
  it('know of each other, and the one that runs ends the other at once', async () => {
    const first = await rig.plan(scale(4))
    const second = await rig.plan(scale(5))
    expect(await posted(first)).toContain(`plan ${second.plan.digest.slice(0, 6)} of another thread`)
    expect(await posted(second)).toContain(`plan ${first.plan.digest.slice(0, 6)} of another thread`)
    const apart = await rig.plan({ verb: 'scale', target: catalog, replicas: 3 })
    expect(await posted(apart)).not.toContain('of another thread')
    await rig.approve(second)
    // whoever reads the first card sees that the other one is not pending any more
    expect(await posted(first)).not.toContain('of another thread')
    await rig.execute()
    expect(await rig.read(first)).toMatchObject({ state: 'superseded', supersededBy: second.plan.digest.slice(0, 6) })
    expect(await posted(first)).toContain(`Superseded by plan ${second.plan.digest.slice(0, 6)}`)
    expect(await posted(first)).not.toContain(':approve')
    await rig.approve(first)
    expect((await rig.audited('refused')).at(-1)?.data.refused).toBe('superseded')
    expect((await rig.read(apart)).state).toBe('pending')
    expect(rig.writes).toHaveLength(1)
  })

  it('of the very same requests: one runs, and the other says that it was the same', async () => {
    const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(4))]
    expect(second.plan.digest).toBe(first.plan.digest)
    await rig.approve(first)
    await rig.execute()
    expect(await posted(second)).toContain('Superseded by the same plan, asked for again or in another thread')
    expect(rig.writes).toHaveLength(1)
  })

  it('approved at the same moment: one runs, the other is refused as changed, and nothing is sent for it', async () => {
    const [first, second] = [await rig.plan(scale(4)), await rig.plan(scale(5))]
    await rig.approve(first)
    await rig.approve(second)
    await rig.execute()
    const states = [(await rig.read(first)).state, (await rig.read(second)).state]
    expect(states.sort()).toEqual(['done', 'failed'])
    expect(rig.writes).toHaveLength(1)
  })
})

describe('an executor', () => {
  it('keeps its claim while it looks, however long that takes', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    const renewals: number[] = []
    const { approvals } = rig.context
    rig.context.approvals = {
      ...approvals,
      renew: (...args) => {
        renewals.push(Date.now())
        return approvals.renew(...args)
      },
    }
    rig.bend(({ dryRun }, _answer, pass) => (dryRun ? void setTimeout(pass, 4300) : pass()))
    await rig.execute()
    expect((await rig.read(approval)).state).toBe('done')
    // one beat while the dry run was waited for, one after it, one before the request
    expect(renewals.length).toBeGreaterThanOrEqual(3)
  }, 20_000)

  it('sends nothing once its claim is lost', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend(({ dryRun }, _answer, pass) => {
      if (!dryRun) return pass()
      // somebody found the claim lapsed while this process stood still
      void rig.read(approval).then(async (record) => {
        await rig.forge(record, { state: 'unknown' })
        pass()
      })
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).state).toBe('unknown')
  })

  it('sends nothing that could still be on its way when the claim has lapsed', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    const { audit } = rig.context
    rig.context.audit = {
      append: async (entry) => {
        // the record of the request hangs until most of the claim is gone
        if (entry.kind === 'request') {
          const { claim } = await rig.read(approval)
          const until = Date.parse(claim?.until ?? '') - 9000
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())))
        }
        return audit.append(entry)
      },
    }
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/took too long, so it was not sent\. Nothing was changed/)
  }, 20_000)

  it('that is answered with a failure of the server looks at what has become of it', async () => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend(({ dryRun }, answer, pass) => {
      if (dryRun) return pass()
      rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
        draft.spec.replicas = 5
      })
      answer.writeHead(504, { 'content-type': 'application/json' })
      answer.end('{"kind":"Status","message":"etcdserver: request timed out","code":504}')
    })
    await rig.execute()
    const left = await rig.read(approval)
    expect(left.state).toBe('running')
    await rig.forge(left, {
      claim: { token: left.claim?.token ?? '', until: new Date(Date.now() - 60_000).toISOString() },
    })
    await sweep(rig.context)
    for (const task of rig.take('settle')) await rig.run(task)
    expect(await rig.read(approval)).toMatchObject({
      state: 'done',
      outcome: expect.stringMatching(/answered with 504 \(etcdserver: request timed out\).*every step took effect/),
    })
    expect(rig.writes).toHaveLength(1)
  })

  it.each([
    ['took effect', true, 'done', /every step took effect/],
    ['did not', false, 'failed', /0 of 1 steps in effect/],
  ])('that died: what %s is found by looking, and never sent again', async (_, arrives, state, outcome) => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    rig.bend(({ dryRun }, answer, pass) => {
      if (dryRun) return pass()
      if (arrives)
        rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
          draft.spec.replicas = 5
        })
      answer.destroy()
    })
    await rig.execute()
    const left = await rig.read(approval)
    expect(left.state).toBe('running')
    await sweep(rig.context)
    // its claim has not lapsed yet: nobody else may look
    expect(rig.take('settle')).toEqual([])
    const lapsed = { token: left.claim?.token ?? '', until: new Date(Date.now() - 60_000).toISOString() }
    await rig.forge(left, { claim: lapsed })
    await sweep(rig.context)
    for (const task of rig.take('settle')) await rig.run(task)
    expect(await rig.read(approval)).toMatchObject({ state, outcome: expect.stringMatching(outcome) })
    await sweep(rig.context)
    await rig.execute()
    expect(rig.writes).toHaveLength(1)
  })
})

describe('a card', () => {
  it('says what changes, how far it reaches, the way back and until when, and who may decide', async () => {
    const approval = await rig.plan({ verb: 'set-image', target: web, image: 'shop/web:4.0.0' })
    expect(text(approval)).toMatch(
      /restart tier · 2 people may decide, 1 needed · expires \d\d:\d\d UTC[\s\S]*web: image: shop\/web:\S+ → shop\/web:4\.0\.0[\s\S]*Reach touches 3 pods[\s\S]*Undo offered once it has run[\s\S]*Dry run the server accepts it[\s\S]*May be decided by @U2, @U3/,
    )
  })

  it('loses its buttons with the decision, and stays readable', async () => {
    const labels = (approval: Approval) =>
      planCard(approval, { practice: false }).controls.map((one) => 'label' in one && one.label)
    const approval = await rig.plan(scale(5))
    expect(labels(approval)).toEqual(['Approve', 'Reject…', 'Details'])
    for (const state of ['approved', 'running', 'failed', 'unknown', 'rejected', 'expired', 'superseded'] as const)
      expect(labels({ ...approval, state }), state).toEqual(['Details'])
    expect(labels({ ...approval, state: 'done' })).toEqual(['Undo', 'Details'])
  })

  it('does not call who asked for it where a second person is needed', async () => {
    const approval = await rig.plan({ verb: 'delete', target: web }, { asker: JO })
    expect(text(approval)).toMatch(/1 person may decide, 1 needed[\s\S]*May be decided by @U2; not by who asked/)
    expect(text(approval)).toMatch(/approving takes the typed name web/)
  })

  it('of what the server refuses asks nobody', async () => {
    rig.bend(({ dryRun }, answer, pass) => {
      if (!dryRun) return pass()
      answer.writeHead(403, { 'content-type': 'application/json' })
      answer.end('{"kind":"Status","message":"quota exceeded","code":403}')
    })
    const card = text(await rig.plan(scale(5)))
    expect(card).toMatch(/cannot run[\s\S]*refused \(403\): quota exceeded/)
    expect(card).not.toMatch(/May be decided|Undo/)
  })

  it('shows what the server would make of it where that is more than was asked', async () => {
    rig.bend(({ dryRun }, answer, pass) => {
      if (!dryRun) return pass()
      const live = rig.harbor.world.get('Deployment', 'shop', 'web')
      const spec = { ...live.spec, replicas: 5, paused: true }
      answer.writeHead(200, { 'content-type': 'application/json' })
      answer.end(JSON.stringify({ ...live, spec }))
    })
    expect(text(await rig.plan(scale(5)))).toMatch(/replicas: 3 → 5\n\+ paused: true[\s\S]*as the server would make it/)
  })

  it('cannot be given other words, lines or another way back by whoever writes to Redis', async () => {
    const approval = await rig.plan(scale(5))
    const [step] = approval.plan.steps
    if (!step) throw new Error('no step')
    for (const plan of [
      { ...approval.plan, steps: [{ ...step, words: 'Deployment shop/web: a label' }] },
      { ...approval.plan, steps: [{ ...step, kubectl: 'kubectl get pods' }] },
      { ...approval.plan, action: { verb: 'delete' as const, target: web } },
    ]) {
      await rig.forge(approval, { plan })
      await rig.approve(approval)
      expect((await rig.read(approval)).state).toBe('pending')
      expect((await rig.audited('refused')).at(-1)?.data.refused).toBe('forged')
    }
  })

  it('of another thread does not carry this one: same thread replaces, other thread is named', async () => {
    const first = await rig.plan(scale(4), { thread: THREAD })
    const second = await rig.plan(scale(5), { thread: THREAD })
    expect((await rig.read(first)).state).toBe('superseded')
    expect(text(second)).not.toMatch(/of another thread/)
  })
})
