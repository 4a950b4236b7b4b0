// Creates an object from a manifest.
import { ConflictError, UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { readManifest } from './manifests.ts'
import { absencePrecondition } from './objects.ts'
import { createStep } from './requests.ts'

export const create: ActionMember<'create'> = {
  verb: 'create',
  summary: 'create an object from a manifest',
  async compile({ manifest }, { lookup }) {
    const { kind, ref, body } = await readManifest(manifest, lookup)
    if (await lookup.find(ref)) throw new ConflictError(`${refText(ref)} is there already; apply changes it`)
    if (kind.kind === 'Secret')
      throw new UsageError('Secrets are not created here: their data would be in a card and in the audit')
    const step = createStep(kind, ref, body, `Create ${refText(ref)}`, `kubectl create -f - # ${refText(ref)}`)
    return { steps: [step], preconditions: [absencePrecondition(ref)], executionSeconds: 60 }
  },
  undo: (_, [step]) => (step ? { verb: 'delete', target: step.object } : undefined),
  expect: (_, [step]) => (step ? [{ kind: 'there', object: step.object, seconds: 60 }] : []),
}
