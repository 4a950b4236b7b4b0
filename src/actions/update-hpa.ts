// Changes the bounds or the CPU goal of an autoscaler.
import { UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { findAutoscaler } from './autoscalers.ts'
import { inverseOf } from './inverse.ts'
import { kubectlName, preconditionOf } from './objects.ts'
import { type Edit, isRecord, patchStep, quote } from './requests.ts'

export const updateHpa: ActionMember<'update-hpa'> = {
  verb: 'update-hpa',
  summary: 'change the bounds or the CPU goal of an autoscaler',
  async compile({ target, min, max, cpuPercent }, { lookup }) {
    const found = await findAutoscaler(target, lookup)
    const spec = found.live.spec ?? {}
    const least = min ?? spec.minReplicas ?? 1
    const most = max ?? spec.maxReplicas ?? 1
    if (most < Math.max(least, 1)) throw new UsageError(`max ${most} is less than min ${least}`)
    const edits: Edit[] = []
    if (min !== undefined) edits.push({ path: ['spec', 'minReplicas'], value: min })
    if (max !== undefined) edits.push({ path: ['spec', 'maxReplicas'], value: max })
    if (cpuPercent !== undefined) {
      const metrics: unknown[] = Array.isArray(spec.metrics) ? spec.metrics : []
      const index = metrics.findIndex(
        (metric) => isRecord(metric) && isRecord(metric.resource) && metric.resource.name === 'cpu',
      )
      if (index < 0) throw new UsageError(`${refText(found.ref)} does not scale by CPU`)
      edits.push({ path: ['spec', 'metrics', index, 'resource', 'target', 'averageUtilization'], value: cpuPercent })
    }
    if (edits.length === 0) throw new UsageError('nothing to change: give min, max or cpuPercent')
    const words = `${refText(found.ref)}: ${least} to ${most} replicas${cpuPercent === undefined ? '' : ` at ${cpuPercent} % CPU`}`
    const patch: Record<string, unknown> = {
      ...(min === undefined ? {} : { minReplicas: min }),
      ...(max === undefined ? {} : { maxReplicas: max }),
    }
    const kubectl = `kubectl patch ${kubectlName(found.ref)} --type=merge -p ${quote(JSON.stringify({ spec: patch }))}`
    return {
      steps: [patchStep(found, edits, words, kubectl)],
      preconditions: [preconditionOf(found.live)],
      executionSeconds: 30,
    }
  },
  undo: (_, steps) => inverseOf(steps),
  expect({ max }, [step]) {
    return step && max !== undefined
      ? [{ kind: 'field', object: step.object, path: ['spec', 'maxReplicas'], value: max, seconds: 30 }]
      : []
  },
}
