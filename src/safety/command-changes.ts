// The kubectl commands that change something → their effects. One function per verb; what fits none is in no row of the table.
import { parseGoInt } from '../kube/kubectl/grammar-args.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { operandsOf, splitPair } from '../kube/kubectl/grammar-operands.ts'
import { patchBody } from '../kube/kubectl/patch-text.ts'
import { kindOf } from '../objects/kinds.ts'
import { changesOf } from './changes.ts'
import { autoscale, create, createFrom, expose, run } from './command-create.ts'
import {
  type Compile,
  change,
  each,
  isTrue,
  last,
  named,
  PATCH_NAMES,
  rawOr,
  set,
  unlisted,
} from './command-effects.ts'
import { type Effect, type Target, targetText, type World } from './effects.ts'
import { isScalable, isWorkload } from './kinds.ts'
import { namedTarget } from './targets.ts'
import { typesByName } from './types.ts'

/** Effects of a change command; `path` is the verb with its subverb. */
export function effectsOfChange(command: Command, path: string, world: World | undefined): Effect[] {
  const compile = Object.hasOwn(VERBS, path) ? VERBS[path] : path.startsWith('create ') ? create : undefined
  if (!compile) return [unlisted(`${command.program} ${path} is in no row of the table`)]
  const effects = compile(command, world)
  return effects.length > 0 ? effects : [unlisted('means nothing that could be found out')]
}

function workloadOnly(words: string, tier: 5 | 7, kinds?: ReadonlySet<string>): Compile {
  return (command, world) =>
    each(
      command,
      world,
      (target) =>
        isWorkload(target.kind, target.group) && (kinds?.has(target.kind) ?? true)
          ? { does: 'named', tier, words: `${words} ${targetText(target)}`, target }
          : unlisted(`${words} ${targetText(target)}, which is no workload for that`, target),
      // `rollout restart deploy` means all of them
      words.includes('rollout') || words === 'restarts',
    )
}

const ROLLOUTS = new Set(['Deployment', 'DaemonSet', 'StatefulSet'])
const PAUSABLE = new Set(['Deployment'])
const TEMPLATED = new Set([
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'CronJob',
  'Job',
])

const VERBS: Record<string, Compile> = {
  scale,
  patch,
  label: (command, world) => marks(command, world, 'labels'),
  annotate: (command, world) => marks(command, world, 'annotations'),
  delete: deletes,
  autoscale,
  expose,
  run,
  'rollout restart': workloadOnly('restarts', 7, ROLLOUTS),
  'rollout undo': workloadOnly('rolls back the rollout of', 7, ROLLOUTS),
  'rollout pause': workloadOnly('pauses the rollout of', 7, PAUSABLE),
  'rollout resume': workloadOnly('resumes the rollout of', 5, PAUSABLE),
  'set image': withPairs(workloadOnly('sets the image of', 7, TEMPLATED)),
  'set env': setEnv,
  'set resources': setResources,
  'set serviceaccount': (command) => named(command, 9, 'gives pods another service account'),
  'set subject': (command) => named(command, 9, 'changes RBAC'),
  'set selector': (command, world) =>
    each(command, world, (target) => unlisted(`changes the selector of ${targetText(target)}`, target)),
  cordon: (command, world) => cordon(command, world, true),
  uncordon: (command, world) => cordon(command, world, false),
  drain: (command) => named(command, 9, 'drains nodes'),
  taint: (command) => named(command, 9, 'taints nodes'),
  exec: (command) => named(command, 9, 'runs a program in a container'),
  attach: (command) => named(command, 9, 'attaches to a container'),
  cp: copies,
  debug: (command) => named(command, 9, 'debugs with a container of its own'),
  edit: () => [{ does: 'denied', words: 'edits in an editor, which nobody can judge' }],
  'apply edit-last-applied': () => [{ does: 'denied', words: 'edits in an editor, which nobody can judge' }],
  proxy: () => [{ does: 'denied', words: 'opens a proxy to the API' }],
  'port-forward': () => [{ does: 'denied', words: 'opens a port into the cluster' }],
  apply: (command) => named(command, 9, 'applies content that is not known'),
  replace: rawOr('PUT', 'replaces objects by content that is not known'),
  create: createFrom,
  'config use-context': connection,
  'config set-context': connection,
  'config set-cluster': connection,
  'config set-credentials': connection,
  'config set': connection,
  'config unset': connection,
  'config rename-context': connection,
  'config delete-context': connection,
  'config delete-cluster': connection,
  'config delete-user': connection,
  'kuberc set': connection,
}

function connection(): Effect[] {
  return [{ does: 'denied', words: 'changes the connection or identity of this machine' }]
}

