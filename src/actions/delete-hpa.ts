// Deletes an autoscaler; its workload keeps the replicas it has.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findAutoscaler } from './autoscalers.ts'
import { goneExpectation } from './expect.ts'
import { preconditionOf } from './objects.ts'
import { recreated } from './recreate.ts'
import { deleteStep } from './requests.ts'

export const deleteHpa: ActionMember<'delete-hpa'> = {
  verb: 'delete-hpa',
  summary: 'delete an autoscaler; the workload keeps its replicas',
  async compile({ target }, { lookup }) {
    const found = await findAutoscaler(target, lookup)
    const step = deleteStep(found, `Delete ${refText(found.ref)}; the workload keeps its replicas`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: (_, steps) => recreated(steps),
  expect: (_, steps) => goneExpectation(steps),
}
