// Uncordons a node: let new pods onto a node again.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'

export const uncordon: ActionMember<'uncordon'> = {
  verb: 'uncordon',
  summary: 'let new pods onto a node again',
  async compile({ node }, { lookup }) {
    const found = await findTarget({ apiVersion: 'v1', kind: 'Node', name: node }, lookup)
    const edit = { path: ['spec', 'unschedulable'], value: undefined }
    const step = patchStep(found, [edit], `Uncordon ${refText(found.ref)}`, `kubectl uncordon ${found.ref.name}`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ node }) => ({ verb: 'cordon', node }),
  expect: (_, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: ['spec', 'unschedulable'], value: null, seconds: 30 }] : [],
}
