// Lets the rollout of a paused Deployment go on.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'
import { rolloutExpectation } from './workloads.ts'

export const resume: ActionMember<'resume'> = {
  verb: 'resume',
  summary: 'let the rollout of a paused Deployment go on',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, ['Deployment'])
    const words = `Resume the rollout of ${refText(found.ref)}`
    const step = patchStep(
      found,
      [{ path: ['spec', 'paused'], value: undefined }],
      words,
      `kubectl rollout resume ${kubectlName(found.ref)}`,
    )
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ target }) => ({ verb: 'pause', target }),
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
