// Every labelled command, as check.mjs compares: nothing too lax, and (since these are the sentences we settled) nothing too strict.
import { describe, expect, it } from 'vitest'
import { judgeCommand } from '../../src/safety/judge.ts'
import { type Labelled, loadCorpus, loadWorld } from './world.ts'

const snapshot = loadWorld()
const ORDER = { allow: 0, ask: 1, deny: 2 }

function problem(entry: Labelled): string | undefined {
  const { verdict, tier } = judgeCommand(entry.command, { snapshot, level: 'L1' })
  const allowed = [entry.verdict, ...(entry.alt ?? [])]
  if (verdict !== entry.verdict) {
    if (allowed.includes(verdict)) return undefined
    return ORDER[verdict] < Math.min(...allowed.map((one) => ORDER[one]))
      ? `TOO LAX: ${verdict}`
      : `too strict: ${verdict}`
  }
  const tiers = [entry.tier ?? []].flat()
  return verdict === 'deny' || tiers.includes(tier ?? -1) ? undefined : `tier ${tier} instead of ${tiers.join(' or ')}`
}

describe.each([
  'public.jsonl',
  'commands.jsonl',
  'commands-second.jsonl',
  'commands-third.jsonl',
  'commands-fourth.jsonl',
])('%s', (name) => {
  const corpus = loadCorpus(name)
  it('is read', () => expect(corpus.length).toBeGreaterThan(100))
  it.each(corpus.map((entry) => [entry.id, entry.command, entry] as const))('%s %s', (_id, _command, entry) => {
    expect(problem(entry)).toBeUndefined()
  })
})
