// kubectl change commands → the same Actions that buttons and models use. What does not compile is refused with the reason, and
// with what is allowed instead. One file per family of verbs stands in `kubectl/`.
import type { Action } from '../core/action.ts'
import { UsageError } from '../core/errors.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import type { Lookup } from './action.ts'
import { CREATES } from './kubectl/create.ts'
import { DELETES } from './kubectl/delete.ts'
import { MARKS } from './kubectl/marks.ts'
import { NETWORK } from './kubectl/network.ts'
import { PATCHES } from './kubectl/patch.ts'
import { RBAC } from './kubectl/rbac.ts'
import { SCALES } from './kubectl/scale.ts'
import { SETS } from './kubectl/set.ts'
import { last, perNode, type Verb } from './kubectl/targets.ts'
import { WORKLOADS } from './kubectl/workloads.ts'

/** Flags that change nothing about what is sent, whatever the verb. */
const HARMLESS = new Set(
  'namespace output show-managed-fields allow-missing-template-keys template wait timeout ignore-not-found request-timeout v field-manager validate interactive dry-run record selector field-selector all all-namespaces chunk-size list'.split(
    ' ',
  ),
)

/** Flags that are refused, and that say nothing when they are switched off. */
const OFF_BY_DEFAULT = new Set(
  'force now local save-config disable-eviction windows-line-endings append-hash stdin tty attach rm leave-stdin-open'.split(
    ' ',
  ),
)

const VERBS: Record<string, Verb> = {
  ...SCALES,
  ...SETS,
  ...DELETES,
  ...MARKS,
  ...PATCHES,
  ...CREATES,
  ...WORKLOADS,
  ...NETWORK,
  ...RBAC,
  cordon: { compile: perNode((node) => ({ verb: 'cordon', node })), flags: '' },
  uncordon: { compile: perNode((node) => ({ verb: 'uncordon', node })), flags: '' },
  drain: { compile: perNode((node) => ({ verb: 'drain', node })), flags: 'ignore-daemonsets delete-emptydir-data' },
}

const MANIFEST = 'paste the manifest itself, or say the change as a patch'
const NO_TERMINAL = 'nothing here has a terminal; read logs and events, or change the object'

/** What can be done instead, by verb; the flags of INSTEAD_OF_FLAG come first. */
const INSTEAD: Record<string, string> = {
  apply: MANIFEST,
  create: MANIFEST,
  replace: MANIFEST,
  'auth reconcile': MANIFEST,
  exec: NO_TERMINAL,
  attach: NO_TERMINAL,
  cp: NO_TERMINAL,
  debug: NO_TERMINAL,
  'create secret generic': 'create it where its data is kept, and refer to it by name',
  'create secret tls': 'create it where its data is kept, and refer to it by name',
  'create secret docker-registry': 'create it where its data is kept, and refer to it by name',
}
const INSTEAD_OF_FLAG: Record<string, string> = {
  filename: 'no files are read here; name the object',
  kustomize: 'no files are read here; name the object',
  'patch-file': 'no files are read here; give the patch with -p',
  'from-file': 'no files are read here; give --from-literal',
  'from-env-file': 'no files are read here; give --from-literal',
  force: 'without it the change is possible',
  'disable-eviction': 'evictions respect the disruption budgets; say it without',
  'pod-selector': 'a drain empties the whole node; evict single pods instead',
  'grace-period': 'each pod stops within its own grace period',
  stdin: NO_TERMINAL,
  tty: NO_TERMINAL,
  attach: NO_TERMINAL,
  rm: NO_TERMINAL,
}

/**
 * The Actions of one change command, in order; selectors become named objects. Throws a UsageError or NotFoundError with the
 * reason when the command compiles to no exact requests (exec, cp, helm, unknown verbs, flags that would be dropped).
 */
export async function actionsOf(command: Command, lookup: Lookup): Promise<Action[]> {
  if (command.program === 'helm')
    throw new UsageError('helm changes are judged and explained, not executed: the rendered objects are not known')
  const path = pathOf(command)
  const verb = Object.hasOwn(VERBS, path) ? VERBS[path] : undefined
  if (!verb) throw refusal(`kubectl ${path}`, Object.hasOwn(INSTEAD, path) ? INSTEAD[path] : undefined)
  if (command.allNamespaces)
    throw new UsageError('a change over all namespaces is not executed; name one namespace with -n')
  // judged as if it ran; but who wrote it wanted to try it only
  const tried = command.dryRun === 'none' ? last(command, 'dry-run') : undefined
  if (tried !== undefined && tried !== 'none')
    throw new UsageError(
      `--dry-run${tried === '' ? '' : `=${tried.slice(0, 20)}`} is neither client, server nor none, so it is not executed`,
    )
  const known = new Set([...HARMLESS, ...verb.flags.split(' ')])
  const strange = [...command.flags.keys()].find(
    (name) => !known.has(name) && !(OFF_BY_DEFAULT.has(name) && last(command, name) === 'false'),
  )
  if (strange)
    throw refusal(
      `kubectl ${path} --${strange}`,
      Object.hasOwn(INSTEAD_OF_FLAG, strange) ? INSTEAD_OF_FLAG[strange] : undefined,
    )
  const actions = await verb.compile(command, lookup)
  if (actions.length === 0) throw new UsageError(`kubectl ${path} names nothing to change`)
  if (actions.length > 50)
    throw new UsageError(`the command means ${actions.length} objects, more than the 50 of one plan`)
  return actions
}

function refusal(what: string, instead: string | undefined): UsageError {
  return new UsageError(
    `${what} compiles to no exact request, so it is not executed${instead === undefined ? '' : `: ${instead}`}`,
  )
}

function pathOf({ verb, subverb }: Command): string {
  return subverb ? `${verb} ${subverb}` : verb
}

/** Whether the command would compile if its objects were there; used where no state can be read. */
export function compiles(command: Command): boolean {
  return command.program === 'kubectl' && Object.hasOwn(VERBS, pathOf(command))
}
