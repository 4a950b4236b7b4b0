// The contract of the family, run over every member: bound bytes, stable digests, words, what is looked at before and afterwards.
import { describe, expect, it } from 'vitest'
import { compilePlan, expectationsOf, undoOf } from '../../src/actions/compile.ts'
import { ACTIONS } from '../../src/actions/index.ts'
import { Action } from '../../src/core/action.ts'
import { canonicalJson } from '../../src/core/canonical.ts'
import { planDigest } from '../../src/core/plan.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { bindingProblem } from '../../src/safety/binding.ts'
import { compile, EXAMPLES, now, world } from './examples.ts'

it('the list holds one member per verb of core/action.ts', () => {
  const verbs = Action.options.map((option) => option.shape.verb.value)
  expect(ACTIONS.map(({ verb }) => verb).sort()).toEqual([...verbs].sort())
})

describe.each(Object.values(EXAMPLES).map((action) => [action.verb, action] as const))('%s', (_verb, action) => {
  it('compiles to requests that only meet the objects of the card', async () => {
    const plan = await compile(action)
    expect(plan.steps.length).toBeGreaterThan(0)
    expect(plan.steps.map(bindingProblem)).toEqual(plan.steps.map(() => undefined))
    for (const { request } of plan.steps)
      expect(request.path).toMatch(/^\/apis?\/[\w./:-]+(\?fieldManager=firstmate)?$/)
  })

  it('tests every value that the card shows as before', async () => {
    for (const { request, changes } of (await compile(action)).steps) {
      if (request.contentType !== 'application/json-patch+json') continue
      const tests = (request.body as { op: string; value?: unknown }[])
        .filter(({ op }) => op === 'test')
        .map(({ value }) => (typeof value === 'string' ? value : canonicalJson(value)))
      for (const { before } of changes) if (before !== null) expect(tests).toContain(before)
    }
  })

  it('the same action on the same objects has the same digest', async () => {
    const plan = await compile(action)
    expect(plan.digest).toBe(planDigest(plan))
    expect((await compile(action)).digest).toBe(plan.digest)
    expect(plan.digest).not.toBe((await compilePlan(action, 'other', world, { now })).digest)
  })

  it('says it in words and as a kubectl line', async () => {
    for (const { words, kubectl } of (await compile(action)).steps) {
      expect(words).toMatch(/^[A-Z].{10,}/)
      expect(kubectl).toMatch(/^kubectl \w+ /)
      expect(`${words}${kubectl}`).not.toContain('\n')
    }
  })

  it('looks at every object that is there before', async () => {
    const { preconditions, steps } = await compile(action)
    expect(preconditions.length).toBeGreaterThan(0)
    for (const { uid, contentHash } of preconditions) expect(uid === null).toBe(contentHash === null)
    if (action.verb !== 'drain') expect(preconditions.length).toBeGreaterThanOrEqual(steps.length)
  })

  it('its way back is an action of the family', async () => {
    for (const undo of undoOf(await compile(action)) ?? []) expect(Action.safeParse(undo).success).toBe(true)
  })

  it('names what must be seen afterwards', async () => {
    const plan = await compile(action)
    for (const { object, seconds } of expectationsOf(plan)) {
      expect(plan.steps.map((step) => step.object)).toContainEqual(object)
      expect(seconds).toBeGreaterThan(0)
    }
  })

  it('refuses an object that is not there', async () => {
    const empty = new Snapshot({ objects: [] })
    if (['create', 'apply'].includes(action.verb)) return
    await expect(compile(action, empty)).rejects.toThrow(/is not there|no kind that this cluster|nothing autoscales/)
  })
})
