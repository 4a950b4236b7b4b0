// `label`, `annotate` and `taint`: KEY=VALUE sets, KEY- removes.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { operandsOf, splitPair } from '../../kube/kubectl/grammar-operands.ts'
import type { Lookup } from '../action.ts'
import { isTrue, last, targetsOf, type Verb } from './targets.ts'

export const MARKS: Record<string, Verb> = {
  label: { compile: (command, lookup) => marks('label', command, lookup), flags: 'overwrite resource-version' },
  annotate: { compile: (command, lookup) => marks('annotate', command, lookup), flags: 'overwrite resource-version' },
  taint: { compile: taint, flags: 'overwrite' },
}

async function marks(verb: 'label' | 'annotate', command: Command, lookup: Lookup): Promise<Action[]> {
  const { pairs } = operandsOf(command)
  const set = Object.fromEntries(
    pairs.map((pair): [string, string | null] => {
      const { key, value } = splitPair(pair)
      if (value === undefined && !pair.endsWith('-'))
        throw new UsageError(`"${pair.slice(0, 60)}" is neither KEY=VALUE nor KEY-`)
      return [key, value ?? null]
    }),
  )
  const targets = await targetsOf(command, lookup)
  const version = last(command, 'resource-version')
  if (version !== undefined && targets.length > 1)
    throw new UsageError('--resource-version can be compared for one object only')
  const overwrites = isTrue(command, 'overwrite')
  for (const target of version !== undefined || !overwrites ? targets : []) {
    const live = await lookup.find(target)
    if (version !== undefined && live?.metadata.resourceVersion !== version)
      throw new UsageError(`${target.kind} ${target.name} is not at the resource version ${version.slice(0, 20)}`)
    if (overwrites) continue
    const now = (verb === 'label' ? live?.metadata.labels : live?.metadata.annotations) ?? {}
    const taken = Object.keys(set).find((key) => set[key] !== null && Object.hasOwn(now, key) && now[key] !== set[key])
    if (taken)
      throw new UsageError(
        `${target.kind} ${target.name} already has the ${verb === 'label' ? 'label' : 'annotation'} ${taken}; say --overwrite to replace it`,
      )
  }
  return targets.map((target) => ({ verb, target, set }))
}

async function taint(command: Command, lookup: Lookup): Promise<Action[]> {
  const { pairs } = operandsOf(command)
  const nodes = (await targetsOf(command, lookup)).map(({ kind, name }) => {
    if (kind !== 'Node') throw new UsageError('only nodes carry taints')
    return name
  })
  return nodes.flatMap((node) =>
    pairs.map((pair): Action => {
      const match = /^([^=:]+)(?:=([^:]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?(-)?$/.exec(pair)
      if (!match)
        throw new UsageError(`"${pair.slice(0, 60)}" is no taint; allowed is such as dedicated=gpu:NoSchedule`)
      const [, key = '', value, effect, minus] = match
      const isRemoval = minus !== undefined || key.endsWith('-')
      return {
        verb: 'taint',
        node,
        key: key.replace(/-$/, ''),
        ...(value ? { value } : {}),
        ...(effect ? { effect: effect as 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' } : {}),
        remove: isRemoval,
      }
    }),
  )
}
