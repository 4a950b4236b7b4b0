// Creates a HorizontalPodAutoscaler for a workload.
import { ConflictError, UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { kindOf } from '../objects/kinds.ts'
import type { ActionMember } from './action.ts'
import { absencePrecondition, findTarget, kubectlName } from './objects.ts'
import { createStep } from './requests.ts'
import { SCALABLE } from './workloads.ts'

export const createHpa: ActionMember<'create-hpa'> = {
  verb: 'create-hpa',
  summary: 'create an autoscaler for a workload',
  async compile({ target, min, max, cpuPercent = 80 }, { lookup }) {
    const kind = kindOf('HorizontalPodAutoscaler')
    if (!kind) throw new UsageError('autoscalers are not served')
    if (max < Math.max(min, 1))
      throw new UsageError(`max ${max} is less than min ${min}; it must be at least ${Math.max(min, 1)}`)
    const found = await findTarget(target, lookup, SCALABLE)
    const { namespace, name } = found.ref
    const ref = { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name } as const
    const there = (await lookup.list(kind.kind, namespace)).find(
      ({ metadata, spec }) =>
        metadata.name === name ||
        (spec?.scaleTargetRef?.kind === found.ref.kind && spec?.scaleTargetRef?.name === name),
    )
    if (there)
      throw new ConflictError(
        `${refText({ ...ref, name: there.metadata.name })} already scales ${refText(found.ref)}; update it instead`,
      )
    const manifest = {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name, namespace },
      spec: {
        scaleTargetRef: { apiVersion: found.kind.apiVersion, kind: found.ref.kind, name },
        minReplicas: min,
        maxReplicas: max,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } },
          },
        ],
      },
    }
    const words = `Autoscale ${refText(found.ref)} between ${min} and ${max} replicas at ${cpuPercent} % CPU`
    const kubectl = `kubectl autoscale ${kubectlName(found.ref)} --min=${min} --max=${max} --cpu=${cpuPercent}%`
    return {
      steps: [createStep(kind, { ...ref }, manifest, words, kubectl)],
      preconditions: [absencePrecondition({ ...ref })],
      executionSeconds: 30,
    }
  },
  undo: (_, [step]) => (step ? { verb: 'delete-hpa', target: step.object } : undefined),
  expect: (_, [step]) => (step ? [{ kind: 'there', object: step.object, seconds: 30 }] : []),
}
