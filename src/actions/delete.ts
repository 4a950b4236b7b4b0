// Deletes one object by uid.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { goneExpectation } from './expect.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { recreated } from './recreate.ts'
import { deleteStep } from './requests.ts'

export const deleteObject: ActionMember<'delete'> = {
  verb: 'delete',
  summary: 'delete an object',
  async compile({ target, graceSeconds, cascade }, { lookup }) {
    const found = await findTarget(target, lookup)
    const facts = found.ref.kind === 'Pod' ? (['controller', 'finished'] as const) : []
    const how = `${graceSeconds === 0 ? ' by force' : ''}${cascade === 'orphan' ? '; what it owns stays' : ''}`
    const step = deleteStep(found, `Delete ${refText(found.ref)}${how}`, { graceSeconds, cascade })
    return { steps: [step], preconditions: [preconditionOf(found.live, facts)], executionSeconds: 60 }
  },
  undo: (_, steps) => recreated(steps),
  expect: (_, steps) => goneExpectation(steps, 300),
}
