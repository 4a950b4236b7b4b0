// Cordons a node: keep new pods off a node.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'

export const cordon: ActionMember<'cordon'> = {
  verb: 'cordon',
  summary: 'keep new pods off a node',
  async compile({ node }, { lookup }) {
    const found = await findTarget({ apiVersion: 'v1', kind: 'Node', name: node }, lookup)
    const edit = { path: ['spec', 'unschedulable'], value: true }
    const step = patchStep(found, [edit], `Cordon ${refText(found.ref)}`, `kubectl cordon ${found.ref.name}`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: ({ node }) => ({ verb: 'uncordon', node }),
  expect: (_, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: ['spec', 'unschedulable'], value: true, seconds: 30 }] : [],
}
