// What the change commands share: their targets turned into effects, one way to say that something is in no row of the table.
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { type PatchType, valueAt } from './changes.ts'
import type { Change, Effect, Target, World } from './effects.ts'
import { effectsOfRequest, parseApiPath } from './requests.ts'
import { namespaceOf, targetsOf } from './targets.ts'

export type Compile = (command: Command, world: World | undefined) => Effect[]

export function unlisted(words: string, target?: Target): Effect {
  return target ? { does: 'named', tier: 9, words, target } : { does: 'named', tier: 9, words }
}

/** Content comes from a file, a folder or standard input: nobody can judge it. */
export function readsFiles(command: Command): Effect | undefined {
  const file = ['filename', 'kustomize', 'patch-file'].find((name) => command.flags.has(name))
  return file ? unlisted(`--${file}: the content is not known`) : undefined
}

export function last(command: Command, name: string): string | undefined {
  return command.flags.get(name)?.at(-1)
}

export function isTrue(command: Command, name: string): boolean {
  return last(command, name) === 'true'
}

/** The targets of a verb, each turned into an effect; whatever stands in the way becomes one of its own. */
export function each(
  command: Command,
  world: World | undefined,
  effect: (target: Target) => Effect | Effect[],
  every = false,
): Effect[] {
  const file = readsFiles(command)
  const { targets, bad } = targetsOf(command, world, every)
  const effects = targets.flatMap(effect)
  if (file) effects.push(file)
  else if (bad) effects.push(unlisted(bad))
  return effects
}

export function change(target: Target, changes: Change[], subresource?: string): Effect {
  return { does: 'change', target, changes, how: 'patch', ...(subresource === undefined ? {} : { subresource }) }
}

export function set(target: Target, path: string[], after: unknown): Change {
  return { path, before: valueAt(target.live, path), after }
}

/** A fixed tier; the namespace of the command still counts for protection. */
export function named(command: Command, tier: 5 | 7 | 9, words: string): Effect[] {
  const target: Target = { kind: '', group: '', namespaced: true, namespace: namespaceOf(command) }
  return [{ does: 'named', tier, words, target }]
}

export const PATCH_NAMES: Record<string, PatchType> = { json: 'json', merge: 'merge', strategic: 'strategic' }

/** Undefined when the text is no JSON. */
export function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `--raw` is an exact request; without it the content of the verb comes from a file. */
export function rawOr(method: 'DELETE' | 'PUT' | 'POST', words: string): Compile {
  return (command, world) => {
    const raw = last(command, 'raw')
    if (raw === undefined) return named(command, 9, words)
    const path = parseApiPath(raw)
    if (!path) return [{ does: 'denied', words: 'changes a path that is not spelled plainly' }]
    // never compiled; as a command it is what `delete TYPE --all` in that namespace is
    if (method === 'DELETE' && path.name === undefined && path.namespace !== undefined) {
      const target = { kind: '', group: '', namespaced: true, namespace: path.namespace }
      return [{ does: 'named', tier: 9, words: `deletes all ${path.plural} in ${path.namespace}`, target }]
    }
    const effects = effectsOfRequest({ method, path: raw, body: {} }, world)
    return method === 'DELETE' ? effects : [...effects, unlisted('sends content that is not known')]
  }
}
