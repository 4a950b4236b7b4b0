// The card of a plan: what it says, to whom, and what nobody can make it say.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { plainText } from '../../src/core/card.ts'
import type { Approval } from '../../src/safety/approval.ts'
import { planCard } from '../../src/tasks/change/plan-card.ts'
import { JO, type Rig, scale, startRig, THREAD, web } from '../tasks/rig.ts'
import { answerWith, refuse } from './wire.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

const text = (approval: Approval) => {
  const card = planCard(approval, { practice: false })
  const rows = card.blocks.flatMap((block) => {
    if (block.kind === 'facts') return block.rows.map(({ label, text: said }) => `${label} ${plainText(said)}`)
    return block.kind === 'code' ? [block.text] : 'text' in block ? [plainText(block.text)] : []
  })
  return [plainText(card.title ?? ''), ...rows].join('\n')
}
it('a card says what changes, how far it reaches, the way back and until when, and who may decide', async () => {
  const approval = await rig.plan({ verb: 'set-image', target: web, image: 'shop/web:4.0.0' })
  expect(text(approval)).toMatch(
    /restart tier · 2 people may decide, 1 needed · expires \d\d:\d\d UTC[\s\S]*web: image: shop\/web:\S+ → shop\/web:4\.0\.0[\s\S]*Reach touches 3 pods[\s\S]*Undo offered once it has run[\s\S]*Dry run the server accepts it[\s\S]*May be decided by @U2, @U3/,
  )
})

it('a card loses its buttons with the decision, and stays readable', async () => {
  const labels = (approval: Approval) =>
    planCard(approval, { practice: false }).controls.map((one) => 'label' in one && one.label)
  const approval = await rig.plan(scale(5))
  expect(labels(approval)).toEqual(['Approve', 'Reject…', 'Details'])
  for (const state of ['approved', 'running', 'failed', 'unknown', 'rejected', 'expired', 'superseded'] as const)
    expect(labels({ ...approval, state }), state).toEqual(['Details'])
  expect(labels({ ...approval, state: 'done' })).toEqual(['Undo', 'Details'])
})

it('a card does not call who asked for it where a second person is needed', async () => {
  const approval = await rig.plan({ verb: 'delete', target: web }, { asker: JO })
  expect(text(approval)).toMatch(/1 person may decide, 1 needed[\s\S]*May be decided by @U2; not by who asked/)
  expect(text(approval)).toMatch(/approving takes the typed name web/)
})

it('a card of what the server refuses asks nobody', async () => {
  rig.bend(({ dryRun }, answer, pass) => {
    if (!dryRun) return pass()
    refuse(answer, 403, 'quota exceeded')
  })
  const card = text(await rig.plan(scale(5)))
  expect(card).toMatch(/cannot run[\s\S]*refused \(403\): quota exceeded/)
  expect(card).not.toMatch(/May be decided|Undo/)
})

it('a card shows what the server would make of it where that is more than was asked', async () => {
  rig.bend(({ dryRun }, answer, pass) => {
    if (!dryRun) return pass()
    const live = rig.harbor.world.get('Deployment', 'shop', 'web')
    const spec = { ...live.spec, replicas: 5, paused: true }
    answerWith(answer, 200, { ...live, spec })
  })
  expect(text(await rig.plan(scale(5)))).toMatch(/replicas: 3 → 5\n\+ paused: true[\s\S]*as the server would make it/)
})

it('a card cannot be given other words, lines or another way back by whoever writes to Redis', async () => {
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

it('a card takes the place of the older one in its thread, and does not call it a plan of another thread', async () => {
  const first = await rig.plan(scale(4), { thread: THREAD })
  const second = await rig.plan(scale(5), { thread: THREAD })
  expect((await rig.read(first)).state).toBe('superseded')
  expect(await rig.posted(second)).toContain(':approve')
  expect(await rig.posted(second)).not.toContain('of another thread')
})
