// The snapshot that the labelled commands refer to, loaded once per file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseObjects } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

export const CORPORA = join(import.meta.dirname, '..', 'corpora')

export function loadWorld(change: (objects: KubeObject[]) => void = () => undefined): Snapshot {
  const { objects } = parseObjects(readFileSync(join(CORPORA, 'cluster.yaml'), 'utf8'))
  change(objects)
  return new Snapshot({ cluster: 'test', objects })
}

export interface Labelled {
  id: string
  command: string
  verdict: 'allow' | 'ask' | 'deny'
  tier: number | number[] | null
  alt?: ('allow' | 'ask' | 'deny')[]
  why: string
}

export function loadCorpus(name: string): Labelled[] {
  const text = readFileSync(join(CORPORA, name), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
