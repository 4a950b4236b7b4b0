// Deletes one pod; where a controller owns it, a new one follows.
import { refText } from '../core/ref.ts'
import { controllerOf } from '../objects/object.ts'
import type { ActionMember } from './action.ts'
import { goneExpectation } from './expect.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { deleteStep } from './requests.ts'

export const deletePod: ActionMember<'delete-pod'> = {
  verb: 'delete-pod',
  summary: 'delete a pod; its controller replaces it',
  async compile({ target, graceSeconds }, { lookup }) {
    const found = await findTarget(target, lookup, ['Pod'])
    const owner = controllerOf(found.live)
    const what = owner ? `its ${owner.kind} ${owner.name} replaces it` : 'nothing replaces it'
    const force = graceSeconds === 0 ? ' by force' : ''
    const step = deleteStep(found, `Delete ${refText(found.ref)}${force}; ${what}`, { graceSeconds })
    return {
      steps: [step],
      preconditions: [preconditionOf(found.live, ['controller', 'finished'])],
      executionSeconds: 60,
    }
  },
  undo: () => undefined,
  expect: (_, steps) => goneExpectation(steps),
}
