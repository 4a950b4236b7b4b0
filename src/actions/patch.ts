// Any patch of one object. Whatever its type, it becomes the JSON Patch of what it changes, with every before value tested.
import { UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { kindOf } from '../objects/kinds.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { checked, mergeEdits, reliedOn } from './merge.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { type Edit, editsBetween, isRecord, patchStep, quote, valueAt } from './requests.ts'
import { ROLLED_OUT, rolloutExpectation } from './workloads.ts'

const SUBRESOURCES = ['scale', 'resize', 'status']

export const patch: ActionMember<'patch'> = {
  verb: 'patch',
  summary: 'patch an object',
  async compile({ target, type, patch: body, subresource }, { lookup }) {
    if (subresource !== undefined && !SUBRESOURCES.includes(subresource)) {
      throw new UsageError(
        `the subresource "${subresource.slice(0, 40)}" cannot be patched; allowed are ${SUBRESOURCES.join(', ')}`,
      )
    }
    const found = await findTarget(target, lookup)
    const live = found.live
    if (type === 'strategic' && !kindOf(live.kind, live.apiVersion)) {
      throw new UsageError(
        `${refText(found.ref)} is a custom resource, which takes no strategic patch; use a merge patch`,
      )
    }
    const edits = type === 'json' ? jsonEdits(body, live) : mergeEdits(type, body, live)
    const sub = subresource === undefined ? '' : ` --subresource=${subresource}`
    const kubectl = `kubectl patch ${kubectlName(found.ref)}${sub} --type=${type} -p ${quote(JSON.stringify(body))}`
    const fields = edits.slice(0, 5).map(({ path }) => path.join('.'))
    const more = edits.length > fields.length ? ` and ${edits.length - fields.length} more` : ''
    const step = patchStep(
      found,
      edits,
      `Patch ${refText(found.ref)}: ${fields.join(', ')}${more}`,
      kubectl,
      subresource,
    )
    return { steps: [step], preconditions: [preconditionOf(live, reliedOn(edits, live))], executionSeconds: 60 }
  },
  undo: (_, steps) => inverseOf(steps),
  expect(_, [step]) {
    return step && ROLLED_OUT.includes(step.object.kind) ? [rolloutExpectation(step.object)] : []
  },
}

/** The operations as edits of the live object; later operations see what earlier ones made. */
function jsonEdits(body: unknown, live: unknown): Edit[] {
  if (!Array.isArray(body) || body.length === 0 || body.length > 100) {
    throw new UsageError('a JSON patch is a list of 1 to 100 operations')
  }
  const after = structuredClone(live)
  for (const operation of body) applyOperation(after, operation, live)
  return checked(editsBetween(live, after))
}

function applyOperation(object: unknown, operation: unknown, live: unknown): void {
  if (!isRecord(operation) || typeof operation.path !== 'string' || !operation.path.startsWith('/')) {
    throw new UsageError('every operation needs op and a path that starts with "/"')
  }
  const path = tokens(operation.path)
  const key = path.at(-1) ?? ''
  const parent = valueAt(object, path.slice(0, -1)) ?? (operation.op === 'add' ? emptyParent(object, path) : undefined)
  const present = valueAt(object, path)
  const { op, value } = operation
  if (op === 'test') {
    if (JSON.stringify(valueAt(live, path)) !== JSON.stringify(value))
      throw new UsageError(`the test of ${operation.path} fails on the live object`)
    return
  }
  if (op === 'copy' || op === 'move') {
    throw new UsageError(`"${op}" is not taken; say the value with add or replace`)
  }
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw new UsageError(`"${String(op).slice(0, 20)}" is no JSON patch operation`)
  if (op !== 'add' && present === undefined)
    throw new UsageError(`${operation.path} is not there, so it cannot be ${op === 'remove' ? 'removed' : 'replaced'}`)
  if (op !== 'remove' && value === undefined) throw new UsageError(`${op} of ${operation.path} needs a value`)
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1
    if (index < 0 || index > parent.length) throw new UsageError(`${operation.path} names no place in its list`)
    if (op === 'add') parent.splice(index, 0, value)
    else if (op === 'replace') parent[index] = value
    else parent.splice(index, 1)
  } else if (isRecord(parent)) {
    if (key === '__proto__') throw new UsageError(`${operation.path} is no field`)
    if (op === 'remove') delete parent[key]
    else parent[key] = value
  } else throw new UsageError(`the parent of ${operation.path} is not there`)
}

/**
 * A server drops a map or list with the last thing in it, so that the way back of that removal finds none. One level is made; the card
 * shows it.
 */
function emptyParent(object: unknown, path: string[]): unknown {
  const [key = '', last = ''] = path.slice(-2)
  const above = valueAt(object, path.slice(0, -2))
  if (path.length < 2 || !isRecord(above) || Object.hasOwn(above, key) || key === '__proto__') return undefined
  const made = /^(0|-)$/.test(last) ? [] : {}
  above[key] = made
  return made
}

function tokens(path: string): string[] {
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}
