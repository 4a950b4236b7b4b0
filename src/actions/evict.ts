// Evicts one pod: a delete that respects disruption budgets.
import { refText } from '../core/ref.ts'
import { controllerOf } from '../objects/object.ts'
import type { ActionMember } from './action.ts'
import { goneExpectation } from './expect.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { evictStep } from './requests.ts'

export const evict: ActionMember<'evict'> = {
  verb: 'evict',
  summary: 'evict a pod, with respect for its disruption budget',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, ['Pod'])
    const owner = controllerOf(found.live)
    const what = owner ? `its ${owner.kind} ${owner.name} replaces it` : 'nothing replaces it'
    const step = evictStep(found, `Evict ${refText(found.ref)}; ${what}`)
    return {
      steps: [step],
      preconditions: [preconditionOf(found.live, ['controller', 'finished'])],
      executionSeconds: 300,
    }
  },
  undo: () => undefined,
  expect: (_, steps) => goneExpectation(steps),
}
