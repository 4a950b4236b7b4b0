// Server-side apply of a manifest: bound to the live object by uid, or a creation where there is none.
import { UsageError } from '../core/errors.ts'
import type { Step } from '../core/plan.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { kindOf, pathOf } from '../objects/kinds.ts'
import { sameJson } from '../objects/same.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { managersOf } from './managers.ts'
import { readManifest } from './manifests.ts'
import { mergeEdits, reliedOn } from './merge.ts'
import { absencePrecondition, preconditionOf } from './objects.ts'
import { createStep, isRecord, patchStep, step, valueAt } from './requests.ts'
import { ROLLED_OUT, rolloutExpectation } from './workloads.ts'

const MANAGER = 'firstmate'

export const apply: ActionMember<'apply'> = {
  verb: 'apply',
  summary: 'apply a manifest (server-side apply)',
  async compile({ manifest }, { lookup }) {
    const { kind, ref, body } = await readManifest(manifest, lookup)
    if (kind.kind === 'Secret')
      throw new UsageError('Secrets are not applied here: their data would be in a card and in the audit')
    const live = await lookup.find(ref, { managers: true })
    const kubectl = `kubectl apply --server-side --field-manager=${MANAGER} -f - # ${refText(ref)}`
    if (!live) {
      const made = createStep(kind, ref, body, `Create ${refText(ref)}`, kubectl)
      return { steps: [made], preconditions: [absencePrecondition(ref)], executionSeconds: 60 }
    }
    if (!live.metadata.uid) throw new UsageError(`${refText(ref)} has no uid, so that a plan cannot be bound to it`)
    const type = kindOf(ref.kind, ref.apiVersion) ? 'strategic' : 'merge'
    const edits = live.metadata.managedFields ? mergeEdits(type, body, live) : []
    const others = managersOf(live, edits, MANAGER)
    if (others.length > 0) {
      // a server-side apply would be refused with a conflict; a patch says before and after, and leaves the fields with who manages them
      const found = { kind, live, ref, uid: live.metadata.uid }
      return {
        // as kubectl does without --server-side
        steps: [patchStep(found, edits, `Apply ${refText(ref)} as a patch`, `kubectl apply -f - # ${refText(ref)}`)],
        preconditions: [preconditionOf(live, reliedOn(edits, live))],
        executionSeconds: 60,
        notes: [`what it changes of ${refText(ref)} is managed by ${others.join(', ')}, and stays with them`],
      }
    }
    const bound = { ...body, metadata: { ...(isRecord(body.metadata) ? body.metadata : {}), uid: live.metadata.uid } }
    const request = {
      method: 'PATCH' as const,
      path: `${pathOf(kind, ref.namespace, ref.name)}?fieldManager=${MANAGER}`,
      contentType: 'application/apply-patch+yaml',
      body: bound,
    }
    const made = step({
      request,
      object: ref,
      words: `Apply ${refText(ref)}`,
      kubectl,
      changes: changesOf(body, live),
      rule: 'plain',
    })
    return { steps: [made], preconditions: [preconditionOf(live)], executionSeconds: 60 }
  },
  // what a manifest took over field by field has no single way back; a creation has
  undo(_, steps) {
    const [made] = steps
    return made?.request.method === 'POST' ? { verb: 'delete', target: made.object } : inverseOf(steps)
  },
  expect(_, [made]) {
    if (!made) return []
    return ROLLED_OUT.includes(made.object.kind) ? [rolloutExpectation(made.object)] : [there(made.object)]
  },
}

function there(object: ObjectRef): { kind: 'there'; object: ObjectRef; seconds: number } {
  return { kind: 'there', object, seconds: 60 }
}

/** Leaf by leaf, what the manifest says and the live object does not; lists are shown whole. */
function changesOf(body: unknown, live: unknown, path: string[] = []): Step['changes'] {
  if (isRecord(body))
    return Object.entries(body).flatMap(([key, value]) => changesOf(value, valueAt(live, [key]), [...path, key]))
  if (sameJson(body ?? null, live ?? null)) return []
  const text = (value: unknown) =>
    value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value)
  return [{ path: path.join('.'), before: text(live), after: text(body) }]
}
