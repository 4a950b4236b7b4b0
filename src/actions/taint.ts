// Adds, changes or removes one taint of a node.
import { NotFoundError, UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { isLabelKey, isLabelValue } from '../objects/selector.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { isRecord, patchStep, quote } from './requests.ts'

export const taint: ActionMember<'taint'> = {
  verb: 'taint',
  summary: 'add, change or remove a taint of a node',
  async compile({ node, key, value = '', effect, remove }, { lookup }) {
    if (!isLabelKey(key) || !isLabelValue(value))
      throw new UsageError(`"${`${key}=${value}`.slice(0, 80)}" is no taint`)
    if (!remove && !effect) throw new UsageError('a taint needs an effect: NoSchedule, PreferNoSchedule or NoExecute')
    const found = await findTarget({ apiVersion: 'v1', kind: 'Node', name: node }, lookup)
    const now: unknown[] = Array.isArray(found.live.spec?.taints) ? found.live.spec.taints : []
    const others = now.filter(
      (item) => !isRecord(item) || item.key !== key || (effect !== undefined && item.effect !== effect),
    )
    if (remove && others.length === now.length) throw new NotFoundError(`${refText(found.ref)} has no taint ${key}`)
    const next = remove ? others : [...others, { key, ...(value ? { value } : {}), effect }]
    const word = remove ? `${key}${effect ? `:${effect}` : ''}-` : `${key}=${value}:${effect}`
    const words = `${remove ? 'Remove the taint' : 'Taint'} ${refText(found.ref)}: ${word.replace(/-$/, '')}`
    const edit = { path: ['spec', 'taints'], value: next.length > 0 ? next : undefined }
    const step = patchStep(found, [edit], words, `kubectl taint nodes ${node} ${quote(word)}`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: (_, steps) => inverseOf(steps),
  expect: () => [],
}
