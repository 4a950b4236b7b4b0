// Changes requests and limits of one container.
import { UsageError } from '../core/errors.ts'
import { parseQuantity } from '../objects/quantity.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { type Edit, patchStep, quote } from './requests.ts'
import { containerOf, rolloutExpectation, TEMPLATED } from './workloads.ts'

export const setResources: ActionMember<'set-resources'> = {
  verb: 'set-resources',
  summary: 'change requests and limits of a container',
  async compile({ target, container, requests = {}, limits = {} }, { lookup }) {
    const found = await findTarget(target, lookup, TEMPLATED)
    const { path, container: spec } = containerOf(found.live, container)
    const wanted = Object.entries({ requests, limits }).flatMap(([part, values]) =>
      Object.entries(values).map(([resource, value]) => ({ part, resource, value })),
    )
    if (wanted.length === 0) throw new UsageError('nothing to set: give requests or limits such as memory=512Mi')
    const bad = wanted.find(({ value }) => parseQuantity(value) === undefined)
    if (bad)
      throw new UsageError(
        `${bad.resource}=${bad.value.slice(0, 40)} is no quantity; allowed are such as 250m or 512Mi`,
      )
    const edits = wanted.map(
      ({ part, resource, value }): Edit => ({ path: [...path, 'resources', part, resource], value }),
    )
    // a Pod's resources change in place, through its own subresource
    const subresource = found.ref.kind === 'Pod' ? 'resize' : undefined
    const text = (values: Record<string, string>) =>
      Object.entries(values)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
    const options = [
      `-c ${String(spec.name)}`,
      ...(text(requests) ? [`--requests=${quote(text(requests))}`] : []),
      ...(text(limits) ? [`--limits=${quote(text(limits))}`] : []),
    ].join(' ')
    const words = `${found.ref.kind} ${found.ref.namespace}/${found.ref.name}, container ${String(spec.name)}: ${wanted.map(({ part, resource, value }) => `${part} ${resource} ${value}`).join(', ')}`
    const step = patchStep(
      found,
      edits,
      words,
      `kubectl set resources ${kubectlName(found.ref)} ${options}`,
      subresource,
    )
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 60 }
  },
  undo: (_, steps) => inverseOf(steps),
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
