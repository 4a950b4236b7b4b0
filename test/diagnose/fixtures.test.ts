// Every check has a world in which it speaks and one in which it is silent: a recorded scenario, or a pair of twins.
import { describe, expect, test } from 'vitest'
import { CHECKS } from '../../src/diagnose/checks/index.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import type { Snapshot } from '../../src/objects/snapshot.ts'
import { CORPORA, scoreAll } from '../eval/score.ts'
import { FIXTURES } from './fixtures/index.ts'

const scored = CORPORA.flatMap((folder) => scoreAll(folder).scored)
const shown = new Set(scored.flatMap(({ diagnosis }) => diagnosis.findings.map(({ check }) => check)))
const speaks = (check: string, snapshot: Snapshot) =>
  diagnose(snapshot, { checks: CHECKS.filter(({ name }) => name === check) }).findings.length > 0

describe('every check', () => {
  test.each(CHECKS.map(({ name }) => name))('%s speaks, and is silent', (name) => {
    const twins = FIXTURES[name]?.()
    if (twins) expect([speaks(name, twins[0]), speaks(name, twins[1])]).toEqual([true, false])
    else {
      expect(shown).toContain(name)
      expect(
        scored.some(({ causes, diagnosis }) => causes === 0 && diagnosis.findings.every(({ check }) => check !== name)),
      ).toBe(true)
    }
  })

  test('and no pair is for a check that is gone', () => {
    const names = new Set(CHECKS.map(({ name }) => name))
    expect(Object.keys(FIXTURES).filter((name) => !names.has(name))).toEqual([])
  })
})
