// `patch`: the body stands on the line, as JSON or YAML; what it changes becomes a JSON Patch with every before value tested.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { patchBody } from '../../kube/kubectl/patch-text.ts'
import type { Lookup } from '../action.ts'
import { valueAt } from '../requests.ts'
import { last, targetsOf, type Verb } from './targets.ts'

export const PATCHES: Record<string, Verb> = {
  patch: { compile: patch, flags: 'patch type subresource' },
}

async function patch(command: Command, lookup: Lookup): Promise<Action[]> {
  const type = last(command, 'type') ?? 'strategic'
  if (type !== 'json' && type !== 'merge' && type !== 'strategic')
    throw new UsageError(`"${type.slice(0, 20)}" is no patch type; allowed are json, merge, strategic`)
  const body = bodyOf(last(command, 'patch'))
  const subresource = last(command, 'subresource')
  const targets = await targetsOf(command, lookup)
  return targets.map((target): Action => {
    const size = target.kind === 'PersistentVolumeClaim' && type !== 'json' ? sizeIn(body) : undefined
    if (size !== undefined) return { verb: 'grow-pvc', target, size }
    return { verb: 'patch', target, type, patch: body, ...(subresource ? { subresource } : {}) }
  })
}

/** The size, when that is all a claim's patch says. */
function sizeIn(body: unknown): string | undefined {
  const size = valueAt(body, ['spec', 'resources', 'requests', 'storage'])
  const alone = JSON.stringify({ spec: { resources: { requests: { storage: size } } } })
  return typeof size === 'string' && JSON.stringify(body) === alone ? size : undefined
}

function bodyOf(text: string | undefined): unknown {
  if (text === undefined) throw new UsageError('kubectl patch needs -p with the patch itself')
  const value = patchBody(text)
  if (typeof value !== 'object' || value === null)
    throw new UsageError('kubectl patch needs -p with valid JSON or YAML: an object, or a list of operations')
  return value
}
