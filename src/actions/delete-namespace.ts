// Deletes a namespace and everything in it.
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { goneExpectation } from './expect.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { deleteStep } from './requests.ts'

const COUNTED = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Pod', 'Service', 'PersistentVolumeClaim']

export const deleteNamespace: ActionMember<'delete-namespace'> = {
  verb: 'delete-namespace',
  summary: 'delete a namespace and everything in it',
  async compile({ name }, { lookup }) {
    const found = await findTarget({ apiVersion: 'v1', kind: 'Namespace', name }, lookup)
    const counts = await Promise.all(
      COUNTED.map(async (kind) => ({ kind, count: (await lookup.list(kind, name)).length })),
    )
    const held = counts
      .filter(({ count }) => count > 0)
      .map(({ kind, count }) => `${count} ${kind}${count === 1 ? '' : 's'}`)
    const what = held.length > 0 ? `: ${held.join(', ')}, and what else is in it` : ' and all that is in it'
    const step = deleteStep(found, `Delete ${refText(found.ref)}${what}`)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 60 }
  },
  undo: () => undefined,
  expect: (_, steps) => goneExpectation(steps, 600),
}
