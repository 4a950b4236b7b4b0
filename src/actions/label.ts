// Sets and removes labels of any object.
import { UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { isLabelKey, isLabelValue } from '../objects/selector.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { type Edit, patchStep, quote } from './requests.ts'

export const label: ActionMember<'label'> = {
  verb: 'label',
  summary: 'set or remove labels of an object',
  async compile({ target, set }, { lookup }) {
    const entries = Object.entries(set)
    if (entries.length === 0) throw new UsageError('nothing to set: give at least one label')
    for (const [key, value] of entries) {
      if (!isLabelKey(key)) throw new UsageError(`"${key.slice(0, 80)}" is no label key`)
      if (value !== null && !isLabelValue(value)) throw new UsageError(`"${value.slice(0, 80)}" is no label value`)
    }
    const found = await findTarget(target, lookup)
    const edits = entries.map(
      ([key, value]): Edit => ({ path: ['metadata', 'labels', key], value: value ?? undefined }),
    )
    const pairs = entries.map(([key, value]) => (value === null ? `${key}-` : quote(`${key}=${value}`)))
    const words = `${refText(found.ref)}: ${entries.map(([key, value]) => (value === null ? `remove label ${key}` : `label ${key}=${value}`)).join(', ')}`
    const step = patchStep(
      found,
      edits,
      words,
      `kubectl label ${kubectlName(found.ref)} --overwrite ${pairs.join(' ')}`,
    )
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: (_, steps) => inverseOf(steps),
  expect({ set }, [step]) {
    if (!step) return []
    return Object.entries(set).map(([key, value]) => ({
      kind: 'field',
      object: step.object,
      path: ['metadata', 'labels', key],
      value,
      seconds: 30,
    }))
  },
}
