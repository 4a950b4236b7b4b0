// The operands and selectors of a command → the objects it means, as far as they are known.
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { mixesNamesAndSelector, type Operand, operandsOf } from '../kube/kubectl/grammar-operands.ts'
import { parseFieldSelector } from '../objects/field-selector.ts'
import { groupOf, type KubeObject, refOf } from '../objects/object.ts'
import { matchesAll, parseSelector } from '../objects/selector.ts'
import type { Target, World } from './effects.ts'
import { type TypeOf, typesByName } from './types.ts'

export interface Targets {
  targets: Target[]
  /** why the command means nothing that could be found out */
  bad?: string
}

/** What a verb's operands mean. `every`: the bare type means all objects of it (`rollout restart deploy`). */
export function targetsOf(command: Command, world: World | undefined, every = false): Targets {
  const { resources, bad } = operandsOf(command)
  if (bad) return { targets: [], bad }
  if (resources.length === 0) return { targets: [], bad: 'no object is named' }
  const targets = resources.flatMap((operand) => targetsOfOperand(command, operand, world, every))
  const broken = targets.find((target) => typeof target === 'string')
  if (typeof broken === 'string')
    return { targets: targets.filter((target) => typeof target !== 'string'), bad: broken }
  const mixed = mixesNamesAndSelector(command)
  return { targets: targets as Target[], ...(mixed === undefined ? {} : { bad: mixed }) }
}

export function namespaceOf(command: Command): string {
  return command.namespace ?? 'default'
}

function targetsOfOperand(
  command: Command,
  operand: Operand,
  world: World | undefined,
  every: boolean,
): (Target | string)[] {
  const types = typesByName(operand.type, world)
  if (types.length === 0) {
    const target: Target = { kind: '', group: '', namespaced: true, namespace: namespaceOf(command) }
    return [operand.name === undefined ? target : { ...target, name: operand.name }]
  }
  const { name } = operand
  if (name !== undefined) return types.map((type) => namedTarget(type, namespaceOf(command), name, world))
  const selected = command.flags.has('selector') || command.flags.has('field-selector')
  if (!selected && !every && command.flags.get('all')?.at(-1) !== 'true') {
    return [`which ${operand.type}? A name, a selector or --all is missing`]
  }
  return types.flatMap((type) => selectedTargets(type, command, world))
}

export function namedTarget(type: TypeOf, namespace: string, name: string, world: World | undefined): Target {
  const target: Target = { kind: type.kind, group: groupOf(type.apiVersion), namespaced: type.namespaced, name }
  if (type.namespaced) target.namespace = namespace
  const live = world?.find({ kind: type.kind, namespace: target.namespace, name })
  if (live && groupOf(live.apiVersion) === target.group) target.live = live
  return target
}

/** Selectors are resolved to named objects; without a match, or without a cluster to look at, the objects stay unknown. */
function selectedTargets(type: TypeOf, command: Command, world: World | undefined): (Target | string)[] {
  const unknown: Target = { kind: type.kind, group: groupOf(type.apiVersion), namespaced: type.namespaced }
  if (type.namespaced) unknown.namespace = namespaceOf(command)
  if (!world) return [unknown]
  const matches = matcherOf(command)
  if (typeof matches === 'string') return [matches]
  const found = world
    .list(type.kind, type.namespaced && !command.allNamespaces ? namespaceOf(command) : undefined)
    .filter((object) => groupOf(object.apiVersion) === unknown.group && matches(object))
  if (found.length === 0) return [unknown]
  return found.map((live): Target => {
    const { name, namespace } = refOf(live)
    return { ...unknown, name, live, ...(namespace === undefined ? {} : { namespace }) }
  })
}

function matcherOf(command: Command): ((object: KubeObject) => boolean) | string {
  const labels = command.flags.get('selector')?.at(-1)
  const fields = command.flags.get('field-selector')?.at(-1)
  try {
    const requirements = parseSelector(labels ?? '')
    const inFields = parseFieldSelector(fields ?? '')
    return (object) => matchesAll(requirements, object.metadata.labels) && inFields(object)
  } catch (error) {
    return error instanceof RangeError ? error.message : 'the selector cannot be read'
  }
}