function withPairs(compile: Compile): Compile {
  return (command, world) => {
    const { pairs } = operandsOf(command)
    const broken = pairs.length === 0 || pairs.some((pair) => !/^[\w.*-]+=\S+$/.test(pair))
    return broken ? [unlisted('needs CONTAINER=IMAGE'), ...compile(command, world)] : compile(command, world)
  }
}

// ---- scale

function scale(command: Command, world: World | undefined): Effect[] {
  const replicas = parseGoInt(last(command, 'replicas') ?? '')
  if (replicas === undefined || replicas < 0)
    return [...each(command, world, (target) => unlisted('needs a count', target)), unlisted('needs --replicas=N')]
  return each(command, world, (target) =>
    isScalable(target.kind, target.group)
      ? change(target, [set(target, ['spec', 'replicas'], replicas)], 'scale')
      : unlisted(`scales ${targetText(target)}, which is no workload with replicas`, target),
  )
}

// ---- patch

function patch(command: Command, world: World | undefined): Effect[] {
  const type = PATCH_NAMES[last(command, 'type') ?? 'strategic']
  const text = last(command, 'patch')
  const body = text === undefined ? undefined : patchBody(text)
  return each(command, world, (target) => {
    if (!type || body === undefined)
      return unlisted(`patches ${targetText(target)} with something that cannot be read`, target)
    const changes = changesOf(type, body, target.live)
    if (!changes) return unlisted(`patches ${targetText(target)} with something that is no patch`, target)
    return change(target, changes, last(command, 'subresource') || undefined)
  })
}

// ---- label, annotate

function marks(command: Command, world: World | undefined, field: 'labels' | 'annotations'): Effect[] {
  const { pairs } = operandsOf(command)
  if (pairs.length === 0 && isTrue(command, 'list')) return [{ does: 'read' }]
  const broken = pairs.length === 0 || pairs.some((pair) => !pair.includes('=') && !pair.endsWith('-'))
  const effects = each(command, world, (target) =>
    change(
      target,
      pairs.map((pair) => {
        const { key, value } = splitPair(pair)
        return set(target, ['metadata', field, key], value)
      }),
    ),
  )
  return broken ? [...effects, unlisted('needs KEY=VALUE or KEY-')] : effects
}

// ---- delete

function deletes(command: Command, world: World | undefined): Effect[] {
  const raw = last(command, 'raw')
  if (raw !== undefined) return rawOr('DELETE', '')(command, world)
  const force = isTrue(command, 'force')
  return each(command, world, (target): Effect => ({ does: 'delete', target, force }))
}

// ---- set

function setEnv(command: Command, world: World | undefined): Effect[] {
  const { pairs } = operandsOf(command)
  const given = pairs.length > 0 || command.flags.has('env') || command.flags.has('from')
  if (isTrue(command, 'list') && !given) return [{ does: 'read' }]
  const effects = workloadOnly('sets variables of', 7, TEMPLATED)(command, world)
  return given ? effects : [...effects, unlisted('needs NAME=VALUE or --from')]
}

const QUANTITIES = /^[a-z0-9./-]+=[0-9.]+[a-zA-Z0-9]*(,[a-z0-9./-]+=[0-9.]+[a-zA-Z0-9]*)*$/

function setResources(command: Command, world: World | undefined): Effect[] {
  const given = ['limits', 'requests'].flatMap((name) => last(command, name) ?? [])
  const effects = workloadOnly('changes requests or limits of', 5, TEMPLATED)(command, world)
  return given.length > 0 && given.every((text) => QUANTITIES.test(text))
    ? effects
    : [...effects, unlisted('needs --limits or --requests')]
}

// ---- nodes

function cordon(command: Command, world: World | undefined, on: boolean): Effect[] {
  const node = kindOf('Node', 'v1')
  if (!node) return []
  if (command.flags.has('selector') && command.args.length === 0) {
    const all: Target = { kind: 'Node', group: '', namespaced: false }
    return [change(all, [{ path: ['spec', 'unschedulable'], before: undefined, after: on }])]
  }
  const targets = operandsOf(command).resources.map(({ type, name }) =>
    typesByName(type)[0]?.kind === 'Node' && name ? namedTarget(node, '', name, world) : undefined,
  )
  if (targets.length === 0) return named(command, 9, 'names no node')
  return targets.map((target) =>
    target
      ? change(target, [set(target, ['spec', 'unschedulable'], on)])
      : unlisted('cordons something that is no node'),
  )
}

// ---- cp

function copies(command: Command): Effect[] {
  const places = command.args.map((arg) => /^([^/:]+)\/[^:]*:/.exec(arg)?.[1]).filter((name) => name !== undefined)
  return [
    ...named(command, 9, 'copies files'),
    ...places.map((namespace): Effect => {
      const target: Target = { kind: 'Pod', group: '', namespaced: true, namespace }
      return unlisted('copies files', target)
    }),
  ]
}
