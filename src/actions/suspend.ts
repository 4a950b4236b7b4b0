// Suspends a CronJob or Job.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'

export const suspend: ActionMember<'suspend'> = {
  verb: 'suspend',
  summary: 'keep a CronJob or Job from running',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, ['CronJob', 'Job'])
    const edit = { path: ['spec', 'suspend'], value: true }
    const kubectl = `kubectl patch ${kubectlName(found.ref)} --type=merge -p '{"spec":{"suspend":true}}'`
    const step = patchStep(found, [edit], `Suspend ${refText(found.ref)}`, kubectl)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ target }) => ({ verb: 'unsuspend', target }),
  expect: (_, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: ['spec', 'suspend'], value: true, seconds: 30 }] : [],
}
