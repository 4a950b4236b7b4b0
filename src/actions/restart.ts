// Rolls the pods of a workload anew, as `kubectl rollout restart` does.
import { ConflictError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'
import { ROLLED_OUT, rolloutExpectation } from './workloads.ts'

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

export const restart: ActionMember<'restart'> = {
  verb: 'restart',
  summary: 'roll the pods of a workload anew',
  async compile({ target }, { lookup, now }) {
    const found = await findTarget(target, lookup, ROLLED_OUT)
    if (found.live.spec?.paused === true)
      throw new ConflictError(`${refText(found.ref)} is paused: resume it first, or nothing restarts`)
    const path = ['spec', 'template', 'metadata', 'annotations', RESTARTED_AT]
    const value = now.toISOString().replace(/\.\d+Z$/, 'Z')
    const words = `Restart ${refText(found.ref)}: its pods are rolled anew`
    const step = patchStep(found, [{ path, value }], words, `kubectl rollout restart ${kubectlName(found.ref)}`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 60 }
  },
  // pods that have been replaced do not come back
  undo: () => undefined,
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
