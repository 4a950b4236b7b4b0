// Holds the rollout of a Deployment.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'

export const pause: ActionMember<'pause'> = {
  verb: 'pause',
  summary: 'hold the rollout of a Deployment',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, ['Deployment'])
    const words = `Pause the rollout of ${refText(found.ref)}`
    const step = patchStep(
      found,
      [{ path: ['spec', 'paused'], value: true }],
      words,
      `kubectl rollout pause ${kubectlName(found.ref)}`,
    )
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ target }) => ({ verb: 'resume', target }),
  expect: (_, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: ['spec', 'paused'], value: true, seconds: 30 }] : [],
}
