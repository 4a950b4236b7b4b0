import { describe, expect, it } from 'vitest'
import type { Level, Tier, Verdict } from '../../src/core/plan.ts'
import { levelFor, mayMove, verdictAt } from '../../src/safety/autonomy.ts'

// SAFETY.md §3, row by row: observe, remediate, quarantine, restart, destructive
const MATRIX: [Level, ...Verdict[]][] = [
  ['L0', 'allow', 'deny', 'deny', 'deny', 'deny'],
  ['L1', 'allow', 'ask', 'ask', 'ask', 'ask'],
  ['L2', 'allow', 'allow', 'allow', 'ask', 'ask'],
  ['L3', 'allow', 'allow', 'allow', 'allow', 'ask'],
  ['L4', 'allow', 'allow', 'allow', 'allow', 'allow'],
]
const TIERS: Tier[] = [0, 5, 6, 7, 9]

describe.each(MATRIX)('%s', (level, ...verdicts) => {
  it.each(TIERS.map((tier, index) => [tier, verdicts[index]] as const))('tier %i: %s', (tier, verdict) => {
    expect(verdictAt(level, tier)).toBe(verdict)
  })
})

describe('the level of a plan', () => {
  const autonomy = {
    level: 'L2',
    max: 'L3',
    namespaces: new Map<string, Level>([
      ['payments', 'L0'],
      ['sandbox', 'L4'],
    ]),
  } as const
  it.each<[string, (string | undefined)[], Level]>([
    ['the default where a namespace has none of its own', ['shop'], 'L2'],
    ["a namespace's own level replaces the default", ['payments'], 'L0'],
    ['it is capped', ['sandbox'], 'L3'],
    ['of several namespaces the lowest counts', ['sandbox', 'shop', 'payments'], 'L0'],
    ['cluster-scoped objects take the default', [undefined, 'sandbox'], 'L2'],
    ['nothing touched takes the default', [], 'L2'],
  ])('%s', (_sentence, touched, level) => expect(levelFor(autonomy, touched)).toBe(level))
})

describe('moving the level', () => {
  it.each<[Level, Level, boolean, boolean, boolean]>([
    ['L1', 'L2', true, false, true],
    ['L1', 'L2', false, true, false],
    ['L2', 'L1', false, true, true],
    ['L2', 'L2', false, true, true],
    ['L2', 'L0', false, false, false],
    ['L2', 'L0', true, false, true],
  ])('%s → %s, admin %s, approver %s: %s', (from, to, admin, approver, may) => {
    expect(mayMove(from, to, { admin, approver })).toBe(may)
  })
})
