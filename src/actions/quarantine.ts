// Takes a workload to zero and records on it how many replicas it had and why, so that the way back survives any restart.
import { ConflictError } from '../core/errors.ts'
import { QUARANTINE_MARK } from '../core/marks.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'
import { readyFacts, rolloutExpectation, SCALABLE } from './workloads.ts'

export const quarantine: ActionMember<'quarantine'> = {
  verb: 'quarantine',
  summary: 'take a broken workload to zero, with its replica count and the reason recorded on it',
  async compile({ target, reason }, { lookup, now }) {
    const found = await findTarget(target, lookup, SCALABLE)
    const replicas = found.live.spec?.replicas ?? 1
    if (found.live.metadata.annotations?.[QUARANTINE_MARK] !== undefined) {
      throw new ConflictError(`${refText(found.ref)} is in quarantine already`)
    }
    if (replicas === 0) throw new ConflictError(`${refText(found.ref)} runs no replica already`)
    const record = JSON.stringify({ replicas, reason: reason.slice(0, 500), at: now.toISOString() })
    const step = patchStep(
      found,
      [
        { path: ['metadata', 'annotations', QUARANTINE_MARK], value: record },
        { path: ['spec', 'replicas'], value: 0 },
      ],
      `Quarantine ${refText(found.ref)}: ${replicas} → 0 replicas, recorded for the way back`,
      `kubectl scale ${kubectlName(found.ref)} --replicas=0`,
    )
    const scaler = (await lookup.list('HorizontalPodAutoscaler', found.ref.namespace)).find(
      ({ spec }) => spec?.scaleTargetRef?.kind === found.ref.kind && spec?.scaleTargetRef?.name === found.ref.name,
    )
    const notes = scaler
      ? [`its autoscaler ${scaler.metadata.name} is left alone: it idles while there are zero replicas`]
      : []
    return {
      steps: [step],
      preconditions: [preconditionOf(found.live, readyFacts(found.live))],
      executionSeconds: 60,
      notes,
    }
  },
  undo: ({ target }) => ({ verb: 'unquarantine', target }),
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object, 120)] : []),
}
