// The recorded scenarios, scored as the acceptance does: every expected root cause found with its decisive words, nothing else blamed.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type ObjectRef, refKey } from '../../src/core/ref.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import { parseObjects } from '../../src/objects/files.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { wordsOf } from './build.ts'

interface Expected {
  title: string
  now: string
  healthy?: boolean
  rootCauses: { object: ObjectRef; alternatives?: ObjectRef[]; mentions: string[]; mustNotMention?: string[] }[]
  tolerated?: ObjectRef[]
}

// `scenarios`: dumps of a real control plane; `scenarios-own`: smaller ones, made for what those leave out
const folders = ['scenarios', 'scenarios-own'].map((name) => join(import.meta.dirname, '../corpora', name))

describe.each(folders)('%s', (folder) => {
  for (const name of readdirSync(folder).sort()) {
    const expected: Expected = parse(readFileSync(join(folder, name, 'expect.yaml'), 'utf8'))
    test(`${name}: ${expected.title}`, () => {
      const loaded = parseObjects(readFileSync(join(folder, name, 'cluster.yaml'), 'utf8'))
      const diagnosis = diagnose(new Snapshot({ ...loaded, now: new Date(expected.now) }))
      expect(diagnosis.partial).toEqual([])
      const wanted = expected.rootCauses.map(
        ({ object, alternatives = [] }) => new Set([object, ...alternatives].map(refKey)),
      )
      const tolerated = new Set((expected.tolerated ?? []).map(refKey))
      const roots = diagnosis.findings.filter(({ root, severity }) => root && severity !== 'info')
      const wrong = roots.filter(
        ({ object }) => !tolerated.has(refKey(object)) && !wanted.some((keys) => keys.has(refKey(object))),
      )
      expect(wrong.map(({ summary }) => summary)).toEqual([])
      expect(diagnosis.healthy).toBe(expected.healthy === true)
      for (const [index, cause] of expected.rootCauses.entries()) {
        const words = roots.filter(({ object }) => wanted[index]?.has(refKey(object))).map(wordsOf)
        const told = words.some(
          (text) =>
            cause.mentions.every((mention) => new RegExp(mention, 'i').test(text)) &&
            !(cause.mustNotMention ?? []).some((mention) => new RegExp(mention, 'i').test(text)),
        )
        expect(
          told,
          `${cause.object.kind} ${cause.object.name} with ${cause.mentions.join(' and ')} in:\n${words.join('\n---\n')}`,
        ).toBe(true)
      }
    })
  }
})
