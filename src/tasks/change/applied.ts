// Has a request taken effect? Told from the object as it is now, when nobody knows whether the server has done what it was asked. Pure.
import { valueAt } from '../../actions/requests.ts'
import type { Step } from '../../core/plan.ts'
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'

interface Operation {
  op: string
  path: string
  value?: unknown
}

/** `live` is undefined when the object is not there. */
export function applied(step: Step, live: KubeObject | undefined): boolean {
  const { method, body } = step.request
  if (method === 'DELETE' || step.rule === 'evict')
    return !live || live.metadata.uid !== uidOf(body) || live.metadata.deletionTimestamp !== undefined
  if (!live) return false
  if (!Array.isArray(body)) return holds(live, body)
  const operations = body as Operation[]
  // another object of that name may well be as it was asked for: our request has not made it so
  if (
    operations.some(({ op, path, value }) => op === 'test' && path === '/metadata/uid' && value !== live.metadata.uid)
  )
    return false
  const before = new Map(operations.filter(({ op }) => op === 'test').map(({ path, value }) => [path, value]))
  return operations
    .filter(({ op }) => op !== 'test')
    .every((operation) => isInEffect(operation, live, before.get(operation.path)))
}

/**
 * Not as it was asked for, and not as it was before either: somebody else was there, or an admission webhook made something else of it.
 * Of an apply nothing says what was before.
 */
export function madeOtherwise(step: Step, live: KubeObject | undefined): boolean {
  const { method, body } = step.request
  if (!live || applied(step, live) || step.rule === 'evict') return false
  if (method === 'POST') return true
  if (!Array.isArray(body)) return false
  const operations = body as Operation[]
  const edited = new Set(operations.filter(({ op }) => op !== 'test').map(({ path }) => path))
  return operations
    .filter(({ op, path }) => op === 'test' && (edited.has(path) || path === '/metadata/uid'))
    .some(({ path, value }) => !holds(valueAt(live, pointer(path)) ?? null, value ?? null))
}

/** Places in a list move with what comes and goes before them: there, elements are looked for by what they are. */
function isInEffect({ op, path, value }: Operation, live: KubeObject, before: unknown): boolean {
  const at = pointer(path)
  const parent = valueAt(live, at.slice(0, -1))
  const key = at.at(-1) ?? ''
  if (op === 'remove')
    return Array.isArray(parent) ? !parent.some((one) => holds(one, before)) : valueAt(live, at) === undefined
  if (Array.isArray(parent) && key === '-') return parent.some((one) => holds(one, value))
  return holds(valueAt(live, at), value)
}

/** Everything that is said is so; what the server has added beside it does not matter, nor how it spells a quantity. */
function holds(live: unknown, said: unknown): boolean {
  if (Array.isArray(said)) return Array.isArray(live) && said.every((item) => live.some((one) => holds(one, item)))
  if (typeof said !== 'object' || said === null) return live === said || sameQuantity(live, said)
  if (typeof live !== 'object' || live === null) return false
  return Object.entries(said).every(([key, value]) =>
    Object.hasOwn(live, key)
      ? value === null || holds((live as Record<string, unknown>)[key], value)
      : isNothing(value),
  )
}

/** What a server does not store: it is the same as what is not said. */
function isNothing(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

function sameQuantity(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false
  const [left, right] = [parseQuantity(a), parseQuantity(b)]
  return left !== undefined && left === right
}

function pointer(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function uidOf(body: unknown): string | undefined {
  const options = body as
    | { preconditions?: { uid?: string }; deleteOptions?: { preconditions?: { uid?: string } } }
    | undefined
  return options?.preconditions?.uid ?? options?.deleteOptions?.preconditions?.uid
}
