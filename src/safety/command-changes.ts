// The kubectl commands that change something → their effects. One function per verb; what fits none is in no row of the table.

import { parseGoInt } from '../kube/kubectl/grammar-args.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { operandsOf, splitPair } from '../kube/kubectl/grammar-operands.ts'
import { kindOf } from '../objects/kinds.ts'
import { changesOf, isObject, type PatchType, valueAt } from './changes.ts'
import { type Change, type Effect, type Target, targetText, type World } from './effects.ts'
import { isScalable, isWorkload } from './kinds.ts'
import { gainIn } from './pod-spec.ts'
import { effectsOfRequest, parseApiPath } from './requests.ts'
import { namedTarget, namespaceOf, targetsOf } from './targets.ts'
import { typesByName } from './types.ts'

type Compile = (command: Command, world: World | undefined) => Effect[]

/** Effects of a change command; `path` is the verb with its subverb. */
export function effectsOfChange(command: Command, path: string, world: World | undefined): Effect[] {
  const compile = Object.hasOwn(VERBS, path) ? VERBS[path] : path.startsWith('create ') ? create : undefined
  if (!compile) return [unlisted(`${command.program} ${path} is in no row of the table`)]
  const effects = compile(command, world)
  return effects.length > 0 ? effects : [unlisted('means nothing that could be found out')]
}

function unlisted(words: string, target?: Target): Effect {
  return target ? { does: 'named', tier: 9, words, target } : { does: 'named', tier: 9, words }
}

/** Content comes from a file, a folder or standard input: nobody can judge it. */
function readsFiles(command: Command): Effect | undefined {
  const file = ['filename', 'kustomize', 'patch-file'].find((name) => command.flags.has(name))
  return file ? unlisted(`--${file}: the content is not known`) : undefined
}

function last(command: Command, name: string): string | undefined {
  return command.flags.get(name)?.at(-1)
}

function isTrue(command: Command, name: string): boolean {
  return last(command, name) === 'true'
}

