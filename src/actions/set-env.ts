// Sets, refers or removes environment variables of one container, each by itself: the others are not in the bytes.
import type { Action } from '../core/action.ts'
import { UsageError } from '../core/errors.ts'
import type { Step } from '../core/plan.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember, ActionOf } from './action.ts'
import { inverseOf } from './inverse.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { type Edit, isRecord, patchStep, quote } from './requests.ts'
import { containerOf, rolloutExpectation, TEMPLATED } from './workloads.ts'

type EnvChange = ActionOf<'set-env'>['env'][number]

const NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]{0,252}$/

export const setEnv: ActionMember<'set-env'> = {
  verb: 'set-env',
  summary: 'set, refer or remove environment variables of a container',
  async compile({ target, container, env }, { lookup }) {
    const found = await findTarget(target, lookup, TEMPLATED)
    const { path, container: spec } = containerOf(found.live, container)
    const present = (Array.isArray(spec.env) ? spec.env : []).map((item) => (isRecord(item) ? String(item.name) : ''))
    const names = env.map(({ name }) => name)
    if (new Set(names).size !== names.length) throw new UsageError('a variable is given twice')
    const edits = env.map((change) => editOf(change, present, [...path, 'env']))
    // removals come last and from the end, so that no index moves under another edit
    const ordered = [
      ...edits.filter(({ value }) => value !== undefined),
      ...edits.filter(({ value }) => value === undefined).sort((a, b) => Number(b.path.at(-1)) - Number(a.path.at(-1))),
    ]
    const words = `${refText(found.ref)}, container ${String(spec.name)}: ${env.map(wordsOf).join(', ')}`
    const kubectl = `kubectl set env ${kubectlName(found.ref)} -c ${String(spec.name)} ${env.map(kubectlWord).join(' ')}`
    return {
      steps: [patchStep(found, ordered, words, kubectl)],
      preconditions: [preconditionOf(found.live)],
      executionSeconds: 60,
    }
  },
  undo,
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}

/**
 * What was removed goes back to its place: a variable may refer to those before it. Otherwise variable by variable: appended ones are
 * removed, replaced and removed ones get back what they were.
 */
function undo({ target, container }: ActionOf<'set-env'>, steps: readonly Step[]): Action | undefined {
  const [step] = steps
  const operations = Array.isArray(step?.request.body) ? step.request.body.filter(isRecord) : []
  const exact = operations.some(({ op }) => op === 'remove') ? inverseOf(steps) : undefined
  if (exact) return exact
  const tested = new Map(
    operations
      .filter(({ op, value }) => op === 'test' && value !== null)
      .map(({ path, value }) => [String(path), value]),
  )
  const env: EnvChange[] = []
  for (const { op, path, value } of operations) {
    if (op === 'test' || (op === 'add' && Array.isArray(value))) continue
    const before = tested.get(String(path))
    if (before === undefined) {
      if (!isRecord(value)) return undefined
      env.push({ name: String(value.name), value: null })
      continue
    }
    const change = changeBack(before)
    if (!change) return undefined
    env.push(change)
  }
  return env.length > 0
    ? { verb: 'set-env', target, ...(container === undefined ? {} : { container }), env }
    : undefined
}

/** Undefined for references that a change cannot express (fields, resources). */
function changeBack(before: unknown): EnvChange | undefined {
  if (!isRecord(before) || typeof before.name !== 'string') return undefined
  if (!isRecord(before.valueFrom))
    return { name: before.name, value: typeof before.value === 'string' ? before.value : '' }
  for (const [key, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
  ] as const) {
    const from = before.valueFrom[key]
    if (isRecord(from) && typeof from.name === 'string' && typeof from.key === 'string') {
      return { name: before.name, from: { kind, name: from.name, key: from.key } }
    }
  }
  return undefined
}

function editOf(change: EnvChange, present: string[], env: (string | number)[]): Edit {
  const { name, value, from } = change
  if (!NAME.test(name)) throw new UsageError(`"${name.slice(0, 80)}" is no variable name`)
  const index = present.indexOf(name)
  if (value === null) {
    if (index < 0)
      throw new UsageError(`the variable ${name} is not set on this container itself, so it cannot be removed from it`)
    return { path: [...env, index], value: undefined }
  }
  if ((value === undefined) === (from === undefined)) {
    throw new UsageError(`the variable ${name} needs either a value or a reference to a ConfigMap or Secret`)
  }
  const key = from && (from.kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef')
  const entry = from && key ? { name, valueFrom: { [key]: { name: from.name, key: from.key } } } : { name, value }
  return { path: [...env, index < 0 ? '-' : index], value: entry }
}

function wordsOf({ name, value, from }: EnvChange): string {
  if (value === null) return `remove ${name}`
  return from ? `${name} from ${from.kind} ${from.name}, key ${from.key}` : `${name}=${value ?? ''}`
}

function kubectlWord({ name, value, from }: EnvChange): string {
  if (value === null) return `${name}-`
  return from ? `--from=${from.kind.toLowerCase()}/${from.name} --keys=${from.key}` : quote(`${name}=${value ?? ''}`)
}
