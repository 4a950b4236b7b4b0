// What the change commands share: how a verb is compiled, and the objects that its operands and selectors mean.
import type { Action } from '../../core/action.ts'
import { NotFoundError, UsageError } from '../../core/errors.ts'
import { type ObjectRef, refText } from '../../core/ref.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { mixesNamesAndSelector, operandsOf, splitPair } from '../../kube/kubectl/grammar-operands.ts'
import { kindOfCrd, namesOfCrd, type ServedKind } from '../../objects/custom-kinds.ts'
import { parseFieldSelector } from '../../objects/field-selector.ts'
import { kindByName } from '../../objects/kinds.ts'
import { groupOf, type KubeObject, refOf } from '../../objects/object.ts'
import { matchesAll, parseSelector } from '../../objects/selector.ts'
import type { Lookup } from '../action.ts'

/** Throws a UsageError, NotFoundError or ConflictError with the reason when the command means no exact requests. */
export type Compile = (command: Command, lookup: Lookup) => Action[] | Promise<Action[]>

export interface Verb {
  compile: Compile
  /** flags that the compilation understands; any other is refused rather than dropped */
  flags: string
}

/** The objects that the words name; a selector is resolved to names. `every`: the bare type means all of it (`rollout restart deploy`). */
export async function targetsOf(command: Command, lookup: Lookup, every = false): Promise<ObjectRef[]> {
  const { resources, bad } = operandsOf(command)
  const misfit = bad ?? mixesNamesAndSelector(command)
  if (misfit) throw new UsageError(misfit)
  const refs: ObjectRef[] = []
  for (const { type, name } of resources) {
    const { kind, apiVersion, namespaced } = await typeOf(type, lookup)
    const namespace = namespaced ? { namespace: command.namespace ?? 'default' } : {}
    if (name !== undefined) {
      refs.push({ apiVersion, kind, ...namespace, name })
      continue
    }
    const selector = last(command, 'selector')
    const fields = last(command, 'field-selector')
    if (selector === undefined && fields === undefined && !every && last(command, 'all') !== 'true') {
      throw new UsageError(`which ${type}? Give a name, a selector or --all`)
    }
    const objects = await lookup.list(kind, namespaced ? (command.namespace ?? 'default') : undefined)
    refs.push(...objects.filter(matching(selector, fields)).map(refOf))
  }
  if (refs.length === 0) throw new NotFoundError('the command matches no object')
  return refs
}

export interface LiveTarget {
  target: ObjectRef
  live: KubeObject
}

/** As targetsOf, each with its live object. Throws a NotFoundError when one is not there. */
export async function liveTargets(command: Command, lookup: Lookup): Promise<LiveTarget[]> {
  const targets = await targetsOf(command, lookup)
  return Promise.all(
    targets.map(async (target) => {
      const live = await lookup.find(target)
      if (!live) throw new NotFoundError(`${refText(target)} is not there`)
      return { target, live }
    }),
  )
}

async function typeOf(type: string, lookup: Lookup): Promise<ServedKind> {
  const known = kindByName(type) ?? coreByVersion(type)
  if (known) return known
  const crd = (await lookup.list('CustomResourceDefinition')).find((item) =>
    namesOfCrd(item).includes(type.toLowerCase()),
  )
  if (!crd) throw new UsageError(`"${type.slice(0, 60)}" is no type that this cluster is known to serve`)
  return kindOfCrd(crd)
}

/** `pods.v1.` and `pods.` name the core group. */
function coreByVersion(type: string): ServedKind | undefined {
  const match = /^([a-z]+)\.(?:v1\.)?$/.exec(type.toLowerCase())
  const kind = match && kindByName(match[1] ?? '')
  return kind && groupOf(kind.apiVersion) === '' ? kind : undefined
}

export function matching(selector: string | undefined, fields: string | undefined): (object: KubeObject) => boolean {
  try {
    const requirements = parseSelector(selector ?? '')
    const inFields = parseFieldSelector(fields ?? '')
    return (object) => matchesAll(requirements, object.metadata.labels) && inFields(object)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the selector cannot be read')
  }
}

export function last(command: Command, flag: string): string | undefined {
  return command.flags.get(flag)?.at(-1)
}

export function isTrue(command: Command, flag: string): boolean {
  return last(command, flag) === 'true'
}

/** `a=b` texts as a map. Throws a UsageError for any that is none. */
export function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const { key, value } = splitPair(text)
      if (value === undefined) throw new UsageError(`"${text.slice(0, 60)}" is no KEY=VALUE`)
      return [key, value]
    }),
  )
}

export function perTarget(action: (target: ObjectRef, command: Command) => Action, every = false): Compile {
  return async (command, lookup) => (await targetsOf(command, lookup, every)).map((target) => action(target, command))
}

export function perNode(action: (node: string) => Action): Compile {
  return async (command, lookup) => {
    const selector = last(command, 'selector')
    if (selector === undefined) return operandsOf(command).resources.map(({ name }) => action(name ?? ''))
    const nodes = (await lookup.list('Node')).filter(matching(selector, undefined))
    return nodes.map(({ metadata }) => action(metadata.name))
  }
}
