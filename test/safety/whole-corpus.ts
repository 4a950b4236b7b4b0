// All labelled commands, the world that they refer to, and how hard each of them is judged.
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { judgeCommand } from '../../src/safety/judge.ts'
import { loadCorpus, loadWorld } from './world.ts'

export const snapshot = loadWorld()
export const corpus = ['public.jsonl', 'commands.jsonl', 'commands-second.jsonl'].flatMap((name) => loadCorpus(name))

/** allow 0 … ask 9 in the order of tiers; a hard denial is above all. */
export function weight(line: string, known = true): number {
  const { tier, verdict } = judgeCommand(line, { level: 'L1', ...(known ? { snapshot } : {}) })
  return tier === null || verdict === 'deny' ? 100 : tier
}

export const simple = corpus.filter(
  ({ command }) => parseCommand(command).ok && /^[\x21-\x7e ]+$/.test(command) && !/['"\\]/.test(command),
)

export function words(line: string): string[] {
  return line.trim().split(/\s+/)
}
