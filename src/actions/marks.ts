// Labels and annotations are set and removed in one way; what differs is where they lie and which values they may have.
import { UsageError } from '../core/errors.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { isLabelKey } from '../objects/selector.ts'
import type { ActionContext, Compiled, Expectation } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { type Edit, patchStep, quote } from './requests.ts'

export interface Marks {
  verb: 'label' | 'annotate'
  word: 'label' | 'annotation'
  field: 'labels' | 'annotations'
  /** a clause that says what is wrong with a value */
  fault(key: string, value: string): string | undefined
}

type Wanted = Record<string, string | null>

export async function compileMarks(
  { verb, word, field, fault }: Marks,
  { target, set }: { target: ObjectRef; set: Wanted },
  { lookup }: ActionContext,
): Promise<Compiled> {
  const entries = Object.entries(set)
  if (entries.length === 0) throw new UsageError(`nothing to set: give at least one ${word}`)
  for (const [key, value] of entries) {
    if (!isLabelKey(key)) throw new UsageError(`"${key.slice(0, 80)}" is no ${word} key`)
    const wrong = value === null ? undefined : fault(key, value)
    if (wrong) throw new UsageError(wrong)
  }
  const found = await findTarget(target, lookup)
  const edits = entries.map(([key, value]): Edit => ({ path: ['metadata', field, key], value: value ?? undefined }))
  const said = entries.map(([key, value]) => (value === null ? `remove ${word} ${key}` : `${word} ${key}=${value}`))
  const pairs = entries.map(([key, value]) => (value === null ? `${key}-` : quote(`${key}=${value}`)))
  const words = `${refText(found.ref)}: ${said.join(', ')}`
  const kubectl = `kubectl ${verb} ${kubectlName(found.ref)} --overwrite ${pairs.join(' ')}`
  return {
    steps: [patchStep(found, edits, words, kubectl)],
    preconditions: [preconditionOf(found.live)],
    executionSeconds: 30,
  }
}

export function expectMarks({ field }: Marks, set: Wanted, object: ObjectRef | undefined): Expectation[] {
  if (!object) return []
  return Object.entries(set).map(([key, value]) => ({
    kind: 'field',
    object,
    path: ['metadata', field, key],
    value,
    seconds: 30,
  }))
}