/** The targets of a verb, each turned into an effect; whatever stands in the way becomes one of its own. */
function each(
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

function change(target: Target, changes: Change[], subresource?: string): Effect {
  return { does: 'change', target, changes, how: 'patch', ...(subresource === undefined ? {} : { subresource }) }
}

function set(target: Target, path: string[], after: unknown): Change {
  return { path, before: valueAt(target.live, path), after }
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

/** A fixed tier; the namespace of the command still counts for protection. */
function named(command: Command, tier: 5 | 7 | 9, words: string): Effect[] {
  const target: Target = { kind: '', group: '', namespaced: true, namespace: namespaceOf(command) }
  return [{ does: 'named', tier, words, target }]
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

const PATCH_NAMES: Record<string, PatchType> = { json: 'json', merge: 'merge', strategic: 'strategic' }

function patch(command: Command, world: World | undefined): Effect[] {
  const type = PATCH_NAMES[last(command, 'type') ?? 'strategic']
  const body = parseJson(last(command, 'patch'))
  return each(command, world, (target) => {
    if (!type || body === undefined)
      return unlisted(`patches ${targetText(target)} with something that cannot be read`, target)
    const changes = changesOf(type, body, target.live)
    if (!changes) return unlisted(`patches ${targetText(target)} with something that is no patch`, target)
    return change(target, changes, last(command, 'subresource') || undefined)
  })
}

/** Undefined when the text is no JSON. */
export function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
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

/** `--raw` is an exact request; without it the content of the verb comes from a file. */
function rawOr(method: 'DELETE' | 'PUT' | 'POST', words: string): Compile {
  return (command, world) => {
    const raw = last(command, 'raw')
    if (raw === undefined) return named(command, 9, words)
    if (!parseApiPath(raw)) return [{ does: 'denied', words: 'changes a path that is not spelled plainly' }]
    const effects = effectsOfRequest({ method, path: raw, body: {} }, world)
    return method === 'DELETE' ? effects : [...effects, unlisted('sends content that is not known')]
  }
}

// ---- create, run, expose, autoscale

/** resource of `create X` → kind */
const CREATED: Record<string, [kind: string, apiVersion: string]> = {
  configmap: ['ConfigMap', 'v1'],
  cronjob: ['CronJob', 'batch/v1'],
  deployment: ['Deployment', 'apps/v1'],
  ingress: ['Ingress', 'networking.k8s.io/v1'],
  job: ['Job', 'batch/v1'],
  namespace: ['Namespace', 'v1'],
  poddisruptionbudget: ['PodDisruptionBudget', 'policy/v1'],
  priorityclass: ['PriorityClass', 'scheduling.k8s.io/v1'],
  quota: ['ResourceQuota', 'v1'],
  role: ['Role', 'rbac.authorization.k8s.io/v1'],
  rolebinding: ['RoleBinding', 'rbac.authorization.k8s.io/v1'],
  clusterrole: ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
  clusterrolebinding: ['ClusterRoleBinding', 'rbac.authorization.k8s.io/v1'],
  serviceaccount: ['ServiceAccount', 'v1'],
  secret: ['Secret', 'v1'],
  service: ['Service', 'v1'],
}

function create(command: Command, world: World | undefined): Effect[] {
  const [resource = '', variant] = command.subverb.split(' ')
  const entry = Object.hasOwn(CREATED, resource) ? CREATED[resource] : undefined
  const name = command.args[0]
  const type = entry && kindOf(entry[0], entry[1])
  if (!type || name === undefined) return named(command, 9, `creates a ${resource || 'thing'} without a name`)
  const target = namedTarget(type, namespaceOf(command), name, world)
  const effect: Effect = { does: 'create', target }
  if (resource === 'job' && command.flags.has('from')) {
    return /^cronjobs?(\.batch|\.v1\.batch)?\/[a-z0-9.-]+$|^cj\/[a-z0-9.-]+$/.test(last(command, 'from') ?? '')
      ? [{ does: 'named', tier: 5, words: `creates the Job ${name} from its CronJob`, target }]
      : [unlisted('creates a Job from something that is no CronJob', target)]
  }
  const missing = missingFlag(resource, variant, command)
  if (missing) return [effect, unlisted(missing)]
  const fromFile = ['from-file', 'from-env-file'].some((flag) => command.flags.has(flag))
  return fromFile ? [effect, unlisted('stores a file of the machine it runs on', target)] : [effect]
}

/** Each entry is a set of flags of which one must be there. */
const NEEDED: Record<string, string[][]> = {
  deployment: [['image']],
  cronjob: [['image'], ['schedule']],
  job: [['image', 'from']],
  poddisruptionbudget: [['selector'], ['min-available', 'max-unavailable']],
  ingress: [['rule', 'default-backend']],
}

/** What kubectl insists on; without it nothing would be created. */
function missingFlag(resource: string, variant: string | undefined, command: Command): string | undefined {
  const needs = Object.hasOwn(NEEDED, resource) ? (NEEDED[resource] ?? []) : []
  const missing = needs.find((either) => !either.some((flag) => command.flags.has(flag)))
  if (missing) return `needs --${missing.join(' or --')}`
  if (resource === 'service' && variant === undefined) return 'needs a kind of service'
  if (command.args.length > 1 && !['deployment', 'cronjob', 'job'].includes(resource)) return 'has words too many'
  return undefined
}

function createFrom(command: Command, world: World | undefined): Effect[] {
  if (isTrue(command, 'edit')) return [{ does: 'denied', words: 'edits in an editor, which nobody can judge' }]
  return rawOr('POST', 'creates objects from content that is not known')(command, world)
}

function run(command: Command, world: World | undefined): Effect[] {
  const name = command.args[0]
  const pod = kindOf('Pod', 'v1')
  if (!pod || name === undefined || !command.flags.has('image')) return named(command, 9, 'runs nothing that is known')
  const target = namedTarget(pod, namespaceOf(command), name, world)
  const effects: Effect[] = [{ does: 'create', target }, ...overrides(command, target)]
  const file = readsFiles(command)
  if (file) effects.push(file)
  if (isTrue(command, 'privileged')) effects.push(unlisted('runs privileged', target))
  if (['stdin', 'tty', 'attach', 'rm'].some((flag) => isTrue(command, flag)))
    effects.push(unlisted('attaches to the pod it runs', target))
  if (isTrue(command, 'force')) effects.push(unlisted('uses force', target))
  return effects
}

/** `--overrides` is a patch of the object that is about to be created. */
function overrides(command: Command, target: Target): Effect[] {
  const text = last(command, 'overrides')
  if (text === undefined) return []
  const type = PATCH_NAMES[last(command, 'override-type') ?? 'merge']
  const body = parseJson(text)
  const changes = type && body !== undefined ? changesOf(type, body, undefined) : undefined
  if (!changes) return [unlisted('overrides with something that cannot be read', target)]
  const spec = isObject(body) ? body.spec : undefined
  const gain = target.kind === 'Pod' ? gainIn(spec) : undefined
  if (gain) return [unlisted(`creates ${targetText(target)}, which ${gain}`, target)]
  // a namespace in the body, a danger by JSON patch: the changes know
  const named: Target = { kind: target.kind, group: target.group, namespaced: true, namespace: namespaceOf(command) }
  const judged = target.kind === 'Pod' ? changes : changes.filter(({ path }) => path[0] === 'metadata')
  return judged.length > 0 ? [change(named, judged)] : []
}

const EXPOSED = new Set(['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet', 'StatefulSet'])

function expose(command: Command, world: World | undefined): Effect[] {
  const service = kindOf('Service', 'v1')
  return each(command, world, (target) => {
    if (!service || !EXPOSED.has(target.kind))
      return unlisted(`exposes ${targetText(target)}, which has no pods`, target)
    const made = namedTarget(service, namespaceOf(command), last(command, 'name') ?? target.name ?? '', world)
    return [{ does: 'create', target: made }, ...overrides(command, made)]
  })
}

function autoscale(command: Command, world: World | undefined): Effect[] {
  const hpa = kindOf('HorizontalPodAutoscaler')
  const max = parseGoInt(last(command, 'max') ?? '')
  const min = parseGoInt(last(command, 'min') ?? '1') ?? -1
  return each(command, world, (target) => {
    if (!hpa || !isScalable(target.kind, target.group)) return unlisted(`autoscales ${targetText(target)}`, target)
    if (max === undefined || max < 1 || max < min || min < -1)
      return unlisted('needs --max, at least --min and 1', target)
    return {
      does: 'create',
      target: namedTarget(hpa, namespaceOf(command), last(command, 'name') ?? target.name ?? '', world),
    }
  })
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
