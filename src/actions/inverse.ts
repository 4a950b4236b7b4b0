// The way back of one JSON Patch: the values it tested as before are put back. The approved bytes hold all that is needed.
import type { Action } from '../core/action.ts'
import type { Step } from '../core/plan.ts'
import { isRecord } from './requests.ts'

/** As a `patch` Action, or undefined when the steps are not one JSON Patch that can be turned around. */
export function inverseOf(steps: readonly Step[]): Action | undefined {
  const [step, ...more] = steps
  if (!step || more.length > 0 || !Array.isArray(step.request.body)) return undefined
  const paths = step.request.body.flatMap((operation) => (isRecord(operation) ? [String(operation.path)] : []))
  const tested = new Map<string, unknown>()
  const back: { op: string; path: string; value?: unknown }[] = []
  for (const operation of step.request.body) {
    if (!isRecord(operation) || typeof operation.path !== 'string') return undefined
    const { op, path, value } = operation
    // a test for null says that there was nothing
    if (op === 'test') {
      if (value !== null) tested.set(path, value)
      continue
    }
    // an empty parent made on the way stays: others may have put something into it since
    if (op === 'add' && isEmpty(value) && paths.some((other) => other.startsWith(`${path}/`))) continue
    else if (op === 'replace' && tested.has(path)) {
      // a server may have dropped what was emptied; at a place in a list `add` would insert
      const isGone = isEmpty(value) && !/\/\d+$/.test(path)
      back.unshift({ op: isGone ? 'add' : 'replace', path, value: tested.get(path) })
    } else if (op === 'remove' && tested.has(path)) back.unshift({ op: 'add', path, value: tested.get(path) })
    // what was appended to a list has no path to name it by
    else if (op === 'add' && !path.endsWith('/-') && !tested.has(path)) back.unshift({ op: 'remove', path })
    else if (op === 'add' && tested.has(path)) back.unshift({ op: 'replace', path, value: tested.get(path) })
    else return undefined
  }
  return back.length > 0 ? { verb: 'patch', target: step.object, type: 'json', patch: back } : undefined
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0
}
