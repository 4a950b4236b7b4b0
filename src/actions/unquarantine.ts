// Gives a quarantined workload back the replicas it had.
import { ConflictError } from '../core/errors.ts'
import { QUARANTINE_MARK } from '../core/marks.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { quarantineOf } from './quarantine-record.ts'
import { patchStep } from './requests.ts'
import { rolloutExpectation, SCALABLE } from './workloads.ts'

export const unquarantine: ActionMember<'unquarantine'> = {
  verb: 'unquarantine',
  summary: 'give a quarantined workload back the replicas it had',
  async compile({ target }, { lookup }) {
    const found = await findTarget(target, lookup, SCALABLE)
    const record = quarantineOf(found.live)
    if (!record)
      throw new ConflictError(`${refText(found.ref)} is not in quarantine: it carries no readable record of one`)
    const step = patchStep(
      found,
      [
        { path: ['metadata', 'annotations', QUARANTINE_MARK], value: undefined },
        { path: ['spec', 'replicas'], value: record.replicas },
      ],
      `End the quarantine of ${refText(found.ref)}: back to ${record.replicas} replicas`,
      `kubectl scale ${kubectlName(found.ref)} --replicas=${record.replicas}`,
    )
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 60 }
  },
  undo({ target }, [step]) {
    const mark = step?.changes.find(({ path }) => path.includes(QUARANTINE_MARK))?.before
    if (!mark) return undefined
    return { verb: 'quarantine', target, reason: 'the quarantine that was ended before' }
  },
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
