// Grows a volume claim; claims never shrink.
import { UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { parseQuantity } from '../objects/quantity.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep, quote } from './requests.ts'

const PATH = ['spec', 'resources', 'requests', 'storage']

export const growPvc: ActionMember<'grow-pvc'> = {
  verb: 'grow-pvc',
  summary: 'grow a volume claim',
  async compile({ target, size }, { lookup }) {
    const found = await findTarget(target, lookup, ['PersistentVolumeClaim'])
    const spec = found.live.spec ?? {}
    const now = parseQuantity(spec.resources?.requests?.storage)
    const then = parseQuantity(size)
    if (then === undefined) throw new UsageError(`"${size.slice(0, 40)}" is no size; allowed are such as 20Gi`)
    if (now === undefined || then <= now) {
      throw new UsageError(
        `${refText(found.ref)} has ${spec.resources?.requests?.storage ?? 'no known size'}; it can only grow, not become ${size}`,
      )
    }
    const phase = found.live.status?.phase
    if (phase !== undefined && phase !== 'Bound') {
      throw new UsageError(`${refText(found.ref)} is ${String(phase).slice(0, 20)}; only a bound claim can grow`)
    }
    const storageClass =
      spec.storageClassName && (await lookup.find({ kind: 'StorageClass', name: spec.storageClassName }))
    if (storageClass && storageClass.allowVolumeExpansion !== true) {
      throw new UsageError(
        `${refText(found.ref)} cannot grow: its StorageClass ${storageClass.metadata.name} does not allow expansion`,
      )
    }
    const body = JSON.stringify({ spec: { resources: { requests: { storage: size } } } })
    const kubectl = `kubectl patch ${kubectlName(found.ref)} -p ${quote(body)}`
    const words = `Grow ${refText(found.ref)} from ${spec.resources.requests.storage} to ${size}; it cannot shrink again`
    const step = patchStep(found, [{ path: PATH, value: size }], words, kubectl)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 30 }
  },
  undo: () => undefined,
  expect: ({ size }, [step]) =>
    step ? [{ kind: 'field', object: step.object, path: PATH, value: size, seconds: 30 }] : [],
}
