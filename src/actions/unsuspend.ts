// Resumes a CronJob or Job.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'

export const unsuspend: ActionMember<'unsuspend'> = {
  verb: 'unsuspend',
  summary: 'let a CronJob or Job run again',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, ['CronJob', 'Job'])
    const edit = { path: ['spec', 'suspend'], value: false }
    const kubectl = `kubectl patch ${kubectlName(found.ref)} --type=merge -p '{"spec":{"suspend":false}}'`
    const step = patchStep(found, [edit], `Resume ${refText(found.ref)}`, kubectl)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ target }) => ({ verb: 'suspend', target }),
  expect: (_, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: ['spec', 'suspend'], value: false, seconds: 30 }] : [],
}
