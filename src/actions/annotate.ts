// Sets and removes annotations of any object.
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { compileMarks, expectMarks, type Marks } from './marks.ts'

const ANNOTATIONS: Marks = {
  verb: 'annotate',
  word: 'annotation',
  field: 'annotations',
  fault: (key, value) => (value.length > 65_536 ? `the annotation ${key} is longer than 64 KiB` : undefined),
}

export const annotate: ActionMember<'annotate'> = {
  verb: 'annotate',
  summary: 'set or remove annotations of an object',
  compile: (action, context) => compileMarks(ANNOTATIONS, action, context),
  undo: (_, steps) => inverseOf(steps),
  expect: ({ set }, [step]) => expectMarks(ANNOTATIONS, set, step?.object),
}
