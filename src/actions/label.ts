// Sets and removes labels of any object.
import { isLabelValue } from '../objects/selector.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { compileMarks, expectMarks, type Marks } from './marks.ts'

const LABELS: Marks = {
  verb: 'label',
  word: 'label',
  field: 'labels',
  fault: (_, value) => (isLabelValue(value) ? undefined : `"${value.slice(0, 80)}" is no label value`),
}

export const label: ActionMember<'label'> = {
  verb: 'label',
  summary: 'set or remove labels of an object',
  compile: (action, context) => compileMarks(LABELS, action, context),
  undo: (_, steps) => inverseOf(steps),
  expect: ({ set }, [step]) => expectMarks(LABELS, set, step?.object),
}
