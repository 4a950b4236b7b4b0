// The helm commands that change something → their effects. They are judged and explained, never compiled: what a chart
// renders to is not known here.
import type { Command } from '../kube/kubectl/grammar-command.ts'
import type { Effect, Target } from './effects.ts'
import { namespaceOf } from './targets.ts'

const RESTART = new Set(['install', 'upgrade', 'rollback'])
/** Flags that make an installation more than one: each by its effect. */
const GRAVE: Record<string, string> = {
  'create-namespace': 'creates a namespace',
  force: 'replaces objects by force',
  'cleanup-on-fail': 'deletes what it created when it fails',
  'take-ownership': 'takes over objects of others',
  values: 'takes values from a file that is not known',
  'set-file': 'takes values from a file of the machine it runs on',
}
const VALUE_FLAGS = ['set', 'set-string', 'set-json', 'set-literal']

export function effectsOfHelm(command: Command, path: string, isProtectedName: (name: string) => boolean): Effect[] {
  const { flags, args } = command
  const target: Target = { kind: '', group: '', namespaced: true, namespace: namespaceOf(command) }
  const grave = (words: string): Effect => ({ does: 'named', tier: 9, words, target })
  if (path === 'plugin install' || path === 'plugin update')
    return [{ does: 'denied', words: 'runs a program', target }]
  if (path === 'registry login') return [{ does: 'denied', words: 'changes the identity of this machine' }]
  if (!RESTART.has(path))
    return [grave(path === 'uninstall' ? 'uninstalls a release' : `helm ${path} is in no row of the table`)]

  const effects: Effect[] = [{ does: 'named', tier: 7, words: `helm ${path}`, target }]
  const least = path === 'rollback' ? 1 : path === 'install' && flags.get('generate-name')?.at(-1) === 'true' ? 1 : 2
  if (args.length < least || args.length > 2) effects.push(grave('does not say which release and chart'))
  for (const [flag, words] of Object.entries(GRAVE)) {
    const value = flags.get(flag)?.at(-1)
    if (value !== undefined && value !== 'false') effects.push(grave(words))
  }
  const values = VALUE_FLAGS.flatMap((flag) => flags.get(flag) ?? [])
  if (values.some((text) => namesProtected(text, isProtectedName))) {
    effects.push({ does: 'denied', words: 'names a protected namespace in its values', target })
  }
  return effects
}

/** `a=b,c.namespace=kube-system`, `spec={"namespace":"kube-system"}`: any word of the values that is a protected name. */
function namesProtected(text: string, isProtectedName: (name: string) => boolean): boolean {
  if (!/namespace|(^|[.,])ns=/i.test(text)) return false
  return text.split(/[^A-Za-z0-9-]+/).some((word) => word !== '' && isProtectedName(word))
}
