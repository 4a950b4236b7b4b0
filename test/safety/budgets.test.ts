// How much may be changed, and how often a fix that did not help is tried again.
import { expect, it } from 'vitest'
import { compilePlan, planOf } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import { type Counters, didNotHelp, fixKey, overBudget, readSpent, spend } from '../../src/safety/budget.ts'
import { judgePlan } from '../../src/safety/gate.ts'
import { parsePolicy } from '../../src/safety/rules.ts'
import { at, plan, state, target, world } from './plans.ts'

function memory(): Counters {
  const counts = new Map<string, number>()
  return {
    count: async (key) => counts.get(key) ?? 0,
    add: async (key) => void counts.set(key, (counts.get(key) ?? 0) + 1),
  }
}
const who = { asker: 'slack:U1', thread: 't' }

it('changes are counted per person, thread and hour, and the last one is refused', async () => {
  const made = await plan({ verb: 'scale', target: target('checkout'), replicas: 4 })
  const counters = memory()
  await spend(counters, made, who)
  await spend(counters, made, who)
  const spent = await readSpent(counters, made, who)
  expect(spent).toEqual({ byPerson: 2, byThread: 2, inHour: 2, unhelpful: 0 })
  expect(overBudget(spent, { perPerson: 2 })).toMatch(/2 changes per person/)
  expect(overBudget(spent, { perThread: 2 })).toMatch(/2 changes per thread/)
  expect(overBudget(spent, { perHour: 2 })).toMatch(/2 changes per cluster/)
  expect(overBudget(spent, {})).toBeUndefined()
  expect(
    judgePlan(made, state({ ...at('L4'), spent, policy: parsePolicy('budgets: {perPerson: 2}\n', 'p.yaml') })).verdict,
  ).toBe('deny')
})
it('the third attempt of a fix that did not help is refused', async () => {
  const counters = memory()
  const action: Action = { verb: 'restart', target: target('checkout') }
  for (const verdict of ['allow', 'allow', 'deny']) {
    // another minute, the same fix
    const made = await compilePlan(action, 'test', world)
    const spent = await readSpent(counters, made, who)
    expect(judgePlan(made, state({ ...at('L4'), spent })).verdict).toBe(verdict)
    await didNotHelp(counters, made)
  }
  const other = await plan({ verb: 'restart', target: target('frontend') })
  expect((await readSpent(counters, other, who)).unhelpful).toBe(0)
})
it('of several actions each counts, and each is a fix that is known in company too', async () => {
  const counters = memory()
  const restart: Action = { verb: 'restart', target: target('checkout') }
  const label: Action = { verb: 'label', target: target('checkout'), set: { team: 'x' } }
  const { plan: both } = await planOf([restart, label], 'test', world)
  await spend(counters, both, who)
  expect((await readSpent(counters, both, who)).byPerson).toBe(2)
  const alone = await compilePlan(restart, 'test', world)
  await didNotHelp(counters, alone)
  await didNotHelp(counters, alone)
  expect((await readSpent(counters, both, who)).unhelpful).toBe(2)
  expect((await readSpent(counters, await plan(label), who)).unhelpful).toBe(0)
})
it('a fix is known by its objects, whatever time is written into it', async () => {
  const made = await compilePlan({ verb: 'restart', target: target('checkout') }, 'test', world, { now: new Date(0) })
  const later = await compilePlan({ verb: 'restart', target: target('checkout') }, 'test', world, {
    now: new Date(1e12),
  })
  expect(made.digest).not.toBe(later.digest)
  expect(fixKey(made)).toBe(fixKey(later))
})
