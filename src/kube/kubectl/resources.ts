// `deploy,svc`, `pod web-1 web-2`, `deploy/web`: which kinds of this cluster, and which of their objects, a command names.
import { UsageError } from '../../core/errors.ts'
import { type Kind, kindOf } from '../../objects/kinds.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Kinds, ServedKind } from '../discovery.ts'
import { nearest, quote } from '../names.ts'
import { objectPath } from '../paths.ts'
import type { ReadContext } from './command.ts'
import { operandsOf } from './grammar-operands.ts'

export interface Target {
  kind: ServedKind
  /** empty: all of the kind */
  names: string[]
}

/** The resources of `get`, `describe`, `rollout`: in the order they were named. */
export async function targetsOf(context: ReadContext): Promise<Target[]> {
  const { command, reader } = context
  const { resources, bad } = operandsOf({
    ...command,
    ok: true,
    program: 'kubectl',
    rest: [],
    dryRun: 'none',
    words: [],
  })
  if (bad) throw new UsageError(`${bad}.`)
  if (resources.length === 0) {
    throw new UsageError(
      `Which resource? For example: kubectl ${command.verb}${command.subverb ? ` ${command.subverb}` : ''} pods.`,
    )
  }
  const known = await reader.kinds()
  // a type that is not known may have been installed since discovery was last read
  const kinds = resources.every(({ type }) => findKinds(known, type).length > 0) ? known : await reader.kinds(true)
  const targets: Target[] = []
  for (const { type, name } of resources) {
    for (const kind of kindsNamed(kinds, type)) {
      const known = targets.find((target) => target.kind === kind)
      const target = known ?? { kind, names: [] }
      if (!known) targets.push(target)
      if (name !== undefined && !target.names.includes(name)) target.names.push(name)
    }
  }
  if (targets.length > 30 || targets.some(({ names }) => names.length > 100)) {
    throw new UsageError('That names too many resources for one command: at most 30 kinds and 100 names.')
  }
  return targets
}

function findKinds(kinds: Kinds, type: string): ServedKind[] {
  const kind = kinds.byName(type)
  return kind ? [kind] : kinds.byCategory(type.toLowerCase()).filter(({ verbs }) => verbs.includes('list'))
}

function kindsNamed(kinds: Kinds, type: string): ServedKind[] {
  const found = findKinds(kinds, type)
  if (found.length > 0) return found
  const near = nearest(
    type,
    kinds.all.flatMap(({ plural, singular, short }) => [plural, singular, ...short]),
  )
  throw new UsageError(`The cluster has no resource type ${quote(type)}${near ? `; did you mean ${near}?` : '.'}`)
}

/** The whole objects of a target. Names that do not exist throw. */
export async function objectsOf(context: ReadContext, target: Target, limit: number): Promise<KubeObject[]> {
  const { reader, signal } = context
  const namespace = target.kind.namespaced ? context.namespace : undefined
  if (target.names.length === 0) {
    const { items } = await reader.list(target.kind, { ...selectors(context), namespace, limit, signal })
    return items
  }
  return Promise.all(target.names.map((name) => readObject(context, target.kind, name)))
}

async function readObject(context: ReadContext, kind: ServedKind, name: string): Promise<KubeObject> {
  if (kind.namespaced && context.namespace === undefined) {
    throw new UsageError('A resource cannot be named across all namespaces: leave out -A or the name.')
  }
  const path = objectPath(kind, context.namespace, name)
  const object = (await context.reader.get(path, { signal: context.signal })) as KubeObject
  delete object.metadata.managedFields
  return object
}

export function selectors({ command }: ReadContext): { labelSelector?: string; fieldSelector?: string } {
  const labelSelector = command.flags.get('selector')?.at(-1)
  const fieldSelector = command.flags.get('field-selector')?.at(-1)
  return { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) }
}

/** A kind that every cluster serves. */
export function builtinKind(kind: string): Kind {
  const found = kindOf(kind)
  if (found) return found
  throw new TypeError(`${kind} is no built-in kind`)
}
