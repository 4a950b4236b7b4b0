// Scenarios scored as the acceptance does: every expected root cause found with its decisive words, nothing else blamed.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Diagnosis, Finding } from '../../src/core/finding.ts'
import { type ObjectRef, refKey, refText } from '../../src/core/ref.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import { parseObjects } from '../../src/objects/files.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

// `scenarios`: dumps of a real control plane; `scenarios-own`: smaller ones, made for what those leave out
export const CORPORA = ['scenarios', 'scenarios-own'].map((name) => join(import.meta.dirname, '../corpora', name))

interface Expected {
  title: string
  now: string
  healthy?: boolean
  rootCauses: { object: ObjectRef; alternatives?: ObjectRef[]; mentions: string[]; mustNotMention?: string[] }[]
  tolerated?: ObjectRef[]
}

export interface Scored {
  name: string
  title: string
  diagnosis: Diagnosis
  /** what it should have found, and how much of that it did */
  causes: number
  found: number
  /** roots that nobody expects, and alarms over what is well */
  falseRoots: number
  /** one sentence each; none when the scenario passes */
  mistakes: string[]
  seconds: number
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder).sort()
}

export function score(folder: string, name: string): Scored {
  const expected: Expected = parse(readFileSync(join(folder, name, 'expect.yaml'), 'utf8'))
  const loaded = parseObjects(readFileSync(join(folder, name, 'cluster.yaml'), 'utf8'))
  const began = performance.now()
  const diagnosis = diagnose(new Snapshot({ ...loaded, now: new Date(expected.now) }))
  const seconds = (performance.now() - began) / 1000
  const troubles = diagnosis.findings.filter(({ severity }) => severity !== 'info')
  const roots = troubles.filter(({ root }) => root)
  const allowed = new Set((expected.tolerated ?? []).map(refKey))
  const missed = expected.rootCauses.filter(({ object, alternatives = [], mentions, mustNotMention = [] }) => {
    const keys = new Set([object, ...alternatives].map(refKey))
    for (const key of keys) allowed.add(key)
    const says = (text: string, pattern: string) => new RegExp(pattern, 'i').test(text)
    return !roots
      .filter((root) => keys.has(refKey(root.object)))
      .map(wordsOf)
      .some((text) => mentions.every((each) => says(text, each)) && !mustNotMention.some((each) => says(text, each)))
  })
  const wrong = expected.healthy ? troubles : roots.filter(({ object }) => !allowed.has(refKey(object)))
  return {
    name,
    title: expected.title,
    diagnosis,
    causes: expected.rootCauses.length,
    found: expected.rootCauses.length - missed.length,
    falseRoots: wrong.length,
    mistakes: [
      ...missed.map(
        ({ object, mentions }) =>
          `${name}: not found: ${refText(object)} with ${mentions.join(' and ')}; roots: ${roots.map(wordsOf).join(' --- ') || 'none'}`,
      ),
      ...wrong.map((finding) => `${name}: false: ${finding.summary} (${finding.check})`),
      ...(diagnosis.healthy === (expected.healthy === true) ? [] : [`${name}: healthy is ${diagnosis.healthy}`]),
      ...diagnosis.partial.map((gap) => `${name}: ${gap}`),
    ],
    seconds,
  }
}

/** What the acceptance reads of a finding. */
function wordsOf({ summary, cause, evidence, remedy }: Finding): string {
  return [summary, cause, ...evidence.map(({ text }) => text), remedy].join('\n')
}

export interface ScoredSet {
  folder: string
  scored: Scored[]
}

export function scoreAll(folder: string, only?: RegExp): ScoredSet {
  const names = namesIn(folder).filter((name) => !only || only.test(name))
  return { folder, scored: names.map((name) => score(folder, name)) }
}

export function scoresOf(sets: readonly ScoredSet[]): string {
  const sum = (scored: readonly Scored[], of: (one: Scored) => number) => scored.reduce((all, one) => all + of(one), 0)
  const rows = sets.map(({ folder, scored }) => {
    const causes = sum(scored, (one) => one.causes)
    const passed = scored.filter(({ mistakes }) => mistakes.length === 0).length
    const found = sum(scored, (one) => one.found)
    const recall = causes === 0 ? '–' : `${((found / causes) * 100).toFixed(1)} % (${found} of ${causes})`
    return `| ${folder.split('/').at(-1)} | ${scored.length} | ${passed} | ${recall} | ${sum(scored, (one) => one.falseRoots)} | ${sum(scored, (one) => one.seconds).toFixed(2)} |`
  })
  return [
    '| scenarios | number | pass | recall | false root causes | seconds |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
