// Puts the pod template of an earlier revision back, as `kubectl rollout undo` does.
import { ConflictError, NotFoundError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'
import type { ActionMember, Lookup } from './action.ts'
import { inverseOf } from './inverse.ts'
import { type Found, findTarget, kubectlName, preconditionOf } from './objects.ts'
import { editsBetween, isRecord, patchStep } from './requests.ts'
import { ROLLED_OUT, rolloutExpectation } from './workloads.ts'

const REVISION = 'deployment.kubernetes.io/revision'

interface Revision {
  number: number
  template: unknown
}

export const rollback: ActionMember<'rollback'> = {
  verb: 'rollback',
  summary: 'put the pod template of an earlier revision back',
  async compile({ target, toRevision }, { lookup }) {
    const found = await findTarget(target, lookup, ROLLED_OUT)
    if (found.live.spec?.paused === true) throw new ConflictError(`${refText(found.ref)} is paused: resume it first`)
    const revisions = (await revisionsOf(found, lookup)).sort((a, b) => b.number - a.number)
    const current = revisions[0]
    const wanted = toRevision === undefined ? revisions[1] : revisions.find(({ number }) => number === toRevision)
    if (!wanted || !current) {
      const known = revisions.map(({ number }) => number).join(', ') || 'none'
      const which = toRevision === undefined ? 'no earlier revision' : `no revision ${toRevision}`
      throw new NotFoundError(`${refText(found.ref)} has ${which}; known are ${known}`)
    }
    const edits = editsBetween(found.live.spec?.template, wanted.template, ['spec', 'template'])
    const words = `${refText(found.ref)}: pod template back to revision ${wanted.number}`
    const kubectl = `kubectl rollout undo ${kubectlName(found.ref)} --to-revision=${wanted.number}`
    return {
      steps: [patchStep(found, edits, words, kubectl)],
      preconditions: [preconditionOf(found.live)],
      executionSeconds: 60,
    }
  },
  undo: (_, steps) => inverseOf(steps),
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}

async function revisionsOf({ live, ref, uid }: Found, lookup: Lookup): Promise<Revision[]> {
  const isOwned = (object: KubeObject) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false
  if (live.kind === 'Deployment') {
    const sets = (await lookup.list('ReplicaSet', ref.namespace)).filter(isOwned)
    return sets.flatMap((set): Revision[] => {
      const number = Number(set.metadata.annotations?.[REVISION])
      return Number.isInteger(number) ? [{ number, template: withoutHash(set.spec?.template) }] : []
    })
  }
  const revisions = (await lookup.list('ControllerRevision', ref.namespace)).filter(isOwned)
  return revisions.flatMap((revision): Revision[] => {
    const template = revision.data?.spec?.template
    if (!isRecord(template) || !Number.isInteger(revision.revision)) return []
    const { $patch: _directive, ...plain } = template
    return [{ number: Number(revision.revision), template: plain }]
  })
}

/** The ReplicaSet's own label is no part of what the Deployment said. */
function withoutHash(template: unknown): unknown {
  if (!isRecord(template) || !isRecord(template.metadata) || !isRecord(template.metadata.labels)) return template
  const { 'pod-template-hash': _hash, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}
