// Sets the replica count of a workload.
import type { ActionMember } from './action.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep } from './requests.ts'
import { readyFacts, rolloutExpectation, SCALABLE } from './workloads.ts'

export const scale: ActionMember<'scale'> = {
  verb: 'scale',
  summary: 'set the replica count of a workload',
  async compile({ target, replicas }, { lookup }) {
    const found = await findTarget(target, lookup, SCALABLE)
    const before = found.live.spec?.replicas ?? 1
    const words = `${found.ref.kind} ${found.ref.namespace}/${found.ref.name}: ${before} → ${replicas} replicas`
    const kubectl = `kubectl scale ${kubectlName(found.ref)} --replicas=${replicas}`
    const step = patchStep(found, [{ path: ['spec', 'replicas'], value: replicas }], words, kubectl)
    // going to zero is mild only while nothing is ready
    return {
      steps: [step],
      preconditions: [preconditionOf(found.live, replicas === 0 ? readyFacts(found.live) : [])],
      executionSeconds: 60,
    }
  },
  undo({ target }, [step]) {
    const before = Number(step?.changes[0]?.before ?? 1)
    return Number.isInteger(before) ? { verb: 'scale', target, replicas: before } : undefined
  },
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
